package dev.fovea.train.objective;

import dev.fovea.core.model.contrastive.ContrastiveModel;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Share;
import dev.fovea.train.nn.Parameters;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Pictures and their captions find each other in a batch (CLIP, Radford et al., arXiv 2103.00020, figure 3). */
public final class ContrastiveObjective {
    /** The largest factor on similarities, as in CLIP. */
    private static final double MAX_SCALE = Math.log(100);

    private final ContrastiveModel model;
    private final Tensor logScale;

    /** Declares the two projections into the shared space, and the temperature. */
    public static void declare(Parameters p, int visionWidth, int textWidth, int shared) {
        p.table("visual_projection.weight", 1 / Math.sqrt(visionWidth), shared, visionWidth);
        p.table("text_projection.weight", 1 / Math.sqrt(textWidth), shared, textWidth);
        p.vector("logit_scale", Math.log(10), 1);
    }

    /**
     * @param model the towers, with the projections that {@link #declare} declared
     * @param p holds the temperature
     */
    public ContrastiveObjective(ContrastiveModel model, Parameters p) {
        this.model = model;
        logScale = p.get("logit_scale");
    }

    /**
     * The loss, and as {@code caption} the share of pictures whose own caption is the most similar of the batch.
     *
     * @param cls {@code [batch, vision width]}: class tokens behind the last block
     * @param texts the captions of the pictures, as the text tower reads them
     * @param measure whether to compute the accuracy
     */
    public Measured apply(Tensor cls, List<int[]> texts, boolean measure) {
        int[] single = new int[(int) cls.size(0)];
        Arrays.fill(single, 1);
        return apply(model.project(cls, single), model.embedTexts(texts), measure);
    }

    /**
     * As above, of pictures and texts in the shared space.
     *
     * @param pictures {@code [batch, width]}
     * @param texts {@code [batch, width]}, row by row the captions of the pictures
     */
    Measured apply(Tensor pictures, Tensor texts, boolean measure) {
        Tensor a = unit(pictures);
        Tensor b = unit(texts);
        Tensor scale = logScale.clamp_max(new Scalar(MAX_SCALE)).exp();
        Tensor similarity = a.mm(b.t()).mul(scale);
        int n = (int) pictures.size(0);
        int[] own = new int[n];
        Arrays.setAll(own, i -> i);
        Tensor targets = Tensors.indices(own);
        Tensor loss =
                torch.cross_entropy_loss(similarity, targets).add(torch.cross_entropy_loss(similarity.t(), targets));
        return new Measured(Tensors.scale(loss, 0.5), measure ? Map.of("caption", accuracy(similarity, n)) : Map.of());
    }

    private static Share accuracy(Tensor similarity, int n) {
        int[] best = Logits.likeliest(similarity);
        int right = 0;
        for (int i = 0; i < n; i++) {
            right += best[i] == i ? 1 : 0;
        }
        return new Share(right, n);
    }

    private static Tensor unit(Tensor x) {
        Tensor wide = Tensors.to(x, DType.F32);
        Tensor squares = wide.square().sum(new long[] {-1}, true, new ScalarTypeOptional());
        return wide.mul(Tensors.add(squares, 1e-12).rsqrt());
    }
}

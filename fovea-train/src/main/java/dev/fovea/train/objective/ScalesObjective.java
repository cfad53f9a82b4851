package dev.fovea.train.objective;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.TrainingPath;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Share;
import dev.fovea.train.report.Figures;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/**
 * Answers behind pictures of which a plan leaves more or fewer tokens: the mean over several plans of the loss under
 * each (Matryoshka Multimodal Models, arXiv 2405.17430, equation 1). The encoder stands still, so a picture goes through
 * it once for all plans: none of them may act inside it.
 */
public final class ScalesObjective {

    /**
     * One of the plans.
     *
     * @param name of its figures, for example {@code tokens_16}
     */
    public record Scale(String name, Plan plan) {}

    private final ModelParts plain;
    private final Function<PlanRun, ModelParts> network;
    private final List<Scale> scales;
    private final Function<long[], String> decode;

    /**
     * @param plain the model whose encoder looks at the pictures
     * @param network makes the network that learns, once a batch, with the weights of the plans
     * @param decode token ids to text, for grading
     */
    public ScalesObjective(
            ModelParts plain,
            Function<PlanRun, ModelParts> network,
            List<Scale> scales,
            Function<long[], String> decode) {
        this.plain = plain;
        this.network = network;
        this.scales = List.copyOf(scales);
        this.decode = decode;
    }

    /**
     * The mean loss; by scale and as {@code accuracy} over all of them, how many questions are answered right.
     *
     * @param measure whether to grade answers
     */
    public Measured apply(AnswerBatch batch, boolean measure) {
        List<EncodedImage> pictures = FrozenEncoder.encode(plain, batch, PlanRun.plain());
        try {
            List<PlanRun> runs = scales.stream()
                    .map(s -> PlanRun.of(s.plan(), PlanRun.Question.none(), null))
                    .toList();
            AnswerObjective answers = new AnswerObjective(TrainingPath.of(network.apply(runs.getFirst())), decode);
            Tensor[] losses = new Tensor[scales.size()];
            Map<String, Share> shares = new TreeMap<>();
            for (int i = 0; i < losses.length; i++) {
                Measured one =
                        answers.apply(pictures, Collections.nCopies(batch.samples(), runs.get(i)), batch, measure);
                losses[i] = one.loss();
                Share all = one.accuracies().get(Figures.OVERALL);
                if (all != null) {
                    shares.put(scales.get(i).name(), all);
                    shares.merge(Figures.OVERALL, all, Share::plus);
                }
            }
            return new Measured(mean(losses), shares);
        } finally {
            pictures.forEach(EncodedImage::close);
        }
    }

    private static Tensor mean(Tensor[] losses) {
        Tensor sum = losses[0];
        for (int i = 1; i < losses.length; i++) {
            sum = sum.add(losses[i]);
        }
        return Tensors.scale(sum, 1.0 / losses.length);
    }
}

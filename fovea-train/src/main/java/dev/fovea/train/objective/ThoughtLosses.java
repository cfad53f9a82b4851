package dev.fovea.train.objective;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * What states of a thought lose against the truth of the picture (CoVT, arXiv 2511.19418, section 3.3, and its code where
 * that does otherwise). All maps are flat, with a value for each cell; all losses are means in f32.
 *
 * @param masks what matched masks lose
 * @param code whether depth and features count less, as in the code
 */
public record ThoughtLosses(Masks masks, boolean code) {
    private static final double EPS = 1e-6;

    /** What a mask that no object matches counts, beside one that is matched. */
    private static final double EMPTY = 0.1;

    private static final double FOCAL_ALPHA = 0.25;

    /** What matched masks lose. */
    public enum Masks {
        /** {@code 1 - Dice} and binary cross-entropy: the function that the code calls. */
        BCE,
        /** {@code 1 - Dice} and the focal loss: the paper. */
        FOCAL,
        /** {@code 0.5 (1 - Dice)} and twice the focal loss: a function of the code that nothing calls. */
        HALVES
    }

    /** Factor of depth; that of the code is made for the units of its expert. */
    public double ofDepth() {
        return code ? 0.005 : 1;
    }

    /** Factor of features. */
    public double ofFeatures() {
        return code ? 0.5 : 1;
    }

    /**
     * Of masks for objects that each find their own by what they cost, {@code 1 - Dice}; those that find none shall be empty
     * and count a tenth. Without any object all shall be.
     *
     * @param logits {@code [masks, cells]}
     * @param truth {@code [objects, cells]}, from 0 to 1
     */
    public Tensor masks(Tensor logits, Tensor truth) {
        int[] object = matched(logits, truth);
        int[] taken =
                IntStream.range(0, object.length).filter(i -> object[i] >= 0).toArray();
        int[] free =
                IntStream.range(0, object.length).filter(i -> object[i] < 0).toArray();
        if (taken.length == 0) {
            return empty(logits);
        }
        Tensor own = logits.index_select(0, Tensors.indices(taken));
        Tensor aims = truth.index_select(
                0, Tensors.indices(IntStream.of(taken).map(i -> object[i]).toArray()));
        Tensor loss = matched(Tensors.add(dice(own, aims).mean().neg(), 1), own, aims);
        return free.length == 0
                ? loss
                : loss.add(Tensors.scale(empty(logits.index_select(0, Tensors.indices(free))), EMPTY));
    }

    private Tensor matched(Tensor dice, Tensor logits, Tensor truth) {
        return switch (masks) {
            case BCE -> dice.add(torch.binary_cross_entropy_with_logits(logits, truth));
            case FOCAL -> dice.add(focal(logits, truth));
            case HALVES -> Tensors.scale(dice, 0.5).add(Tensors.scale(focal(logits, truth), 2));
        };
    }

    private static Tensor empty(Tensor logits) {
        return torch.binary_cross_entropy_with_logits(logits, torch.zeros_like(logits));
    }

    /** For each mask the object that it is held against, or -1: {@code [masks, cells], [objects, cells]}. */
    public static int[] matched(Tensor logits, Tensor truth) {
        try (Scope ignored = Scope.inference()) {
            Tensor costs =
                    Tensors.add(dice(logits.unsqueeze(1), truth.unsqueeze(0)).neg(), 1);
            int objects = (int) truth.size(0);
            float[] all = Tensors.floats(costs);
            double[][] rows = new double[(int) logits.size(0)][objects];
            for (int i = 0; i < all.length; i++) {
                rows[i / objects][i % objects] = all[i];
            }
            return Assignment.of(rows);
        }
    }

    /** {@code (2 sum p g + 1e-6) / (sum p + sum g + 1e-6)} of probabilities p, over the last dimension. */
    public static Tensor dice(Tensor logits, Tensor truth) {
        Tensor p = logits.sigmoid();
        Tensor both = Tensors.scale(sum(p.mul(truth)), 2);
        return Tensors.add(both, EPS).div(Tensors.add(sum(p).add(sum(truth)), EPS));
    }

    private static Tensor sum(Tensor values) {
        return values.sum(new long[] {-1}, false, new ScalarTypeOptional());
    }

    /** {@code mean (a (1 - p_t)^2 ce)}, with p_t the probability of what is true, and a 0.25 where that is 1, else 0.75. */
    public static Tensor focal(Tensor logits, Tensor truth) {
        Tensor p = logits.sigmoid();
        Tensor crossEntropy =
                torch.binary_cross_entropy_with_logits(logits, truth, new TensorOptional(), new TensorOptional(), 0);
        Tensor wrong = p.add(truth).sub(Tensors.scale(p.mul(truth), 2));
        Tensor alpha = Tensors.add(Tensors.scale(truth, 2 * FOCAL_ALPHA - 1), 1 - FOCAL_ALPHA);
        return alpha.mul(wrong.mul(wrong)).mul(crossEntropy).mean();
    }

    /** The mean distance of two maps. */
    public static Tensor distance(Tensor said, Tensor truth) {
        return said.sub(truth).abs().mean();
    }

    /** The mean of squared differences. */
    public static Tensor squares(Tensor said, Tensor truth) {
        Tensor difference = said.sub(truth);
        return difference.mul(difference).mean();
    }

    /**
     * For each object the share of what it and its mask cover together that both cover: 0 for an object without a mask.
     *
     * @param logits {@code [masks, cells]}; a mask covers the cells above 0
     * @param truth {@code [objects, cells]}; an object covers the cells of which half is its own
     */
    public static List<Double> overlaps(Tensor logits, Tensor truth) {
        int[] object = matched(logits, truth);
        int cells = (int) truth.size(1);
        float[] said = Tensors.floats(Tensors.to(logits, DType.F32));
        float[] is = Tensors.floats(truth);
        double[] overlap = new double[(int) truth.size(0)];
        for (int m = 0; m < object.length; m++) {
            if (object[m] < 0) {
                continue;
            }
            int both = 0;
            int either = 0;
            for (int c = 0; c < cells; c++) {
                boolean in = said[m * cells + c] > 0;
                boolean own = is[object[m] * cells + c] >= 0.5f;
                both += in && own ? 1 : 0;
                either += in || own ? 1 : 0;
            }
            overlap[object[m]] = either == 0 ? 0 : (double) both / either;
        }
        List<Double> out = new ArrayList<>();
        for (double o : overlap) {
            out.add(o);
        }
        return out;
    }
}

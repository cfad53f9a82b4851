package dev.fovea.core.model.quantized;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Weights in four bits, symmetric, one scale for each group of consecutive weights of a row: {@code w = scale * code} with
 * codes from -8 to 7. The scale is the one, among a few around the largest weight's, whose squared error is least, as
 * clipping the largest weight can cost less than rounding all others coarsely.
 *
 * @param words i32 {@code [out, in / 8]}: eight codes each, plus 8, the first in the lowest bits
 * @param scales bf16 {@code [out, in / group]}
 */
record Int4Codes(Tensor words, Tensor scales) {
    private static final int PER_WORD = 8;
    private static final int BITS = 4;
    private static final double OFFSET = 8;

    /** What code the largest weight of a group is tried at. */
    private static final double[] LARGEST_AT = {7, 7.6, 8.2, 9, 10};

    /** Weights that are widened to f32 at once. */
    private static final long AT_ONCE = 2L << 20;

    /**
     * The codes of a matrix; the open scope owns them.
     *
     * @param weight {@code [out, in]}, where {@code in} is a multiple of the group
     */
    static Int4Codes of(Tensor weight, int group) {
        long rows = weight.size(0);
        long columns = weight.size(1);
        Tensor words = Tensors.empty(DType.I32, rows, columns / PER_WORD);
        Tensor scales = Tensors.empty(DType.BF16, rows, columns / group);
        Codes.inPieces(
                weight,
                AT_ONCE,
                (first, count) -> fill(
                        weight.narrow(0, first, count).to(ScalarType.Float).reshape(count, columns / group, group),
                        words.narrow(0, first, count),
                        scales.narrow(0, first, count)));
        return new Int4Codes(words, scales);
    }

    /** @param weight f32 {@code [rows, groups, group]} */
    private static void fill(Tensor weight, Tensor words, Tensor scales) {
        Tensor most = weight.abs().amax(new long[] {2}, true);
        Tensor best = codes(weight, scale(most, LARGEST_AT[0]));
        Tensor scale = scale(most, LARGEST_AT[0]);
        Tensor least = error(weight, best, scale);
        for (int i = 1; i < LARGEST_AT.length; i++) {
            Tensor tried = scale(most, LARGEST_AT[i]);
            Tensor codes = codes(weight, tried);
            Tensor error = error(weight, codes, tried);
            Tensor better = error.lt(least);
            best = torch.where(better, codes, best);
            scale = torch.where(better, tried, scale);
            least = torch.where(better, error, least);
        }
        scales.copy_(scale.squeeze(2));
        Tensor wide = Tensors.add(best, OFFSET).to(ScalarType.Int).view(words.size(0), words.size(1), PER_WORD);
        words.zero_();
        for (int k = 0; k < PER_WORD; k++) {
            try (Scalar places = new Scalar(BITS * k)) {
                words.add_(wide.select(2, k).__lshift__(places));
            }
        }
    }

    /** Rounded to bf16, in f32; a group of zeros has any scale. */
    private static Tensor scale(Tensor most, double at) {
        try (Scalar largest = new Scalar(at);
                Scalar none = new Scalar(0);
                Scalar one = new Scalar(1)) {
            Tensor scale = most.div(largest).to(ScalarType.BFloat16).to(ScalarType.Float);
            return scale.masked_fill_(scale.eq(none), one);
        }
    }

    private static Tensor codes(Tensor weight, Tensor scale) {
        try (Scalar smallest = new Scalar(-OFFSET);
                Scalar largest = new Scalar(OFFSET - 1)) {
            return weight.div(scale).round_().clamp_(new ScalarOptional(smallest), new ScalarOptional(largest));
        }
    }

    private static Tensor error(Tensor weight, Tensor codes, Tensor scale) {
        Tensor off = codes.mul(scale).sub_(weight);
        return off.mul_(off).sum(new long[] {2}, true, new org.bytedeco.pytorch.ScalarTypeOptional());
    }
}

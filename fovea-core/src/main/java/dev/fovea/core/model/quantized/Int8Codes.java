package dev.fovea.core.model.quantized;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Weights in eight bits, symmetric, one scale for each row: {@code w = scale * code} to half a scale, with {@code scale =
 * max|w| / 127} rounded to bf16.
 *
 * @param codes i8 {@code [out, in]}
 * @param scales bf16 {@code [out, 1]}
 */
record Int8Codes(Tensor codes, Tensor scales) {
    private static final double LARGEST = 127;

    /** Weights that are widened to f32 at once. */
    private static final long AT_ONCE = 4L << 20;

    /**
     * The codes of a matrix; the open scope owns them.
     *
     * @param weight {@code [out, in]}
     */
    static Int8Codes of(Tensor weight) {
        long rows = weight.size(0);
        Tensor codes = Tensors.empty(DType.I8, rows, weight.size(1));
        Tensor scales = Tensors.empty(DType.BF16, rows, 1);
        Codes.inPieces(
                weight,
                AT_ONCE,
                (first, count) -> fill(
                        weight.narrow(0, first, count), codes.narrow(0, first, count), scales.narrow(0, first, count)));
        return new Int8Codes(codes, scales);
    }

    private static void fill(Tensor weight, Tensor codes, Tensor scales) {
        Tensor wide = weight.to(ScalarType.Float);
        Tensor most = wide.abs().amax(new long[] {1}, true);
        try (Scalar largest = new Scalar(LARGEST);
                Scalar smallest = new Scalar(-LARGEST);
                Scalar none = new Scalar(0);
                Scalar one = new Scalar(1)) {
            scales.copy_(most.div(largest));
            // A row of zeros has any scale.
            scales.masked_fill_(scales.eq(none), one);
            Tensor rounded = wide.div(Tensors.to(scales, DType.F32)).round_();
            codes.copy_(rounded.clamp_(new ScalarOptional(smallest), new ScalarOptional(largest)));
        }
    }
}

package dev.fovea.cli;

import dev.fovea.core.OpenOptions;
import dev.fovea.core.model.quantized.Quantization;
import dev.fovea.core.tensor.DType;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --precision} and {@code --weights}, the same on every command that runs a model. */
final class PrecisionOption {
    @Option(
            names = "--precision",
            paramLabel = "auto|f32|bf16",
            description = "Element type of the arithmetic: f32, bf16 (half the weights, answers may differ in close"
                    + " calls), or auto, which measures what is faster for this model on this machine (default:"
                    + " auto).")
    OpenOptions.Precision precision = OpenOptions.Precision.AUTO;

    @Option(
            names = "--weights",
            paramLabel = "int8|int4[:group=N]",
            description =
                    "Bits in which the language model's layers are held: int8 (activations too), int4 in groups of"
                            + " 32, 64 or 128 weights (default: as the checkpoint has them).")
    @Nullable
    String weights;

    /** @throws CommandFailure if there are no such weights */
    OpenOptions options() {
        return OpenOptions.defaults().withPrecision(precision).withWeights(quantization());
    }

    /** The types in which a model that was opened with these options computes, as text. */
    String arithmetic(DType dtype) {
        String type = dtype.name().toLowerCase(Locale.ROOT);
        Quantization held = quantization();
        return held == null ? type : type + " with weights in " + held;
    }

    /**
     * The element type of a dual encoder, whose weights stay as they are.
     *
     * @throws CommandFailure if others are asked for
     */
    OpenOptions.Precision ofDualEncoder() {
        if (weights != null) {
            throw CommandFailure.usage("--weights is for models that answer; a dual encoder has no language model whose"
                    + " layers could be held in few bits");
        }
        return precision;
    }

    private @Nullable Quantization quantization() {
        try {
            return weights == null ? null : Quantization.parse(weights);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }
}

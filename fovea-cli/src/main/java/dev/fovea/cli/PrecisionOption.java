package dev.fovea.cli;

import dev.fovea.core.OpenOptions;
import picocli.CommandLine.Option;

/** {@code --precision}, the same on every command that runs a model. */
final class PrecisionOption {
    @Option(
            names = "--precision",
            paramLabel = "auto|f32|bf16",
            description = "Element type of the arithmetic: f32, bf16 (half the weights, answers may differ in close"
                    + " calls), or auto, which measures what is faster for this model on this machine (default:"
                    + " auto).")
    OpenOptions.Precision precision = OpenOptions.Precision.AUTO;

    OpenOptions options() {
        return OpenOptions.defaults().withPrecision(precision);
    }
}

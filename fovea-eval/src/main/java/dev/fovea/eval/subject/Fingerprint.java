package dev.fovea.eval.subject;

import dev.fovea.eval.EvalException;
import java.io.IOException;
import java.nio.file.Path;

/** Tells a checkpoint from others without reading all of it: its small files, and samples of its weights. */
public final class Fingerprint {
    private Fingerprint() {}

    /**
     * Sixteen hexadecimal digits.
     *
     * @throws EvalException if the folder cannot be read
     */
    public static String of(Path folder) {
        try {
            return dev.fovea.core.weights.Fingerprint.of(folder, ".*\\.(json|safetensors|jinja)");
        } catch (IOException e) {
            throw EvalException.input(folder + " cannot be read: " + e.getMessage(), e);
        }
    }
}

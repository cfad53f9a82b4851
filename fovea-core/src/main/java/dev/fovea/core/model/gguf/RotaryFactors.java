package dev.fovea.core.model.gguf;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.layer.RotaryFrequencies;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.gguf.GgufTensor;

/**
 * By what the frequencies of rotary positions are divided, in files that hold a number for each: Llama 3's scaling lies
 * in them so, and nowhere in their description.
 */
final class RotaryFactors {
    static final String TENSOR = "rope_freqs.weight";

    /** What every published model with this scaling has, and llama.cpp's converter where a model does not say. */
    private static final double LOW = 1;

    private static final double HIGH = 4;
    private static final int CONTEXT = 8192;

    private static final double TOLERANCE = 1e-4;

    private RotaryFactors() {}

    /**
     * Puts into a configuration the scaling whose factors a file holds; nothing where it holds none, or ones.
     *
     * @throws CheckpointException with one sentence, if no known scaling has these factors
     */
    static void describe(GgufValues values, int headDim, double theta, ObjectNode config) {
        GgufTensor tensor = values.file().tensors().get(TENSOR);
        if (tensor == null) {
            return;
        }
        if (tensor.weights() != headDim / 2) {
            throw unknown(
                    values,
                    tensor.weights() + " numbers, not one for each of the " + headDim / 2 + " frequencies of a head");
        }
        float[] plain = RotaryFrequencies.plain(headDim, theta);
        float[] factors = factors(values);
        float largest = 1;
        for (float factor : factors) {
            largest = Math.max(largest, factor);
        }
        if (!fits(factors, plain, RotaryFrequencies.llama3(headDim, theta, largest, LOW, HIGH, CONTEXT))) {
            throw unknown(values, "factors that are not those of Llama 3");
        }
        if (largest > 1) {
            config.putObject("rope_scaling")
                    .put("rope_type", "llama3")
                    .put("factor", largest)
                    .put("low_freq_factor", LOW)
                    .put("high_freq_factor", HIGH)
                    .put("original_max_position_embeddings", CONTEXT);
        }
    }

    private static float[] factors(GgufValues values) {
        try (Scope ignored = Scope.inference()) {
            return Tensors.floats(values.file().tensor(TENSOR, DType.F32));
        }
    }

    private static boolean fits(float[] factors, float[] plain, float[] scaled) {
        for (int i = 0; i < factors.length; i++) {
            double wanted = plain[i] / scaled[i];
            if (!(Math.abs(factors[i] - wanted) <= TOLERANCE * wanted)) {
                return false;
            }
        }
        return true;
    }

    private static CheckpointException unknown(GgufValues values, String what) {
        return new CheckpointException(values.file().path() + ": '" + TENSOR + "' holds " + what
                + ", and Fovea knows no other scaling of rotary positions from GGUF; give the Hugging Face folder of the"
                + " model");
    }
}

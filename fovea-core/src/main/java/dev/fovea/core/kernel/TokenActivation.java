package dev.fovea.core.kernel;

import dev.fovea.core.tensor.DType;

/** Activations of the gates of an MLP, on the heap, in f32. */
public enum TokenActivation {
    SILU {
        @Override
        float of(float x) {
            return x / (1 + Exponential.of(-x));
        }
    },
    GELU_TANH {
        @Override
        float of(float x) {
            float inner = SQRT_2_BY_PI * (x + 0.044715f * (x * x * x));
            // tanh(y) = 1 - 2 / (e^2y + 1)
            return 0.5f * x * (1 + (1 - 2 / (Exponential.of(2 * inner) + 1)));
        }
    },
    RELU {
        @Override
        float of(float x) {
            return x > 0 || Float.isNaN(x) ? x : 0;
        }
    };

    private static final float SQRT_2_BY_PI = 0.79788456f;

    abstract float of(float x);

    /**
     * {@code activation(gate) * up} of elements {@code [from, to)}, rounded behind each of the two, into {@code gate}.
     */
    public void gate(float[] gate, float[] up, int from, int to, DType dtype) {
        for (int i = from; i < to; i++) {
            gate[i] = of(gate[i]);
        }
        FloatCopies.round(gate, from, to, dtype);
        for (int i = from; i < to; i++) {
            gate[i] *= up[i];
        }
        FloatCopies.round(gate, from, to, dtype);
    }
}

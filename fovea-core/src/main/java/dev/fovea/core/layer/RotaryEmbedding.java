package dev.fovea.core.layer;

import dev.fovea.core.kernel.RowRotation;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * Rotary position embedding in the layout of Hugging Face's Llama: the two halves of a head are the real and imaginary
 * parts (Su et al., arXiv 2104.09864). Angles and tables are f32.
 */
public final class RotaryEmbedding {
    private final float[] inverseFrequencies;
    private final float attentionScaling;

    /**
     * @param inverseFrequencies {@code [head dim / 2]}
     * @param attentionScaling factor on cosines and sines (1 unless a scaling scheme says otherwise)
     */
    public RotaryEmbedding(float[] inverseFrequencies, float attentionScaling) {
        this.inverseFrequencies = inverseFrequencies.clone();
        this.attentionScaling = attentionScaling;
    }

    /** Unscaled: {@code 1 / theta^(2i / d)}. */
    public static RotaryEmbedding plain(int headDim, double theta) {
        return new RotaryEmbedding(frequencies(headDim, theta), 1f);
    }

    /** Linear position interpolation: frequencies divided by {@code factor}. */
    public static RotaryEmbedding linear(int headDim, double theta, double factor) {
        float[] f = frequencies(headDim, theta);
        for (int i = 0; i < f.length; i++) {
            f[i] = (float) (f[i] / factor);
        }
        return new RotaryEmbedding(f, 1f);
    }

    /** Llama 3's scaling: long wavelengths divided by {@code factor}, short ones kept, smooth in between. */
    public static RotaryEmbedding llama3(
            int headDim, double theta, double factor, double lowFactor, double highFactor, double originalContext) {
        float[] f = frequencies(headDim, theta);
        double lowWavelength = originalContext / lowFactor;
        double highWavelength = originalContext / highFactor;
        for (int i = 0; i < f.length; i++) {
            double wavelength = 2 * Math.PI / f[i];
            if (wavelength > lowWavelength) {
                f[i] = (float) (f[i] / factor);
            } else if (wavelength >= highWavelength) {
                double smooth = (originalContext / wavelength - lowFactor) / (highFactor - lowFactor);
                f[i] = (float) ((1 - smooth) * f[i] / factor + smooth * f[i]);
            }
        }
        return new RotaryEmbedding(f, 1f);
    }

    private static float[] frequencies(int headDim, double theta) {
        float[] f = new float[headDim / 2];
        for (int i = 0; i < f.length; i++) {
            f[i] = (float) (1.0 / Math.pow(theta, 2.0 * i / headDim));
        }
        return f;
    }

    /** Cosines and sines for a list of positions, each {@code [positions, head dim]}. */
    public record Table(Tensor cos, Tensor sin) {}

    /** The table for these position ids. */
    public Table table(int[] positions) {
        int half = inverseFrequencies.length;
        float[] cos = new float[positions.length * 2 * half];
        float[] sin = new float[cos.length];
        for (int p = 0; p < positions.length; p++) {
            for (int i = 0; i < half; i++) {
                // transformers multiplies in f32 before taking the cosine; so do we, to agree at large positions.
                float angle = positions[p] * inverseFrequencies[i];
                float c = (float) Math.cos(angle) * attentionScaling;
                float s = (float) Math.sin(angle) * attentionScaling;
                int at = p * 2 * half + i;
                cos[at] = c;
                cos[at + half] = c;
                sin[at] = s;
                sin[at + half] = s;
            }
        }
        return new Table(Tensors.of(cos, positions.length, 2L * half), Tensors.of(sin, positions.length, 2L * half));
    }

    /**
     * Rotates queries or keys.
     *
     * @param x {@code [..., tokens, head dim]}
     * @param table for these tokens; broadcast over the leading dimensions
     */
    public static Tensor rotate(Tensor x, Table table) {
        if (RowRotation.takes(x, table.cos(), table.sin())) {
            return RowRotation.forward(x, table.cos(), table.sin());
        }
        long half = x.size(-1) / 2;
        DType dtype = DType.of(x.scalar_type());
        if (x.requires_grad()) {
            Tensor wide = Tensors.to(x, DType.F32);
            Tensor turned = Tensors.cat(-1, wide.narrow(-1, half, half).neg(), wide.narrow(-1, 0, half));
            return Tensors.to(wide.mul(table.cos()).add(turned.mul(table.sin())), dtype);
        }
        // The same sums without copies of the whole: half by half, in the one copy that is needed anyway.
        Tensor wide = dtype == DType.F32 ? x.clone() : Tensors.to(x, DType.F32);
        Tensor real = wide.narrow(-1, 0, half);
        Tensor imaginary = wide.narrow(-1, half, half);
        Tensor cos = table.cos().narrow(-1, 0, half);
        Tensor sin = table.sin().narrow(-1, 0, half);
        Tensor realTurned = real.mul(sin);
        Tensor imaginaryTurned = imaginary.mul(sin);
        real.mul_(cos).sub_(imaginaryTurned);
        imaginary.mul_(cos).add_(realTurned);
        return Tensors.to(wide, dtype);
    }
}

package dev.fovea.core.layer;

/** Inverse frequencies of rotary positions, {@code [head dim / 2]}, plain and scaled for contexts longer than trained. */
public final class RotaryFrequencies {
    private RotaryFrequencies() {}

    /** Unscaled: {@code 1 / theta^(2i / d)}. */
    public static float[] plain(int headDim, double theta) {
        float[] f = new float[headDim / 2];
        for (int i = 0; i < f.length; i++) {
            f[i] = (float) (1.0 / Math.pow(theta, 2.0 * i / headDim));
        }
        return f;
    }

    /** Linear position interpolation: frequencies divided by {@code factor}. */
    public static float[] linear(int headDim, double theta, double factor) {
        float[] f = plain(headDim, theta);
        for (int i = 0; i < f.length; i++) {
            f[i] = (float) (f[i] / factor);
        }
        return f;
    }

    /** Llama 3's scaling: long wavelengths divided by {@code factor}, short ones kept, smooth in between. */
    public static float[] llama3(
            int headDim, double theta, double factor, double lowFactor, double highFactor, double originalContext) {
        float[] f = plain(headDim, theta);
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
        return f;
    }

    /**
     * YaRN (arXiv 2309.00071, section 3.2): frequencies that turn more than {@code fast} times in the original context
     * are kept, those that turn less than {@code slow} times divided by {@code factor}, a ramp over their index between.
     *
     * @param fast usually 32
     * @param slow usually 1
     */
    public static float[] yarn(
            int headDim, double theta, double factor, double fast, double slow, double originalContext) {
        float[] f = plain(headDim, theta);
        double low = Math.max(0, Math.floor(turning(fast, headDim, theta, originalContext)));
        double high = Math.min(headDim - 1, Math.ceil(turning(slow, headDim, theta, originalContext)));
        double width = low == high ? 0.001 : high - low;
        for (int i = 0; i < f.length; i++) {
            double scaled = Math.clamp((i - low) / width, 0, 1);
            f[i] = (float) (f[i] / factor * scaled + f[i] * (1 - scaled));
        }
        return f;
    }

    /** YaRN's factor on cosines and sines (section 3.4). */
    public static double yarnAttention(double factor) {
        return factor <= 1 ? 1 : 0.1 * Math.log(factor) + 1;
    }

    /** Index of the frequency that turns so many times in a context. */
    private static double turning(double times, int headDim, double theta, double context) {
        return headDim * Math.log(context / (times * 2 * Math.PI)) / (2 * Math.log(theta));
    }
}

package dev.fovea.core.image;

import java.util.List;

/**
 * How bytes became the numbers that an encoder takes: {@code (byte * factor - mean) / std}, by channel.
 *
 * @param factor usually 1/255; 1 where bytes are not rescaled
 * @param mean red, green, blue; zeros where nothing is taken off
 * @param std red, green, blue; ones where nothing is divided
 */
public record Normalization(double factor, List<Double> mean, List<Double> std) {
    private static final List<Double> ZEROS = List.of(0.0, 0.0, 0.0);
    private static final List<Double> ONES = List.of(1.0, 1.0, 1.0);

    public Normalization {
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        if (mean.size() != 3 || std.size() != 3 || std.contains(0.0)) {
            throw new IllegalArgumentException(
                    "Normalising needs three means and three deviations other than 0, not " + mean + " and " + std);
        }
    }

    /** As a configuration says. */
    public static Normalization of(ImageProcessorConfig config) {
        return new Normalization(
                config.rescale() ? config.rescaleFactor() : 1,
                config.normalize() ? config.mean() : ZEROS,
                config.normalize() ? config.std() : ONES);
    }

    /**
     * The way back to bytes.
     *
     * @param pixels planes of one size, all of a channel's planes together
     * @return the same, 0-255
     */
    float[] bytes(float[] pixels) {
        float[] out = new float[pixels.length];
        int ofChannel = pixels.length / 3;
        for (int i = 0; i < out.length; i++) {
            int c = i / ofChannel;
            out[i] = Math.round((pixels[i] * std.get(c) + mean.get(c)) / factor);
        }
        return out;
    }
}

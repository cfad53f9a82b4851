package dev.fovea.core.technique;

import dev.fovea.core.message.Numerals;
import dev.fovea.core.shape.ModelShape;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A depth inside a model: a layer's number, counted as the paper counts. It is published for a model of some depth and
 * fits models of other depths in proportion: {@code round(published / of * layers)}, rounded half up and kept inside the
 * model. At the published depth the published layer comes out.
 *
 * @param published the layer behind the published numbers; together with {@code of} 0 where it is derived otherwise
 * @param of how many layers the published model has
 * @param part whose layers are counted
 * @param from the smallest number. In an encoder 1 counts layers from 1 to the last and 0 from 0; in a decoder 1 counts
 *     the layers that have run, so that at least one has and at least one is left, and 0 allows that none has
 */
public record Depth(int published, int of, Part part, int from) implements Values {
    private static final Pattern SCALED = Pattern.compile("([0-9]{1,4})/([0-9]{1,4})");
    private static final int MOST = 1000;

    /** Where layers are counted. */
    public enum Part {
        /** All layers of the vision encoder. */
        ENCODER,
        /** The layers of the vision encoder that the selected features pass. */
        FEATURE,
        /** All layers of the language model. */
        DECODER;

        /** How many layers a published depth is scaled to. */
        int scale(ModelShape shape) {
            return this == DECODER ? shape.decoderLayers() : shape.encoderLayers();
        }

        /** How many layers there are to choose from. */
        int layers(ModelShape shape) {
            return this == FEATURE ? shape.featureLayers() : scale(shape);
        }

        String word() {
            return this == FEATURE ? "feature layers" : this == ENCODER ? "encoder layers" : "decoder layers";
        }
    }

    /** Whether a published layer is the default. */
    boolean hasPublished() {
        return of > 0;
    }

    /** The default as it is written: {@code 2/32}, or {@code auto}. */
    String fallback() {
        return hasPublished() ? published + "/" + of : "auto";
    }

    @Override
    public String range() {
        return from + (countsFromOne() ? "..L" : "..L-1") + " of L " + part.word();
    }

    @Override
    public void check(String where, String value) {
        OptionalInt layer = Numerals.whole(value);
        Matcher scaled = SCALED.matcher(value);
        boolean fits = layer.isPresent()
                ? layer.getAsInt() >= from && layer.getAsInt() <= MOST
                : scaled.matches() && fits(Integer.parseInt(scaled.group(1)), Integer.parseInt(scaled.group(2)));
        if (!fits) {
            throw new IllegalArgumentException(where + " must be in " + range()
                    + ", or a layer of another depth such as 2/32, got '" + value + "'.");
        }
    }

    /** Whether a model with this many layers has such a layer. */
    boolean fits(int layer, int layers) {
        return layer >= from && layer <= last(layers);
    }

    /** The largest number that a model allows. */
    public int last(ModelShape shape) {
        return last(part.layers(shape));
    }

    private int last(int layers) {
        return countsFromOne() ? layers : layers - 1;
    }

    private boolean countsFromOne() {
        return from == 1 && part != Part.DECODER;
    }

    /**
     * The layer that a checked value names.
     *
     * @param least a scaled layer is moved up to this
     * @param most and down to this, where that is not below {@code least}
     */
    int resolve(String value, ModelShape shape, int least, int most) {
        Matcher scaled = SCALED.matcher(value);
        if (!scaled.matches()) {
            return Integer.parseInt(value);
        }
        int layer = scaled(Integer.parseInt(scaled.group(1)), Integer.parseInt(scaled.group(2)), part.scale(shape));
        return Math.clamp(layer, least, Math.max(least, most));
    }

    /** A published number of layers for a model of another depth, {@code 1..depth}; 0 stays 0. */
    public static int scaled(int published, int publishedDepth, int depth) {
        return published == 0
                ? 0
                : Math.clamp((2L * published * depth + publishedDepth) / (2L * publishedDepth), 1, Math.max(1, depth));
    }
}

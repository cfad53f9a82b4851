package dev.fovea.core.model.quantized;

import dev.fovea.core.message.Printable;
import java.util.List;

/**
 * In how many bits the linear maps of a language model's layers are held.
 *
 * @param bits 8: one scale for each output, and activations in eight bits too. 4: one scale for each group of weights
 * @param group consecutive weights of an output that share a scale, in four bits; 0 in eight
 */
public record Quantization(int bits, int group) {
    /** Eight bits. */
    public static final Quantization INT8 = new Quantization(8, 0);

    /** Group sizes of four bits. */
    public static final List<Integer> GROUPS = List.of(32, 64, 128);

    private static final String FOUR = "int4";
    private static final String GROUP = FOUR + ":group=";

    /** @throws IllegalArgumentException with one sentence if there are no such weights */
    public Quantization {
        if (!(bits == 8 && group == 0) && !(bits == 4 && GROUPS.contains(group))) {
            throw new IllegalArgumentException("Weights have 8 bits, or 4 bits in groups of 32, 64 or 128, not " + bits
                    + " bits in groups of " + group);
        }
    }

    /** Four bits in groups of so many. */
    public static Quantization int4(int group) {
        return new Quantization(4, group);
    }

    /**
     * What {@code int8}, {@code int4} (groups of 32) or {@code int4:group=64} says.
     *
     * @throws IllegalArgumentException with one sentence if it is something else
     */
    public static Quantization parse(String text) {
        if (text.equals("int8")) {
            return INT8;
        }
        if (text.equals(FOUR)) {
            return int4(GROUPS.getFirst());
        }
        for (int group : GROUPS) {
            if (text.equals(GROUP + group)) {
                return int4(group);
            }
        }
        throw new IllegalArgumentException(
                "Weights are int8, int4, or int4:group=32, 64 or 128, not '" + Printable.of(text) + "'");
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        return bits == 8 ? "int8" : GROUP + group;
    }
}

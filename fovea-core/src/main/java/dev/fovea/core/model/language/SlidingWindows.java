package dev.fovea.core.model.language;

import dev.fovea.core.layer.RotaryEmbedding;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which layers of a decoder see only so far back (Longformer, arXiv 2004.05150; interleaved with others in Gemma 2,
 * arXiv 2408.00118, section 2).
 *
 * @param tokens a key is seen by the {@code tokens - 1} that stand behind it and by itself; 0 where no layer has windows
 * @param layers the layers with windows, from 0
 * @param rotary the position embedding of these layers, or null where it is that of the others
 */
public record SlidingWindows(
        int tokens, Set<Integer> layers, @Nullable RotaryEmbedding rotary) {
    public SlidingWindows {
        layers = Set.copyOf(layers);
    }

    /** Every layer sees everything before it. */
    public static SlidingWindows none() {
        return new SlidingWindows(0, Set.of(), null);
    }

    /** The window of a layer, or 0 where it has none. */
    public int of(int layer) {
        return layers.contains(layer) ? tokens : 0;
    }
}

package dev.fovea.world;

import java.util.List;
import java.util.Locale;

/** How an object's surface is filled: one tone, or two tones of the same colour. */
public enum Texture {
    PLAIN,
    STRIPED,
    DOTTED;

    /** All textures, in order. */
    public static final List<Texture> ALL = List.of(values());

    private final String word = name().toLowerCase(Locale.ROOT);

    /** The English adjective, as in "striped". */
    public String word() {
        return word;
    }
}

package dev.fovea.world;

import java.util.List;
import java.util.Locale;

/** The ten nameable colours of objects, each with the centre of its band and the direction of its second tone. */
public enum Colour {
    RED(0xD42626, -0.34),
    ORANGE(0xF58A14, 0.46),
    YELLOW(0xF5DA28, -0.26),
    GREEN(0x28963C, 0.42),
    BLUE(0x2850D2, 0.42),
    PURPLE(0x8232A5, 0.42),
    PINK(0xF582B9, 0.52),
    BROWN(0x784620, 0.30),
    BLACK(0x1C1C1E, 0.28),
    WHITE(0xF8F8F8, -0.22);

    /** All colours, in order. */
    public static final List<Colour> ALL = List.of(values());

    private final String word = name().toLowerCase(Locale.ROOT);
    private final int rgb;
    private final double second;

    Colour(int rgb, double second) {
        this.rgb = rgb;
        this.second = second;
    }

    /** The English adjective, as in "red". */
    public String word() {
        return word;
    }

    /** The centre of the colour's band, 0xRRGGBB. */
    public int rgb() {
        return rgb;
    }

    /** The second tone of a texture on an object of shade {@code shade}: lighter or darker, never another colour's name. */
    int second(int shade) {
        return second < 0 ? Tones.blend(shade, 0x000000, -second) : Tones.blend(shade, 0xFFFFFF, second);
    }
}

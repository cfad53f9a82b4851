package dev.fovea.world;

import java.util.List;
import java.util.Locale;

/** The three sizes, whose bands (nominal ± 6 %) never touch. */
public enum Size {
    SMALL(18, 12),
    MEDIUM(28, 15),
    LARGE(41, 18);

    /** All sizes, in order. */
    public static final List<Size> ALL = List.of(values());

    /** Greatest relative departure from the nominal radius. */
    static final double JITTER = 0.06;

    private final String word = name().toLowerCase(Locale.ROOT);
    private final double radius;
    private final double plate;

    Size(double radius, double plate) {
        this.radius = radius / 224;
        this.plate = plate / 224;
    }

    /** The English adjective, as in "small". */
    public String word() {
        return word;
    }

    /** Nominal radius in canvas units: half the extent of a shape, half the height of a sign's plate. */
    public double radius(Shape shape) {
        return shape == Shape.SIGN ? plate : radius;
    }
}

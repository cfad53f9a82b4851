package dev.fovea.world;

/** The tones of one drawn object: fill, texture, outline and ink. */
final class Surface {
    private static final int DARK_INK = 0x101010;
    private static final int LIGHT_INK = 0xFAFAFA;
    private static final double STRIPE_PERIOD = 0.46;
    private static final double DOT_PERIOD = 0.46;
    private static final double DOT_RADIUS = 0.145;
    private static final double ROOT_HALF = 0.7071067811865476;

    private final Body body;
    private final Texture texture;
    private final double radius;
    private final double border;
    private final int fill;
    private final int second;
    private final int edge;
    private final int ink;

    Surface(Body body, int size) {
        this.body = body;
        SceneObject o = body.object;
        radius = o.radius() * size;
        texture = o.texture();
        fill = o.rgb();
        second = o.colour().second(fill);
        boolean sign = o.shape() == Shape.SIGN;
        border = Math.max((sign ? 0.14 : 0.05) * radius, 0.004 * size);
        edge = sign
                ? 0x303030
                : o.colour() == Colour.BLACK
                        ? Tones.blend(fill, 0xFFFFFF, 0.35)
                        : Tones.blend(fill, 0x000000, o.colour() == Colour.WHITE ? 0.55 : 0.4);
        ink = Tones.luma(fill) > 120 ? DARK_INK : LIGHT_INK;
    }

    /** The tone at a point of the object's frame whose distance to the outline is known in pixels. */
    int tone(double x, double y, double distance) {
        double pattern = pattern(x, y);
        double writing = Double.MAX_VALUE;
        if (body.hasText()) {
            writing = body.ink(x, y) * radius;
            pattern *= Math.clamp(writing - 1.0, 0.0, 1.0);
        }
        int tone = pattern > 0 ? Tones.blend(fill, second, pattern) : fill;
        double rim = Math.clamp(distance + border + 0.5, 0.0, 1.0);
        tone = rim > 0 ? Tones.blend(tone, edge, rim) : tone;
        double inked = Math.clamp(0.5 - writing, 0.0, 1.0);
        return inked > 0 ? Tones.blend(tone, ink, inked) : tone;
    }

    private double pattern(double x, double y) {
        return switch (texture) {
            case PLAIN -> 0;
            case STRIPED -> {
                double across = (x + y) * ROOT_HALF / STRIPE_PERIOD;
                double phase = Math.abs(across - Math.floor(across) - 0.5) - 0.25;
                yield Math.clamp(0.5 - phase * STRIPE_PERIOD * radius, 0.0, 1.0);
            }
            case DOTTED -> {
                double column = x / DOT_PERIOD + 0.5;
                double row = y / DOT_PERIOD + 0.5;
                double dx = (column - Math.floor(column) - 0.5) * DOT_PERIOD;
                double dy = (row - Math.floor(row) - 0.5) * DOT_PERIOD;
                yield Math.clamp(0.5 - (Math.sqrt(dx * dx + dy * dy) - DOT_RADIUS) * radius, 0.0, 1.0);
            }
        };
    }
}

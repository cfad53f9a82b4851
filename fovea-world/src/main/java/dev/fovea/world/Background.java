package dev.fovea.world;

import java.util.List;

/**
 * What lies behind the objects: pale grey or pastel tones that no object has.
 *
 * @param kind the pattern
 * @param rgb the main tone, 0xRRGGBB
 * @param second the other tone of a pattern, close to the main one
 * @param angle direction of gradients and lines, radians
 * @param period length of the pattern's period in canvas units
 * @param seed seed of the noise pattern
 */
public record Background(Kind kind, int rgb, int second, double angle, double period, long seed) {
    /** The patterns. */
    public enum Kind {
        PLAIN,
        GRADIENT,
        NOISE,
        CHECKER,
        LINES
    }

    private static final List<Integer> TONES =
            List.of(0xB0B2B6, 0xBEB8AC, 0xAAB8C2, 0xAEBCA8, 0xBEAEBA, 0x9CA0A6, 0xB4ACA0, 0xA4B4B2);
    private static final double[] WEIGHTS = {0.4, 0.15, 0.15, 0.15, 0.15};

    static Background draw(Dice dice) {
        Kind kind = Kind.values()[dice.weighted(WEIGHTS)];
        int rgb = Tones.jitter(dice.pick(TONES), 6, dice);
        double contrast = dice.between(0.10, 0.20);
        int second = Tones.blend(rgb, dice.chance(0.5) ? 0xFFFFFF : 0x404040, contrast);
        double angle = dice.between(0, StrictMath.PI);
        double period = dice.between(0.07, 0.16);
        return new Background(kind, rgb, second, angle, period, dice.next());
    }
}

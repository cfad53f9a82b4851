package dev.fovea.world;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Generates scenes from seeds. */
public final class Scenes {
    private static final int ATTEMPTS = 200;
    private static final int TRIES = 50;
    private static final double MARGIN = 2.0 / Renderer.DEFAULT_SIZE;
    private static final double GREATEST_TURN = StrictMath.toRadians(12);
    private static final double NEARBY = 0.45;

    private Scenes() {}

    /** The scene of a seed: the same for the same seed and options, on every machine. */
    public static Scene generate(long seed, SceneOptions options) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Scene scene = arrange(seed, options, new Dice(seed, attempt));
            if (scene != null) {
                return scene;
            }
        }
        throw new IllegalStateException("No arrangement was found for seed " + seed + " with " + options
                + "; allow fewer objects or more overlap.");
    }

    private static @Nullable Scene arrange(long seed, SceneOptions options, Dice dice) {
        Theme theme = theme(options, dice);
        List<Casting.Role> roles = Casting.roles(theme, options, dice);
        boolean apart = dice.chance(options.apart());
        Placement placement = new Placement(options.canvas());
        List<SceneObject> objects = new ArrayList<>();
        for (Casting.Role role : roles) {
            SceneObject object = place(role, roles.size(), objects, placement, apart, options, dice);
            if (object == null) {
                return null;
            }
            objects.add(object);
        }
        if (!placement.centresApart()) {
            return null;
        }
        return new Scene(seed, theme, Background.draw(dice), objects, options.canvas());
    }

    static Theme theme(SceneOptions options, Dice dice) {
        double mark = dice.unit();
        if (mark < options.repeated()) {
            return options.maxObjects() >= 2 ? Theme.REPEATED : Theme.FREE;
        }
        if (mark < options.repeated() + options.odd()) {
            return options.maxObjects() >= 3 ? Theme.ODD_ONE_OUT : Theme.FREE;
        }
        return Theme.FREE;
    }

    private static @Nullable SceneObject place(
            Casting.Role role,
            int crowd,
            List<SceneObject> objects,
            Placement placement,
            boolean apart,
            SceneOptions options,
            Dice dice) {
        Size size = Size.ALL.get(dice.weighted(sizeWeights(crowd)));
        SceneObject drawn = dress(role, objects.size(), size, options, dice);
        boolean near = !apart && !objects.isEmpty() && dice.chance(NEARBY);
        for (int t = 0; t < TRIES; t++) {
            SceneObject moved = near && t < TRIES / 2
                    ? beside(drawn, dice.pick(objects), options.canvas(), dice)
                    : anywhere(drawn, options.canvas(), dice);
            if (moved != null && placement.add(moved, apart)) {
                return moved;
            }
        }
        return null;
    }

    private static double[] sizeWeights(int crowd) {
        return switch (crowd) {
            case 1, 2, 3 -> new double[] {1, 1, 1};
            case 4 -> new double[] {1.2, 1, 0.8};
            case 5 -> new double[] {1.4, 1, 0.5};
            default -> new double[] {1.6, 1, 0.3};
        };
    }

    /** Everything about an object but its place. */
    private static SceneObject dress(Casting.Role role, int index, Size size, SceneOptions options, Dice dice) {
        Shape shape = role.shape();
        String text = null;
        if (shape == Shape.SIGN) {
            text = dice.pick(Words.SIGNS);
        } else if (shape.carriesGlyph() && dice.chance(options.glyphs() * 10 / 8)) {
            text = dice.pick(dice.chance(0.65) ? Words.LETTERS : Words.DIGITS);
        }
        Texture texture = Texture.PLAIN;
        if (shape != Shape.SIGN && dice.chance(options.textured() * (text == null ? 1.15 : 0.75))) {
            texture = dice.chance(0.5) ? Texture.STRIPED : Texture.DOTTED;
        }
        double radius = size.radius(shape) * dice.between(1 - Size.JITTER, 1 + Size.JITTER);
        double angle = dice.between(-GREATEST_TURN, GREATEST_TURN) * (shape == Shape.SIGN ? 0.5 : 1);
        int rgb = Tones.jitter(role.colour().rgb(), 9, dice);
        return new SceneObject(index, shape, role.colour(), size, texture, text, 0.5, 0.5, radius, angle, rgb);
    }

    private static SceneObject anywhere(SceneObject o, Canvas canvas, Dice dice) {
        Body body = new Body(o);
        double x = dice.between(body.halfWidth + MARGIN, canvas.width() - body.halfWidth - MARGIN);
        double y = dice.between(body.halfHeight + MARGIN, canvas.height() - body.halfHeight - MARGIN);
        return at(o, x, y);
    }

    /** The object so close to another that they are likely to overlap; null if that would leave the canvas. */
    private static @Nullable SceneObject beside(SceneObject o, SceneObject other, Canvas canvas, Dice dice) {
        Body body = new Body(o);
        Body neighbour = new Body(other);
        double angle = dice.between(0, 2 * StrictMath.PI);
        double closeness = dice.between(0.6, 0.95);
        double x = other.cx() + StrictMath.cos(angle) * closeness * (body.halfWidth + neighbour.halfWidth);
        double y = other.cy() + StrictMath.sin(angle) * closeness * (body.halfHeight + neighbour.halfHeight);
        boolean inside = x >= body.halfWidth + MARGIN
                && x <= canvas.width() - body.halfWidth - MARGIN
                && y >= body.halfHeight + MARGIN
                && y <= canvas.height() - body.halfHeight - MARGIN;
        return inside ? at(o, x, y) : null;
    }

    private static SceneObject at(SceneObject o, double x, double y) {
        return new SceneObject(
                o.index(),
                o.shape(),
                o.colour(),
                o.size(),
                o.texture(),
                o.text(),
                x,
                y,
                o.radius(),
                o.angle(),
                o.rgb());
    }
}

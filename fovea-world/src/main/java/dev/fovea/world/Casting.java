package dev.fovea.world;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Chooses which shapes and colours appear together in a scene of a theme. */
final class Casting {
    /**
     * The combinations that are more frequent than others: two for each colour and two for each shape, so that neither
     * colours nor shapes become unequal. "Popular" negatives of presence questions are taken from here.
     */
    static final List<Role> POPULAR = IntStream.range(0, 20)
            .mapToObj(i -> new Role(Shape.PLAIN.get((i * 3 + i / 10 * 4) % 10), Colour.ALL.get(i % 10)))
            .toList();

    private static final double POPULARITY = 0.2;

    private Casting() {}

    /** A shape in a colour. */
    record Role(Shape shape, Colour colour) {}

    static List<Role> roles(Theme theme, SceneOptions options, Dice dice) {
        int most = options.maxObjects();
        int least = Math.max(
                options.minObjects(),
                switch (theme) {
                    case FREE -> 1;
                    case REPEATED -> Math.min(3, most);
                    case ODD_ONE_OUT -> 3;
                });
        int n = least + dice.below(most - least + 1);
        if (theme == Theme.REPEATED) {
            n = Math.max(n, least + dice.below(most - least + 1));
        }
        List<Role> roles = switch (theme) {
            case FREE -> free(n, dice);
            case REPEATED -> repeated(n, dice);
            case ODD_ONE_OUT -> odd(n, dice);
        };
        dice.shuffle(roles);
        if (theme != Theme.ODD_ONE_OUT && dice.chance(options.signs())) {
            Role sign = new Role(Shape.SIGN, Colour.WHITE);
            if (roles.size() == most) {
                roles.set(dice.below(most), sign);
            } else {
                roles.add(dice.below(roles.size() + 1), sign);
            }
        }
        return roles;
    }

    private static Role any(Dice dice) {
        return dice.chance(POPULARITY) ? dice.pick(POPULAR) : new Role(dice.pick(Shape.PLAIN), dice.pick(Colour.ALL));
    }

    private static List<Role> free(int n, Dice dice) {
        List<Role> roles = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            roles.add(any(dice));
        }
        return roles;
    }

    /** A group of two or more that shares shape, colour or both; the others are free. */
    private static List<Role> repeated(int n, Dice dice) {
        int group = 2 + dice.below(n - 1);
        boolean sameShape = dice.chance(0.67);
        boolean sameColour = !sameShape || dice.chance(0.5);
        Role first = any(dice);
        List<Role> roles = free(n - group, dice);
        for (int i = 0; i < group; i++) {
            Shape shape = sameShape ? first.shape() : dice.pick(Shape.PLAIN);
            Colour colour = sameColour ? first.colour() : dice.pick(Colour.ALL);
            roles.add(new Role(shape, colour));
        }
        return roles;
    }

    /** All but one share one attribute; the other attribute is either the same throughout or singles nobody out. */
    private static List<Role> odd(int n, Dice dice) {
        boolean byShape = dice.chance(0.5);
        List<Shape> shapes = new ArrayList<>(Shape.PLAIN);
        List<Colour> colours = new ArrayList<>(Colour.ALL);
        dice.shuffle(shapes);
        dice.shuffle(colours);
        boolean uniform = dice.chance(0.5);
        List<Role> roles = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            int odd = i == 0 ? 0 : 1;
            int other = uniform ? 0 : i;
            roles.add(
                    byShape
                            ? new Role(shapes.get(odd), colours.get(other))
                            : new Role(shapes.get(other), colours.get(odd)));
        }
        return roles;
    }
}

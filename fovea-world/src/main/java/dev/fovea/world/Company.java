package dev.fovea.world;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * How often kinds of objects are seen, and seen together, counted over many scenes as the generator casts them: what POPE
 * (arXiv 2305.10355, section 4.1) counts over the annotations of a data set to choose objects that are not there.
 */
public final class Company {
    private static final long STREAM = 3000;

    private final Map<Kind, Integer> index = new HashMap<>();
    private final long[] seen = new long[Kind.ALL.size()];
    private final long[][] together = new long[Kind.ALL.size()][Kind.ALL.size()];
    private final int scenes;

    private Company(int scenes) {
        this.scenes = scenes;
        Kind.ALL.forEach(kind -> index.put(kind, index.size()));
    }

    /**
     * Counts over the casts of scenes of these options.
     *
     * @param seed what is drawn follows from it alone
     * @param scenes how many, at least 1
     */
    public static Company of(SceneOptions options, long seed, int scenes) {
        if (scenes < 1) {
            throw new IllegalArgumentException("Company is counted over at least 1 scene, not " + scenes + ".");
        }
        Company company = new Company(scenes);
        Dice dice = new Dice(seed, STREAM);
        for (int i = 0; i < scenes; i++) {
            Set<Kind> cast = new LinkedHashSet<>();
            for (Casting.Role role : Casting.roles(Scenes.theme(options, dice), options, dice)) {
                cast.add(new Kind(role.shape() == Shape.SIGN ? Colour.WHITE : role.colour(), role.shape()));
            }
            company.count(cast);
        }
        return company;
    }

    private void count(Set<Kind> cast) {
        for (Kind one : cast) {
            seen[at(one)]++;
            for (Kind other : cast) {
                if (!one.equals(other)) {
                    together[at(one)][at(other)]++;
                }
            }
        }
    }

    private int at(Kind kind) {
        Integer at = index.get(kind);
        if (at == null) {
            throw new IllegalArgumentException("The world has no " + kind.words() + ".");
        }
        return at;
    }

    /** The share of scenes that hold a kind, 0 to 1. */
    public double share(Kind kind) {
        return (double) seen[at(kind)] / scenes;
    }

    /** The share of scenes that hold both kinds, 0 to 1. */
    public double share(Kind one, Kind other) {
        return (double) together[at(one)][at(other)] / scenes;
    }

    /** Kinds that are not among those present, the most frequent first; ties in the order of {@link Kind#ALL}. */
    public List<Kind> popular(List<Kind> present) {
        return absent(present, this::share);
    }

    /**
     * Kinds that are not among those present, first the one that is most often together with them: shares of scenes with
     * each of those present are added up.
     */
    public List<Kind> companions(List<Kind> present) {
        return absent(
                present,
                kind -> present.stream().mapToDouble(p -> share(p, kind)).sum());
    }

    private static List<Kind> absent(List<Kind> present, ToDoubleFunction<Kind> rank) {
        Map<Kind, Double> ranks = new HashMap<>();
        List<Kind> absent = new ArrayList<>(Kind.ALL);
        absent.removeAll(present);
        absent.forEach(kind -> ranks.put(kind, rank.applyAsDouble(kind)));
        absent.sort(Comparator.comparingDouble((Kind kind) -> -ranks.getOrDefault(kind, 0.0)));
        return absent;
    }
}

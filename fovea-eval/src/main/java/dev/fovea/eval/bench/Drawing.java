package dev.fovea.eval.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How far figures may be off that are made of sums over answers: pictures are drawn anew, with replacement and all their
 * answers together, and the figures made of what was drawn; of two thousand such draws the middle 95 % are the interval
 * (Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13). The draws are the same every time.
 */
final class Drawing {
    private static final int DRAWS = 2000;
    private static final double TAIL = 0.025;
    private static final long SEED = 2026;

    private final List<String> pictures;
    private final Map<String, double[]> ours;
    private final Function<double[], Map<String, Double>> figures;

    /**
     * @param ours sums by picture, all of one length; at least one
     * @param figures of sums; the same names for all sums
     */
    Drawing(Map<String, double[]> ours, Function<double[], Map<String, Double>> figures) {
        this.pictures = List.copyOf(ours.keySet());
        this.ours = ours;
        this.figures = figures;
    }

    /** The figures themselves. */
    Map<String, Estimate> estimates() {
        return estimates(figures);
    }

    /**
     * Our figures minus theirs, drawn together.
     *
     * @param theirs sums for the same pictures
     */
    Map<String, Estimate> differences(Map<String, double[]> theirs) {
        int n = ours.values().iterator().next().length;
        Map<String, double[]> both = new LinkedHashMap<>();
        ours.forEach((picture, own) -> {
            double[] joined = Arrays.copyOf(own, 2 * n);
            System.arraycopy(theirs.getOrDefault(picture, new double[n]), 0, joined, n, n);
            both.put(picture, joined);
        });
        return new Drawing(both, sums -> {
                    Map<String, Double> first = figures.apply(Arrays.copyOf(sums, n));
                    Map<String, Double> second = figures.apply(Arrays.copyOfRange(sums, n, 2 * n));
                    Map<String, Double> out = new LinkedHashMap<>();
                    first.forEach((name, value) -> out.put(name, value - second.getOrDefault(name, Double.NaN)));
                    return out;
                })
                .estimates();
    }

    private Map<String, Estimate> estimates(Function<double[], Map<String, Double>> of) {
        Map<String, Double> whole = of.apply(sum(null));
        Map<String, List<Double>> drawn = new LinkedHashMap<>();
        SplittableRandom random = new SplittableRandom(SEED);
        for (int draw = 0; draw < DRAWS; draw++) {
            of.apply(sum(random)).forEach((name, value) -> {
                if (Double.isFinite(value)) {
                    drawn.computeIfAbsent(name, k -> new ArrayList<>()).add(value);
                }
            });
        }
        Map<String, Estimate> out = new LinkedHashMap<>();
        whole.forEach((name, value) -> out.put(name, interval(value, drawn.getOrDefault(name, List.of()))));
        return out;
    }

    /** Sums over all pictures, or over as many drawn ones. */
    private double[] sum(@Nullable SplittableRandom random) {
        double[] sums = ours.values().iterator().next().clone();
        Arrays.fill(sums, 0);
        for (int i = 0; i < pictures.size(); i++) {
            double[] own = ours.getOrDefault(
                    pictures.get(random == null ? i : random.nextInt(pictures.size())), new double[0]);
            for (int s = 0; s < own.length; s++) {
                sums[s] += own[s];
            }
        }
        return sums;
    }

    private static Estimate interval(double value, List<Double> drawn) {
        if (!Double.isFinite(value) || drawn.isEmpty()) {
            return new Estimate(value, Double.NaN, Double.NaN);
        }
        double[] sorted =
                drawn.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return new Estimate(value, quantile(sorted, TAIL), quantile(sorted, 1 - TAIL));
    }

    private static double quantile(double[] sorted, double share) {
        double at = share * (sorted.length - 1);
        int low = (int) at;
        int high = Math.min(low + 1, sorted.length - 1);
        return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
    }
}

package dev.fovea.eval.bench;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The mean difference of two contestants over the same questions with its 95 % interval.
 *
 * <p>Both answered the same questions, so the interval is that of the differences, much narrower than the two
 * contestants' own intervals suggest. Questions about one picture share its luck: their errors are added up per picture
 * before they are squared (Miller 2024, arXiv 2411.00640, clustered standard errors of paired differences). Half a
 * question won, half a question lost and one drawn are added, so that an interval never closes on a handful of draws
 * (Agresti and Min 2005, adjusted Wald interval for matched pairs: with one question per picture it is theirs exactly).
 *
 * @param difference mean of the differences, -1 to 1
 * @param low lower end of the interval
 * @param high upper end
 * @param n number of questions
 */
public record Paired(double difference, double low, double high, int n) {
    /** The 97.5 % point of the normal distribution. */
    private static final double Z = 1.959963984540054;

    /** Questions added: weight 1/2 at +1, 1/2 at -1, 1 at 0. */
    private static final double ADDED = 2;

    /**
     * One question.
     *
     * @param picture questions about the same one are not independent
     * @param difference of two scores, -1 to 1
     */
    public record Pair(String picture, double difference) {}

    /**
     * The mean of these differences.
     *
     * @throws IllegalArgumentException if there are none
     */
    public static Paired of(List<Pair> pairs) {
        if (pairs.isEmpty()) {
            throw new IllegalArgumentException("A difference needs at least one question that both answered");
        }
        double sum = pairs.stream().mapToDouble(Pair::difference).sum();
        double weight = pairs.size() + ADDED;
        double centre = sum / weight;
        Map<String, Double> errors = new HashMap<>();
        pairs.forEach(pair -> errors.merge(pair.picture(), pair.difference() - centre, Double::sum));
        double squares = errors.values().stream().mapToDouble(e -> e * e).sum();
        squares += (1 - centre) * (1 - centre) / 2 + (1 + centre) * (1 + centre) / 2 + centre * centre;
        double half = Z * Math.sqrt(squares) / weight;
        return new Paired(sum / pairs.size(), Math.max(-1, centre - half), Math.min(1, centre + half), pairs.size());
    }

    /** The interval in points, as in "-0.4 to +1.2". */
    public String interval() {
        return points(low) + " to " + points(high);
    }

    /** A difference of two shares in points of a hundred, with its sign. */
    public static String points(double difference) {
        String text = String.format(Locale.ROOT, "%+.1f", 100 * difference);
        return text.equals("-0.0") ? "+0.0" : text;
    }
}

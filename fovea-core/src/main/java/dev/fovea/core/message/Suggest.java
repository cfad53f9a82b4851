package dev.fovea.core.message;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;

/** "Did you mean": the nearest of several names by edit distance. */
public final class Suggest {
    private Suggest() {}

    /** {@code " (did you mean 'x'?)"}, or nothing if no name is close. */
    public static String nearest(String typed, Collection<String> names) {
        return names.stream()
                .min(Comparator.comparingInt((String n) -> distance(typed, n)).thenComparing(n -> n))
                .filter(n -> distance(typed, n) <= Math.max(2, n.length() / 2))
                .map(n -> " (did you mean '" + Printable.of(n) + "'?)")
                .orElse("");
    }

    /** Levenshtein distance, ignoring case. */
    static int distance(String typed, String name) {
        String a = typed.toLowerCase(Locale.ROOT);
        String b = name.toLowerCase(Locale.ROOT);
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(change, Math.min(previous[j], row[j - 1]) + 1);
            }
            previous = row;
        }
        return previous[b.length()];
    }
}

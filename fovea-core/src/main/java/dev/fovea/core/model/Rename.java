package dev.fovea.core.model;

import java.util.List;
import java.util.regex.Pattern;

/**
 * One step from a tensor's name in a file to its canonical name. A list of them is applied in order, and must leave
 * canonical names alone.
 *
 * @param pattern what is replaced wherever it is found
 * @param replacement by what, {@code $1} for the first group
 */
public record Rename(Pattern pattern, String replacement) {

    /** A step from a regular expression. */
    public static Rename of(String regex, String replacement) {
        return new Rename(Pattern.compile(regex), replacement);
    }

    /** A name behind all of these steps. */
    public static String all(List<Rename> steps, String name) {
        String out = name;
        for (Rename step : steps) {
            out = step.pattern.matcher(out).replaceAll(step.replacement);
        }
        return out;
    }
}

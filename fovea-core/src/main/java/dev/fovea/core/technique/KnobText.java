package dev.fovea.core.technique;

import dev.fovea.core.message.Numerals;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a knob as cards write it: {@code name = default, range: help}. */
final class KnobText {
    private static final Pattern KNOB = Pattern.compile("([a-z0-9]+(?:-[a-z0-9]+)*) = ([^:]+): (.+\\.)");
    private static final Pattern WORD = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)*");
    private static final Pattern NUMBER = Pattern.compile("([^ ,]+), (?:(whole )?([^ ]+)\\.\\.([^ ]+)|share)");
    private static final Pattern DEPTH =
            Pattern.compile("(?:([0-9]{1,3})/([0-9]{1,3})|auto) (encoder|feature|decoder) layers( from 0)?");

    private KnobText() {}

    /** @throws IllegalArgumentException with the end of a sentence */
    static Knob parse(String text) {
        Matcher knob = KNOB.matcher(text);
        if (!knob.matches()) {
            throw new IllegalArgumentException("it must have the form 'name = default, range: Help.'.");
        }
        String value = knob.group(2);
        Matcher number = NUMBER.matcher(value);
        Matcher depth = DEPTH.matcher(value);
        if (number.matches()) {
            return number(knob.group(1), number, knob.group(3));
        }
        return depth.matches()
                ? depth(knob.group(1), depth, knob.group(3))
                : choice(knob.group(1), value, knob.group(3));
    }

    private static Knob choice(String name, String value, String help) {
        List<String> words = Arrays.asList(value.split(" \\| ", -1));
        boolean distinct = new HashSet<>(words).size() == words.size();
        if (words.size() < 2
                || !distinct
                || !words.stream().allMatch(w -> WORD.matcher(w).matches())) {
            throw new IllegalArgumentException("'" + value
                    + "' is neither a number with its range, nor a layer, nor two or more different words.");
        }
        return new Knob(name, words.getFirst(), new Values.Choice(words), help);
    }

    private static Knob number(String name, Matcher number, String help) {
        boolean share = number.group(3) == null;
        boolean whole = number.group(2) != null;
        double min = share ? 0 : bound(number.group(3), whole);
        double max = share ? 1 : bound(number.group(4), whole);
        if (min >= max) {
            throw new IllegalArgumentException("its range is empty.");
        }
        Values.Numbers values = new Values.Numbers(whole, min, max);
        String fallback = number.group(1);
        if (!fallback.equals("auto")) {
            values.check("its default", fallback);
        }
        return new Knob(name, fallback, values, help);
    }

    private static double bound(String text, boolean whole) {
        OptionalDouble bound = Numerals.decimal(text);
        if (bound.isEmpty() || (whole && Numerals.whole(text).isEmpty())) {
            throw new IllegalArgumentException("'" + text + "' is no " + (whole ? "whole number." : "number."));
        }
        return bound.getAsDouble();
    }

    private static Knob depth(String name, Matcher depth, String help) {
        Depth.Part part = switch (depth.group(3)) {
            case "encoder" -> Depth.Part.ENCODER;
            case "feature" -> Depth.Part.FEATURE;
            default -> Depth.Part.DECODER;
        };
        int from = depth.group(4) == null ? 1 : 0;
        int published = depth.group(1) == null ? 0 : Integer.parseInt(depth.group(1));
        int of = depth.group(1) == null ? 0 : Integer.parseInt(depth.group(2));
        Depth values = new Depth(published, of, part, from);
        if (depth.group(1) != null && !values.fits(published, of)) {
            throw new IllegalArgumentException("its default lies outside " + values.range() + ".");
        }
        return new Knob(name, values.fallback(), values, help);
    }
}

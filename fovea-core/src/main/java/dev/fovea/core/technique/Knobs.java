package dev.fovea.core.technique;

import dev.fovea.core.message.Suggest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The values of a technique's knobs, checked against its card. Immutable. */
public final class Knobs {
    private final Card card;
    private final Map<String, String> values;

    private Knobs(Card card, Map<String, String> values) {
        this.card = card;
        this.values = values;
    }

    /** Every knob at its default. */
    public static Knobs defaults(Card card) {
        return of(card, Map.of());
    }

    /**
     * Defaults with some values set.
     *
     * @throws IllegalArgumentException if a knob is unknown (the nearest name is suggested) or a value does not fit
     */
    public static Knobs of(Card card, Map<String, String> set) {
        Map<String, String> all = new LinkedHashMap<>();
        for (Knob knob : card.knobs()) {
            all.put(knob.name(), knob.fallback());
        }
        for (Map.Entry<String, String> e : set.entrySet()) {
            if (!all.containsKey(e.getKey())) {
                throw new IllegalArgumentException("Technique '" + card.id() + "' has no knob '" + e.getKey() + "'"
                        + Suggest.nearest(e.getKey(), all.keySet()) + "; its knobs are: "
                        + (all.isEmpty() ? "none" : String.join(", ", all.keySet())) + ".");
            }
            check(card, knob(card, e.getKey()), e.getValue());
            all.put(e.getKey(), e.getValue());
        }
        return new Knobs(card, all);
    }

    /** The values as text, in the order of the card. */
    public Map<String, String> asMap() {
        return Map.copyOf(values);
    }

    public String text(String name) {
        String v = values.get(name);
        if (v == null) {
            throw new IllegalArgumentException("Technique '" + card.id() + "' has no knob '" + name + "'.");
        }
        return v;
    }

    public boolean isAuto(String name) {
        return text(name).equals("auto");
    }

    public double number(String name) {
        return Double.parseDouble(text(name));
    }

    /** A whole number. */
    public int integer(String name) {
        return (int) Math.round(number(name));
    }

    /** A whole number, or {@code derived} where the knob says {@code auto}. */
    public int integer(String name, int derived) {
        return isAuto(name) ? derived : integer(name);
    }

    /** A number, or {@code derived} where the knob says {@code auto}. */
    public double number(String name, double derived) {
        return isAuto(name) ? derived : number(name);
    }

    public boolean flag(String name) {
        return text(name).equals("on") || text(name).equals("true");
    }

    private static Knob knob(Card card, String name) {
        return card.knobs().stream()
                .filter(k -> k.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static void check(Card card, Knob knob, String value) {
        if (value.equals(knob.fallback())) {
            return;
        }
        String where = "Knob '" + knob.name() + "' of technique '" + card.id() + "'";
        if (!knob.choices().isEmpty()) {
            if (!knob.choices().contains(value)) {
                throw new IllegalArgumentException(where + " must be one of " + String.join(", ", knob.choices())
                        + ", got '" + value + "'" + Suggest.nearest(value, List.copyOf(knob.choices())) + ".");
            }
            return;
        }
        double v;
        try {
            v = Double.parseDouble(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    where + " must be a number in " + knob.range() + ", got '" + value + "'.", e);
        }
        if (!(v >= knob.min() && v <= knob.max())) {
            throw new IllegalArgumentException(where + " must be in " + knob.range() + ", got " + value + ".");
        }
    }
}

package dev.fovea.core.technique;

import dev.fovea.core.message.Numerals;
import dev.fovea.core.message.Suggest;
import dev.fovea.core.shape.ModelShape;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** The values of a technique's knobs, checked against its card. Immutable. */
public final class Knobs {
    private final Card card;
    private final Map<String, String> values;

    private Knobs(Card card, Map<String, String> values) {
        this.card = card;
        this.values = Collections.unmodifiableMap(values);
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
            knob(card, e.getKey()).check(where(card, e.getKey()), e.getValue());
            all.put(e.getKey(), e.getValue());
        }
        return new Knobs(card, all);
    }

    /** The values as text, in the order of the card. */
    public Map<String, String> asMap() {
        return values;
    }

    public String text(String name) {
        String v = values.get(name);
        if (v == null) {
            throw new IllegalArgumentException("Technique '" + card.id() + "' has no knob '" + name + "'.");
        }
        return v;
    }

    /** Whether a knob has this value. */
    public boolean is(String name, String value) {
        return text(name).equals(value);
    }

    /** Whether a knob is left to the technique, or a depth at the published layer. */
    public boolean isAuto(String name) {
        return knob(card, name).isDerived(text(name));
    }

    public double number(String name) {
        return Numerals.decimal(text(name)).orElseThrow(() -> unreadable(name, "number"));
    }

    /** A whole number. */
    public int integer(String name) {
        return Numerals.whole(text(name)).orElseThrow(() -> unreadable(name, "whole number"));
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
        return is(name, "on");
    }

    /**
     * The layer that a depth names in a model.
     *
     * @throws IllegalArgumentException if the model has no such layer
     */
    public int layer(String name, ModelShape shape) {
        return layers(shape, name)[0];
    }

    /** The layer that a depth names in a model, or {@code derived} where the knob says {@code auto}. */
    public int layer(String name, ModelShape shape, int derived) {
        return isAuto(name) ? inside(name, derived, shape) : layer(name, shape);
    }

    /**
     * The layers that several depths name in a model, each deeper than the one before. Published ones move together
     * where the model is too shallow to hold them apart.
     *
     * @param names of depths in the same part of the model
     * @throws IllegalArgumentException if the model has not that many layers, or they do not rise
     */
    public int[] layers(ModelShape shape, String... names) {
        Depth first = depth(names[0]);
        if (first.from() + names.length - 1 > first.last(shape)) {
            int needed = names.length + first.part().layers(shape) - first.last(shape) - 1 + first.from();
            throw new IllegalArgumentException("Technique '" + card.id() + "' needs at least " + needed + " "
                    + first.part().word() + " for " + String.join(", ", names) + "; this model has "
                    + first.part().layers(shape) + ".");
        }
        int[] layers = new int[names.length];
        for (int i = 0; i < names.length; i++) {
            Depth depth = depth(names[i]);
            int least = i == 0 ? depth.from() : layers[i - 1] + 1;
            int most = depth.last(shape) - (names.length - 1 - i);
            String value = is(names[i], "auto") ? depth.fallback() : text(names[i]);
            if (value.equals("auto")) {
                throw unreadable(names[i], "layer");
            }
            layers[i] = inside(names[i], depth.resolve(value, shape, least, most), shape);
        }
        for (int i = 1; i < layers.length; i++) {
            if (layers[i] <= layers[i - 1]) {
                throw new IllegalArgumentException("Technique '" + card.id() + "' needs " + String.join(" < ", names)
                        + ", got " + names[i - 1] + "=" + layers[i - 1] + " and " + names[i] + "=" + layers[i] + ".");
            }
        }
        return layers;
    }

    private Depth depth(String name) {
        if (knob(card, name).values() instanceof Depth depth) {
            return depth;
        }
        throw unreadable(name, "layer");
    }

    private int inside(String name, int layer, ModelShape shape) {
        Depth depth = depth(name);
        if (layer < depth.from() || layer > depth.last(shape)) {
            throw new IllegalArgumentException(where(card, name) + " must be in " + depth.from() + ".."
                    + depth.last(shape) + " for this model, which has "
                    + depth.part().layers(shape) + " " + depth.part().word() + ", got " + layer + ".");
        }
        return layer;
    }

    private static Knob knob(Card card, String name) {
        return card.knobs().stream()
                .filter(k -> k.name().equals(name))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("Technique '" + card.id() + "' has no knob '" + name + "'."));
    }

    private static String where(Card card, String name) {
        return "Knob '" + name + "' of technique '" + card.id() + "'";
    }

    private IllegalArgumentException unreadable(String name, String what) {
        return new IllegalArgumentException(where(card, name) + " is no " + what + ": '" + text(name) + "'.");
    }
}

package dev.fovea.world;

import dev.fovea.world.SceneObject.TextKind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Describes pictures in words. */
public final class Captions {
    private static final List<String> NUMBERS = List.of("no", "a", "two", "three", "four", "five", "six");
    private static final List<String> OPENINGS =
            List.of("", "", "a picture of ", "a picture with ", "there is ", "this picture shows ");

    private Captions() {}

    /**
     * Every object in reading order (by row, then column of the 3 × 3 grid, then by x), with everything about it: "2
     * objects. row 1 column 3: small striped red star with the letter B. row 2 column 1: large plain blue circle."
     */
    public static String full(Scene scene, Picture picture) {
        List<SceneObject> ordered = new ArrayList<>(scene.objects());
        ordered.sort(Comparator.comparingInt((SceneObject o) -> Places.row(picture, o.index()))
                .thenComparingInt(o -> Places.column(picture, o.index()))
                .thenComparingDouble(o -> picture.centreX(o.index())));
        StringBuilder caption = new StringBuilder();
        caption.append(ordered.size()).append(ordered.size() == 1 ? " object." : " objects.");
        for (SceneObject o : ordered) {
            caption.append(' ')
                    .append(Places.rowAndColumn(picture, o.index()))
                    .append(": ")
                    .append(describe(o))
                    .append('.');
        }
        return caption.toString();
    }

    private static String describe(SceneObject o) {
        return o.size().word() + " " + o.texture().word() + " " + o.colour().word() + " "
                + o.shape().word() + carried(o);
    }

    private static String carried(SceneObject o) {
        TextKind kind = o.textKind();
        return switch (kind) {
            case NONE -> "";
            case LETTER -> " with the letter " + o.text();
            case DIGIT -> " with the digit " + o.text();
            case WORD -> " with the word " + o.text();
        };
    }

    /**
     * A short caption for matching pictures with texts: colours and shapes with their numbers, in random order and one
     * of several wordings, as in "a picture of two red stars, a blue ring with the digit 7 and a sign with the word
     * STOP".
     */
    public static String brief(Scene scene, Picture picture, long seed) {
        Dice dice = new Dice(seed, 2000);
        boolean placed = scene.objects().size() <= 2 && dice.chance(0.4);
        List<SceneObject> objects = new ArrayList<>(scene.objects());
        dice.shuffle(objects);
        List<String> parts = parts(objects, o -> placed ? " at the " + Places.name(picture, o.index()) : "");
        return dice.pick(OPENINGS) + listed(parts);
    }

    /**
     * The objects by colour and shape with their numbers and what is written on them, and nothing else: "two red stars, a
     * blue ring with the digit 7 and a sign with the word STOP". In the order of colours, of one colour in that of shapes,
     * signs last: what comes next can be told from what came before and what is there, wherever it lies.
     */
    public static String named(Scene scene) {
        List<SceneObject> objects = new ArrayList<>(scene.objects());
        objects.sort(Comparator.comparing((SceneObject o) -> o.shape() == Shape.SIGN)
                .thenComparing(SceneObject::colour)
                .thenComparing(SceneObject::shape)
                .thenComparing(Captions::carried));
        return listed(parts(objects, o -> ""));
    }

    /** Alike objects together, in the order in which they come first. */
    private static List<String> parts(List<SceneObject> objects, Function<SceneObject, String> place) {
        Map<String, Integer> groups = new LinkedHashMap<>();
        for (SceneObject o : objects) {
            groups.merge(Kind.of(o).words() + "|" + carried(o) + place.apply(o), 1, Integer::sum);
        }
        List<String> parts = new ArrayList<>();
        groups.forEach((what, count) -> parts.add(part(what, count)));
        return parts;
    }

    private static String listed(List<String> parts) {
        StringBuilder list = new StringBuilder();
        for (int i = 0; i < parts.size(); i++) {
            list.append(i == 0 ? "" : i == parts.size() - 1 ? " and " : ", ").append(parts.get(i));
        }
        return list.toString();
    }

    private static String part(String group, int count) {
        int split = group.indexOf('|');
        String noun = group.substring(0, split);
        String rest = group.substring(split + 1);
        if (count == 1) {
            return Phrases.withArticle(noun) + rest;
        }
        return NUMBERS.get(count) + " " + (noun.endsWith("s") ? noun + "es" : noun + "s") + rest;
    }
}

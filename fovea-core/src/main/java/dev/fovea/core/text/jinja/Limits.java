package dev.fovea.core.text.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one rendering may spend. Every value that a template computes is paid for by its size, so that neither endless
 * loops nor ever-growing values can stop the process.
 */
final class Limits {
    static final int MAX_TEXT = 4_000_000;
    static final int MAX_LIST = 1_000_000;

    private static final long MAX_STEPS = 5_000_000;
    private static final int CHARACTERS_PER_STEP = 64;
    private static final int MAX_DEPTH = 100;

    private long steps;

    /** One step of the rendering. */
    void step() {
        spend(1);
    }

    /** One round of a loop, which keeps more books than other steps. */
    void round() {
        spend(10);
    }

    /** Pays for walking once over a value, without looking into its elements. */
    void walk(@Nullable Object value) {
        spend(1
                + (value instanceof String s
                        ? s.length() / CHARACTERS_PER_STEP
                        : value instanceof List<?> l ? l.size() : 0));
    }

    private void spend(long count) {
        steps += count;
        if (steps > MAX_STEPS) {
            throw new TemplateException("the template runs for too long");
        }
    }

    /** Pays for a value that was made or is about to be read as a whole. */
    @Nullable
    Object pay(@Nullable Object value) {
        pay(value, 0);
        return value;
    }

    private void pay(@Nullable Object value, int depth) {
        if (depth > MAX_DEPTH) {
            throw new TemplateException("a value is nested too deeply");
        }
        step();
        if (value instanceof String s) {
            spend(s.length() / CHARACTERS_PER_STEP);
        } else if (value instanceof List<?> list) {
            list.forEach(item -> pay(item, depth + 1));
        } else if (value instanceof Map<?, ?> map) {
            map.values().forEach(item -> pay(item, depth + 1));
        }
    }

    /** Refuses a text that would become longer than allowed, before it is made. */
    static void checkText(long length) {
        if (length > MAX_TEXT) {
            throw new TemplateException("a text became longer than " + MAX_TEXT + " characters");
        }
    }

    /** Refuses a list that would become longer than allowed, before it is made. */
    static void checkList(long size) {
        if (size > MAX_LIST) {
            throw new TemplateException("a list became longer than " + MAX_LIST + " elements");
        }
    }
}

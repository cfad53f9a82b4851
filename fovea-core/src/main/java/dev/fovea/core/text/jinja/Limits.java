package dev.fovea.core.text.jinja;

/**
 * What one rendering may spend. Whatever is touched is paid for, by its size and before it is touched, so that neither
 * endless loops nor ever-growing values can stop the process or fill its memory.
 */
final class Limits {
    static final int MAX_TEXT = 4_000_000;
    static final int MAX_LIST = 1_000_000;

    /** How deep values may lie in each other. */
    static final int MAX_DEPTH = 100;

    private static final long MAX_STEPS = 3_000_000;

    /** How deep expressions, blocks and calls may lie in each other while they run. */
    private static final int MAX_NESTING = 500;

    private static final int READ_PER_STEP = 64;
    private static final int MADE_PER_STEP = 16;
    private static final int LOOKED_AT_PER_STEP = 8;

    private long steps;
    private int nesting;

    /** One step of the rendering. */
    void step() {
        spend(1);
    }

    void spend(long count) {
        steps += count;
        if (steps > MAX_STEPS) {
            throw TemplateException.exhausted("the template runs for too long");
        }
    }

    /** Pays for comparing or searching so many characters. */
    void read(long characters) {
        spend(1 + characters / READ_PER_STEP);
    }

    /** Pays for a text of so many characters, which is about to be made. */
    void made(long characters) {
        checkText(characters);
        spend(1 + characters / MADE_PER_STEP);
    }

    /** Pays for looking at so many characters one by one. */
    void lookedAt(long characters) {
        spend(1 + characters / LOOKED_AT_PER_STEP);
    }

    /** Pays for a list of so many elements, which is about to be made. */
    void list(long size) {
        checkList(size);
        spend(1 + size);
    }

    void enter() {
        if (++nesting > MAX_NESTING) {
            throw new TemplateException("blocks and calls are nested too deeply");
        }
        spend(1);
    }

    void leave() {
        nesting--;
    }

    /** The depth below this one, for what walks through a value. */
    int below(int depth) {
        if (depth >= MAX_DEPTH) {
            throw new TemplateException("a value is nested too deeply");
        }
        return depth + 1;
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

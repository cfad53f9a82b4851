package dev.fovea.core.text;

/**
 * A token that is looked for in a text before anything else happens to it.
 *
 * @param content how it is written
 * @param singleWord whether it counts only where no letter touches it
 * @param leftStrip whether it takes the blanks before it
 * @param rightStrip whether it takes the blanks behind it
 * @param normalized whether it is looked for behind the normalizer
 * @param special whether it has a role of its own and is no text
 */
record AddedToken(
        String content,
        boolean singleWord,
        boolean leftStrip,
        boolean rightStrip,
        boolean normalized,
        boolean special) {}

package dev.fovea.core.draft;

/**
 * What a draft learns from: a text with its pictures, and answers to several questions behind it, packed.
 *
 * @param reading what the model made of all tokens: what is common first, then one continuation after the other
 * @param groups for each token 0 where it is common, otherwise its continuation, rising; these do not see each other, and
 *     all stand behind what is common
 * @param next for each token the id of the one that follows it; not looked at where a visual token stands
 * @param asked ascending indices of the tokens, none of them visual, from which it is to be guessed
 * @param told for each of these and each slot but the first the id of the token whose state the slot expects, which the
 *     slot before it guesses; {@link #OWN} where the draft is to go by that guess
 */
@SuppressWarnings("ArrayRecordComponent") // handed on at once; never compared
public record Lesson(Reading reading, int[] groups, int[] next, int[] asked, int[][] told) {
    /** In place of an id: what the draft guesses itself. */
    public static final int OWN = -1;

    public Lesson {
        int tokens = reading.ids().length;
        if (groups.length != tokens || next.length != tokens || told.length != asked.length) {
            throw new IllegalArgumentException("A lesson of " + tokens + " tokens says of " + groups.length
                    + " where they belong and of " + next.length + " what follows them, and of " + told.length
                    + " of its " + asked.length + " guesses what stands before them");
        }
    }
}

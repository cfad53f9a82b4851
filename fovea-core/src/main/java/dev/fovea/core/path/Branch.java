package dev.fovea.core.path;

/**
 * Another reading of a prompt beside the one that is answered, with a cache of its own. It takes the same tokens as the
 * answer goes on, so that what it expects next can be held against what the answer's own reading expects. Nothing that a
 * plan adds to hidden states ({@link Decision.Steer}) is added in a branch.
 */
public sealed interface Branch {

    /** The same prompt. Steps up to the logits act on its pictures as they do in the prompt. */
    record Unsteered() implements Branch {}

    /**
     * Its words alone: the places of the pictures are left out, not filled with anything, and positions count over the
     * words.
     */
    record WithoutPictures() implements Branch {}

    /**
     * The same pictures, asked otherwise.
     *
     * @param words what takes the place of the question; {@link #QUESTION} in it stands for the question itself
     */
    record Worded(String words) implements Branch {
        /** What stands for the question. */
        public static final String QUESTION = "{question}";

        /** The words for a question. */
        public String of(String question) {
            return words.replace(QUESTION, question);
        }
    }

    /**
     * The same prompt with visual tokens that nothing sees: those of which an earlier step, before the language model,
     * noted another value than 0. They take no part and leave their position ids empty, which is what masking them comes
     * to.
     *
     * @param note its name
     */
    record Masked(String note) implements Branch {}

    /** Its name as it is printed. */
    default String label() {
        return switch (this) {
            case Unsteered ignored -> "unsteered";
            case WithoutPictures ignored -> "without-pictures";
            case Worded ignored -> "worded";
            case Masked masked -> "masked[" + masked.note() + "]";
        };
    }
}

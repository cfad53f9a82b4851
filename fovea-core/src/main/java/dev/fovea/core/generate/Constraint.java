package dev.fovea.core.generate;

/** What may still follow in one answer that must have a form. Remembers what was chosen; one per answer. */
public interface Constraint {

    /**
     * Sets the logits of every token that may not come next to −∞, those that end answers included.
     *
     * @param logits {@code [vocabulary]}
     */
    void forbid(float[] logits);

    /** Whether the answer has its form and may end here. */
    boolean mayEnd();

    /** Whether it has its form and nothing may follow. */
    boolean mustEnd();

    /** Takes the token that was chosen; it was not forbidden. */
    void accept(int token);
}

package dev.fovea.core.model.language;

/** Which tokens of a prompt see each other both ways; all others see what stands before them. */
public enum MutualSight {
    /** None. */
    NONE,
    /** The visual tokens of one picture; a window bounds how far back they see (Gemma 3, arXiv 2503.19786). */
    PICTURES,
    /** All of the prompt, whatever windows there are; answers see what stands before them (PaliGemma, arXiv 2407.07726). */
    PROMPT;

    /** Whether tokens that see each other do so across windows. */
    public boolean acrossWindows() {
        return this == PROMPT;
    }
}

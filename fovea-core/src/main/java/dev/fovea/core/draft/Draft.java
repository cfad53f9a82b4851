package dev.fovea.core.draft;

import org.bytedeco.pytorch.Tensor;

/**
 * A small network that guesses what a model will say, several tokens at once, from what the model's last layer made of the
 * tokens so far (Leviathan et al. 2023, arXiv 2211.17192, with the model's own states as in EAGLE, arXiv 2401.15077). The
 * model checks the guesses in one pass, so that they make answers faster and never other ones. Holds no state of an answer.
 */
public interface Draft {

    /** How many tokens behind one it says something about. */
    int slots();

    /** How many of these are handed to the model at once. */
    default int most() {
        return slots();
    }

    /** Begins to follow an answer. */
    Guessing begin(Target target);

    /**
     * The final states that it expects, for learning: differentiable.
     *
     * @return {@code [asked, slots, width]}: slot {@code i} of a token is the state of the token {@code 1 + i} behind it
     */
    Tensor expect(Target target, Lesson lesson);
}

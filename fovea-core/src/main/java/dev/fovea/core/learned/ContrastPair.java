package dev.fovea.core.learned;

import dev.fovea.core.path.Attribution;
import dev.fovea.core.path.Continuation;
import dev.fovea.core.path.Matrix;
import java.util.List;

/** A question about a picture with an answer that is preferred and one that is not, as a model sees them. */
public interface ContrastPair {

    /** Tokens of the prompt as they enter the language model, words and visual tokens. */
    int tokens();

    /** How many tokens an answer has. */
    int length(boolean preferred);

    /**
     * What is made of how likely an answer is, for the prompt as it is or with tokens masked.
     *
     * @param masks of each number that is wanted the masked tokens, counted over the prompt and the answer behind it
     */
    double[] values(boolean preferred, Continuation.Worth worth, List<int[]> masks);

    /**
     * What each token adds to that: {@code [tokens]}, with {@link Attribution.Over#ALL} those of the answer behind those of
     * the prompt.
     */
    float[] attribution(boolean preferred, Continuation.Worth worth, Attribution how, Attribution.Over over);

    /**
     * Hidden states of the last token of an answer behind every layer of the language model: {@code [layers, width]}, for
     * the prompt as it is or with tokens masked.
     *
     * @param masks as in {@link #values}
     */
    List<Matrix> states(boolean preferred, List<int[]> masks);
}

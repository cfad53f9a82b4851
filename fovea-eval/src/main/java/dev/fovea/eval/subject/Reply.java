package dev.fovea.eval.subject;

import dev.fovea.core.image.Geometry;
import dev.fovea.core.path.Ledger;
import java.util.List;

/**
 * An answer with what it took.
 *
 * @param answer its text
 * @param tokens its tokens
 * @param logProbability sum of the natural log-probabilities of its tokens
 * @param textTokens tokens of the prompt that are not visual
 * @param ledger what became of the visual tokens
 * @param geometry for each image of the ledger the way from its patches back to the picture's pixels
 * @param prefillMs from the features to the first token, selection included
 * @param decodeMs all further tokens
 */
public record Reply(
        String answer,
        List<Integer> tokens,
        double logProbability,
        int textTokens,
        Ledger ledger,
        List<Geometry> geometry,
        double prefillMs,
        double decodeMs) {

    public Reply {
        tokens = List.copyOf(tokens);
    }
}

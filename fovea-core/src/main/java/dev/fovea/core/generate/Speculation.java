package dev.fovea.core.generate;

/**
 * What guessing did for an answer.
 *
 * @param passes of the model behind the prompt
 * @param tokens that were chosen from what they brought, the end of the answer included; without guesses one from each
 * @param guessed tokens that were guessed; behind a guess that the answer ends nothing counts
 * @param accepted of these the ones that became part of the answer, its end included
 * @param draftMs milliseconds that the draft took
 */
public record Speculation(int passes, int tokens, int guessed, int accepted, double draftMs) {

    /** Tokens that one pass brought on average; 0 where there was none. */
    public double perPass() {
        return passes == 0 ? 0 : (double) tokens / passes;
    }
}

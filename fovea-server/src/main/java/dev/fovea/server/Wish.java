package dev.fovea.server;

import dev.fovea.core.AskOptions;
import dev.fovea.core.generate.GenerationOptions;
import dev.fovea.document.DocumentWish;

/**
 * What a request asks for, read and checked, before its pictures are decoded and its documents drawn.
 *
 * @param model as the request names it
 * @param prompt the conversation
 * @param documents what it wants of its documents
 * @param spending how visual tokens are spent
 * @param generation how the answer is generated
 * @param stream whether it is sent while it is generated
 * @param usage whether a stream ends with what was used
 * @param logprobs whether the answer brings the log-probabilities of its tokens
 */
record Wish(
        String model,
        Prompt prompt,
        DocumentWish documents,
        Spending spending,
        GenerationOptions generation,
        boolean stream,
        boolean usage,
        boolean logprobs) {

    AskOptions options() {
        AskOptions options = AskOptions.defaults()
                .withTechniques(spending.techniques(), spending.budget())
                .withGeneration(generation);
        return spending.attention() ? options.withAttention() : options;
    }
}

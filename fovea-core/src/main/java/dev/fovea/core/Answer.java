package dev.fovea.core;

import dev.fovea.core.generate.FinishReason;
import dev.fovea.core.generate.Generated;
import dev.fovea.core.generate.Speculation;
import dev.fovea.core.generate.Thought;
import dev.fovea.core.image.Geometry;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Recording;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An answer with what happened on the way to it.
 *
 * @param text the answer
 * @param tokens its tokens with their log-probabilities
 * @param finish why it ended
 * @param promptTokens tokens of the prompt that the language model's first layer holds once it has been read
 * @param ledger what became of every visual token
 * @param geometry for each image of the ledger the way from its patches back to the pixels of its picture
 * @param timings what it cost
 * @param recording every declared signal and every decision, if asked for
 * @param attention for each of its tokens, up to {@link Generated#MOST_WATCHED}, how much the token that it was chosen
 *     behind looks at each visual token of the ledger: the mean over heads and layers, of a softmax over all tokens of
 *     prompt and answer. A token that others were merged into has their share; empty unless
 *     {@link AskOptions#withAttention} asked for it
 * @param thought what was thought before it, under a technique that has the model think; null where nothing was
 * @param speculation how often the model was asked and how many guesses were right; null where nothing was guessed
 */
public record Answer(
        String text,
        List<Generated.Token> tokens,
        FinishReason finish,
        int promptTokens,
        Ledger ledger,
        List<Geometry> geometry,
        Timings timings,
        @Nullable Recording recording,
        List<float[]> attention,
        @Nullable Thought thought,
        @Nullable Speculation speculation) {
    public Answer {
        tokens = List.copyOf(tokens);
        geometry = List.copyOf(geometry);
        attention = List.copyOf(attention);
    }
}

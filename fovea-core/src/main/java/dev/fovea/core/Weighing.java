package dev.fovea.core;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.PromptGradients;
import dev.fovea.core.path.Attribution;
import dev.fovea.core.path.Attribution.Over;
import dev.fovea.core.path.Continuation;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.text.ChatMessage;
import dev.fovea.core.text.ChatTemplate;
import dev.fovea.core.text.SpecialTokens;
import dev.fovea.core.text.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * A question about pictures whose possible answers are weighed instead of one being generated: how likely each is, which
 * tokens of the prompt that rests on, and what the language model makes of it layer by layer.
 *
 * <p>Owns native memory until {@link #close()}, to be closed before the model. Not for use by several threads at once.
 */
public final class Weighing implements AutoCloseable {
    private final Asking asking;
    private final List<ChatMessage> messages;
    private final PromptGradients prompt;

    Weighing(Asking asking, List<ChatMessage> messages, List<Shown> pictures, String question, AskOptions options) {
        this.asking = asking;
        this.messages = messages;
        this.prompt = asking.gate().during(() -> {
            Asking.Job job = asking.job(messages, pictures, question, options);
            List<EncodedImage> encoded = asking.encode(List.of(job), 0);
            try {
                return asking.engine().gradients(asking.prompt(job, encoded, 0), filler(asking));
            } finally {
                encoded.forEach(EncodedImage::close);
            }
        });
    }

    /** The token that stands where one is masked: the one that fills up batches, or else the unknown one; -1 for neither. */
    private static int filler(Asking asking) {
        Tokenizer tokenizer = asking.tokenizer();
        SpecialTokens special = tokenizer.specialTokens();
        return Stream.of(special.padding(), special.unknown())
                .map(text -> text == null ? OptionalInt.empty() : tokenizer.id(text))
                .filter(OptionalInt::isPresent)
                .mapToInt(OptionalInt::getAsInt)
                .filter(id -> id < asking.shape().vocabulary())
                .findFirst()
                .orElse(-1);
    }

    /** Where the tokens stand as they enter the language model. */
    public Layout layout() {
        return prompt.layout();
    }

    /** How many tokens enter the language model. */
    public int tokens() {
        return prompt.tokens();
    }

    /**
     * The tokens of an answer, as the model would write it behind the prompt, without the token that ends it.
     *
     * @throws IllegalArgumentException with one sentence if there are none
     */
    public int[] answer(String text) {
        int[] ids = asking.tokenizer().encodeText(text.strip(), false);
        String before = turn(asking.template());
        if (before.endsWith(":") && ids.length > 0) {
            // The turn is marked with a word, behind which the first of the answer follows with a blank.
            int[] mark = asking.tokenizer().encodeText(before, false);
            int[] all = asking.tokenizer().encodeText(before + " " + text.strip(), false);
            int common = Arrays.mismatch(mark, all);
            ids = common == mark.length ? Arrays.copyOfRange(all, common, all.length) : ids;
        }
        if (ids.length == 0) {
            throw new IllegalArgumentException("An answer to be weighed has no words; give at least one.");
        }
        return ids;
    }

    /** The last word of the prompt as it is rendered. */
    private String turn(ChatTemplate template) {
        String rendered = template.render(messages, true).strip();
        return rendered.substring(Math.max(rendered.lastIndexOf(' '), rendered.lastIndexOf('\n')) + 1);
    }

    /** {@link PromptGradients#values}. */
    public double[] values(Continuation answer, List<int[]> masks) {
        return asking.gate().during(() -> prompt.values(answer, masks));
    }

    /** How likely an answer is: the logarithm of its probability. */
    public double logProbability(int... answer) {
        return values(Continuation.of(answer), List.of(new int[0]))[0];
    }

    /** {@link PromptGradients#attribution}. */
    public float[] attribution(Continuation answer, Attribution how, Over over) {
        return asking.gate().during(() -> prompt.attribution(answer, how, over));
    }

    /** {@link PromptGradients#states}. */
    public List<Matrix> states(int[] answer, List<int[]> masks) {
        return asking.gate().during(() -> prompt.states(answer, masks));
    }

    @Override
    public void close() {
        prompt.close();
    }
}

package dev.fovea.eval.flow;

import dev.fovea.core.PromptTokens;
import dev.fovea.core.message.Printable;
import dev.fovea.core.message.Suggest;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Tokens of a prompt that are looked at together (arXiv 2411.18620, section 3). They may overlap. */
public enum TokenGroup {
    /** All tokens that stand for the picture, those that end its rows included. */
    PICTURE,
    /** Visual tokens that show what the question is about. */
    RELATED,
    /** All other visual tokens; tokens that end rows are neither. */
    OTHER,
    /** The question's own words. */
    QUESTION,
    /** The last token of the prompt, behind which the answer begins. */
    LAST,
    /** What is neither the picture nor the question nor last: the chat template, and an instruction behind the question. */
    TEMPLATE;

    /** As it is typed and printed. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether it takes knowing where in the picture lies what the question is about. */
    public boolean needsBoxes() {
        return this == RELATED || this == OTHER;
    }

    /**
     * A group by its word.
     *
     * @throws IllegalArgumentException with one sentence if there is none
     */
    static TokenGroup parse(String word) {
        List<String> words = Arrays.stream(values()).map(TokenGroup::word).toList();
        int at = words.indexOf(word.strip().toLowerCase(Locale.ROOT));
        if (at < 0) {
            throw new IllegalArgumentException("There is no group of tokens '" + Printable.of(word) + "'"
                    + Suggest.nearest(word, words) + "; name one of "
                    + words.stream().collect(Collectors.joining(", ")) + ".");
        }
        return values()[at];
    }

    /**
     * Its places in a prompt, ascending.
     *
     * @param related places of the visual tokens that show what the question is about, ascending
     */
    int[] places(PromptTokens tokens, int[] related) {
        return switch (this) {
            case PICTURE -> tokens.picture();
            case RELATED -> related;
            case OTHER -> where(tokens, p -> tokens.ledger()[p] >= 0 && Arrays.binarySearch(related, p) < 0);
            case QUESTION -> tokens.question();
            case LAST -> new int[] {tokens.last()};
            case TEMPLATE ->
                where(
                        tokens,
                        p -> p != tokens.last()
                                && Arrays.binarySearch(tokens.picture(), p) < 0
                                && Arrays.binarySearch(tokens.question(), p) < 0);
        };
    }

    private static int[] where(PromptTokens tokens, IntPredicate test) {
        return IntStream.range(0, tokens.length()).filter(test).toArray();
    }
}

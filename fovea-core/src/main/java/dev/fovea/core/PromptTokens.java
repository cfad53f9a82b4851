package dev.fovea.core;

import dev.fovea.core.message.Printable;
import dev.fovea.core.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Who stands where in a prompt, counted in tokens of the sequence that the language model reads.
 *
 * @param length tokens of the prompt
 * @param picture places that stand for pictures, also those that only end their rows or part their tiles
 * @param question places of the question's own words, without what a template writes around them
 * @param ledger for each place the token of the ledger that stands there, or -1
 */
@SuppressWarnings("ArrayRecordComponent") // data of one prompt; never compared
public record PromptTokens(int length, int[] picture, int[] question, int[] ledger) {

    /** The last token of the prompt, behind which the answer begins. */
    public int last() {
        return length - 1;
    }

    /**
     * Finds them in a prompt that has been read.
     *
     * @param ids one placeholder for each slot
     * @param places for each id its place in the sequence, and the place behind them all
     * @param inLedger for each place up to the last visual one its token of the ledger, or -1
     * @throws IllegalArgumentException if the question's words are not among the tokens
     */
    static PromptTokens of(
            int[] ids, int[] places, int[] inLedger, IntPredicate placeholder, Tokenizer tokenizer, String question) {
        int length = places[ids.length];
        int[] picture = IntStream.range(0, ids.length)
                .filter(i -> placeholder.test(ids[i]))
                .flatMap(i -> IntStream.range(places[i], places[i + 1]))
                .toArray();
        int[] words = question(ids, placeholder, tokenizer, question);
        int[] ledger = new int[length];
        Arrays.fill(ledger, -1);
        System.arraycopy(inLedger, 0, ledger, 0, inLedger.length);
        return new PromptTokens(
                length, picture, Arrays.stream(words).map(i -> places[i]).toArray(), ledger);
    }

    /** Indices of the question's ids: in the last stretch between pictures that holds them. */
    private static int[] question(int[] ids, IntPredicate placeholder, Tokenizer tokenizer, String question) {
        String wanted = bare(question);
        List<int[]> stretches = new ArrayList<>();
        int from = 0;
        for (int i = 0; i <= ids.length; i++) {
            if (i == ids.length || placeholder.test(ids[i])) {
                stretches.add(new int[] {from, i});
                from = i + 1;
            }
        }
        for (int[] stretch : stretches.reversed()) {
            int[] own = Arrays.copyOfRange(ids, stretch[0], stretch[1]);
            int[] found = wanted.isEmpty() ? new int[0] : within(own, tokenizer, wanted);
            if (found.length > 0) {
                int first = stretch[0];
                return Arrays.stream(found).map(i -> first + i).toArray();
            }
        }
        throw new IllegalArgumentException("The words of the question '" + Printable.of(question)
                + "' are not found among the tokens of the prompt, whose template or tokenizer writes them otherwise; ask it"
                + " in plain letters.");
    }

    /**
     * The last tokens that spell a text: from the first whose end lies behind its beginning to the first whose end reaches
     * its own. Blanks do not count, which tokenizers move from word to word.
     */
    private static int[] within(int[] ids, Tokenizer tokenizer, String wanted) {
        int at = bare(tokenizer.decode(ids, false)).lastIndexOf(wanted);
        if (at < 0) {
            return new int[0];
        }
        int first = -1;
        for (int i = 0; i < ids.length; i++) {
            int end = bare(tokenizer.decode(Arrays.copyOf(ids, i + 1), false)).length();
            first = first < 0 && end > at ? i : first;
            if (end >= at + wanted.length()) {
                return IntStream.rangeClosed(first, i).toArray();
            }
        }
        return new int[0];
    }

    private static String bare(String text) {
        return text.replaceAll("\\s+", "");
    }
}

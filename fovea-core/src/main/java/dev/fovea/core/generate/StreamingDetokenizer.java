package dev.fovea.core.generate;

import java.util.Arrays;
import java.util.function.Function;

/**
 * Turns tokens into text as they come. A character may need several tokens (bytes of UTF-8), and what a token reads as
 * may depend on the one before it (spaces); text is therefore decoded together with the tokens that led up to it, and
 * held back while it ends in an unfinished character. One per answer; not safe for use by several threads.
 */
public final class StreamingDetokenizer {
    /** What decoders write for bytes that are not (yet) a character. */
    private static final char UNFINISHED = '\ufffd';

    private final Function<int[], String> decoder;
    private int[] ids = new int[64];
    private int count;

    /** Tokens before this one no longer matter. */
    private int contextStart;

    /** Tokens before this one have been handed out. */
    private int emitted;

    /** @param decoder text of a list of ids, for example {@code tokenizer::decode} */
    public StreamingDetokenizer(Function<int[], String> decoder) {
        this.decoder = decoder;
    }

    /** Takes the next token and returns the text that is now certain; often a word, sometimes nothing. */
    public String accept(int token) {
        if (count == ids.length) {
            ids = Arrays.copyOf(ids, 2 * count);
        }
        ids[count++] = token;
        String before = decode(contextStart, emitted);
        String now = decode(contextStart, count);
        boolean unfinished = !now.isEmpty() && now.charAt(now.length() - 1) == UNFINISHED;
        return unfinished || now.length() <= before.length() ? "" : emit(before, now);
    }

    /** The text still held back, once no more tokens come; an unfinished character shows as U+FFFD. */
    public String finish() {
        String before = decode(contextStart, emitted);
        String now = decode(contextStart, count);
        return now.length() <= before.length() ? "" : emit(before, now);
    }

    private String emit(String before, String now) {
        contextStart = emitted;
        emitted = count;
        return now.substring(before.length());
    }

    private String decode(int from, int to) {
        return from == to ? "" : decoder.apply(Arrays.copyOfRange(ids, from, to));
    }
}

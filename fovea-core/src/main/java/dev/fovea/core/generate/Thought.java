package dev.fovea.core.generate;

import java.util.List;
import java.util.stream.IntStream;

/**
 * What a model wrote for itself before it answered.
 *
 * @param text what a person reads of it: its text, and the further words by their names
 * @param tokens all of its tokens, its marks among them
 * @param words the further words in it, by their index among those that were added to the vocabulary
 * @param states hidden state behind the final norm, once each of these words had been read: {@code [words][decoder width]}
 * @param closed whether it came to its end
 */
@SuppressWarnings("ArrayRecordComponent") // handed on at once; never compared
public record Thought(String text, int tokens, int[] words, List<float[]> states, boolean closed) {
    public Thought {
        states = List.copyOf(states);
    }

    /** States of one of the words, in the order in which they were written: {@code [times][decoder width]}. */
    public List<float[]> states(int word) {
        return IntStream.range(0, words.length)
                .filter(i -> words[i] == word)
                .mapToObj(states::get)
                .toList();
    }
}

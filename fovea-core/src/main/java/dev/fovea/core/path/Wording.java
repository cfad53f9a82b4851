package dev.fovea.core.path;

import java.util.HashSet;
import java.util.List;

/**
 * Words that are added to a language model's vocabulary, and how a thought is written with them: between its own marks, in
 * front of the answer, in groups of equal words whose hidden states hold what the group is about.
 *
 * @param words their names, as a thought shows them: different ones
 * @param open begins a thought; this and the following are indices of words
 * @param close ends it
 * @param answer begins the answer
 * @param end ends it, and with it all
 * @param begin begins a group
 * @param finish ends it
 * @param groups what groups may be about
 * @param most tokens of a thought at most, all of its words counted: at least 1
 */
public record Wording(
        List<String> words,
        int open,
        int close,
        int answer,
        int end,
        int begin,
        int finish,
        List<Group> groups,
        int most) {

    /**
     * A kind of group.
     *
     * @param name what it is about
     * @param word index of the word that is repeated
     * @param count how often
     */
    public record Group(String name, int word, int count) {}

    public Wording {
        words = List.copyOf(words);
        groups = List.copyOf(groups);
        if (new HashSet<>(words).size() != words.size()) {
            throw new IllegalArgumentException("A further word is named twice: " + words);
        }
        for (int index : new int[] {open, close, answer, end, begin, finish}) {
            check(words, index);
        }
        for (Group group : groups) {
            check(words, group.word);
            if (group.count < 1) {
                throw new IllegalArgumentException("A group about '" + group.name + "' has " + group.count + " words");
            }
        }
        if (most < 1) {
            throw new IllegalArgumentException("A thought has at most " + most + " tokens, which is none");
        }
    }

    private static void check(List<String> words, int index) {
        if (index < 0 || index >= words.size()) {
            throw new IllegalArgumentException("There is no further word " + index + " among " + words.size());
        }
    }
}

package dev.fovea.cli.load;

import java.util.List;

/**
 * What a server is asked.
 *
 * @param questions asked one after the other
 * @param shown what they are about
 * @param pictures different ones that are asked about: 0 for a new one each time
 * @param maxTokens longest answer
 * @param longWords words of the long prompts that are sent beside; 0 for none
 */
public record LoadKind(List<String> questions, boolean shown, int pictures, int maxTokens, int longWords) {
    public LoadKind {
        questions = List.copyOf(questions);
        if (questions.isEmpty() || pictures < 0 || maxTokens < 1 || longWords < 0) {
            throw new IllegalArgumentException(
                    "There must be a question, no less than 0 pictures and long words, and answers of a token at least");
        }
    }
}

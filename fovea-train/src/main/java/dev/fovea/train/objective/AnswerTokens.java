package dev.fovea.train.objective;

import dev.fovea.core.path.Matrix;

/**
 * What a network expects at the tokens of one answer, given the right ones before each.
 *
 * @param logits {@code [words, vocabulary]}
 * @param words the words in front of the answer's tokens
 * @param ids the answer's tokens
 */
@SuppressWarnings("ArrayRecordComponent") // made for one comparison and dropped; never compared itself
record AnswerTokens(Matrix logits, int[] words, int[] ids) {

    /** Share of the tokens of which both networks take the same one for the likeliest. */
    double agreement(AnswerTokens other) {
        int same = 0;
        for (int word : words) {
            same += likeliest(word) == other.likeliest(word) ? 1 : 0;
        }
        return (double) same / words.length;
    }

    private int likeliest(int word) {
        int best = 0;
        for (int id = 1; id < logits.cols(); id++) {
            if (logits.get(word, id) > logits.get(word, best)) {
                best = id;
            }
        }
        return best;
    }

    /** Mean over the tokens; above 0 also where a network is so sure that f32 would round it to nothing. */
    double crossEntropy() {
        double sum = 0;
        for (int i = 0; i < words.length; i++) {
            double own = logits.get(words[i], ids[i]);
            double others = 0;
            for (int id = 0; id < logits.cols(); id++) {
                others += id == ids[i] ? 0 : Math.exp(logits.get(words[i], id) - own);
            }
            sum += Math.log1p(others);
        }
        return sum / words.length;
    }
}

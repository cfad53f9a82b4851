package dev.fovea.train.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a batch asks about one picture, each question by itself: the words in front of an answer, the mark of its beginning
 * included. A question that follows others in a conversation keeps them, and their answers, in front of it.
 */
public final class Asked {
    private Asked() {}

    /** The questions and descriptions that a batch asks for, by picture: token ids. */
    public static List<List<int[]>> of(AnswerBatch batch) {
        List<List<int[]>> all = new ArrayList<>();
        for (int s = 0; s < batch.samples(); s++) {
            all.add(new ArrayList<>());
        }
        int[] rows = batch.targets().rows();
        for (int i = 0; i < rows.length; i++) {
            // An answer's tokens follow each other, and so do the words in front of them.
            if (i == 0 || rows[i] != rows[i - 1] + 1) {
                int sample = rows[i] / batch.length();
                int last = rows[i] % batch.length() - AnswerBatch.LEAD - batch.visual();
                all.get(sample).add(words(batch, sample, last));
            }
        }
        return all;
    }

    private static int[] words(AnswerBatch batch, int sample, int last) {
        int of = sample * batch.text();
        int begin = last;
        while (begin > 0 && batch.segments()[of + begin - 1] == batch.segments()[of + last]) {
            begin--;
        }
        return Arrays.copyOfRange(batch.tokens(), of + begin, of + last + 1);
    }
}

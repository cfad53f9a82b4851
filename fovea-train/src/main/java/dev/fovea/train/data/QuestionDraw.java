package dev.fovea.train.data;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.fovea.world.Picture;
import dev.fovea.world.Question;
import dev.fovea.world.Questions;
import dev.fovea.world.Scene;
import dev.fovea.world.Skill;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What a sampler asks about a picture, and how it is written.
 *
 * @param extra skills of the questions that each picture gets beside the balanced ones, where it allows them
 */
record QuestionDraw(HuggingFaceTokenizer tokenizer, List<Skill> extra) {
    private static final int BALANCED = 24;

    /** Extra questions stand among so many of the first. */
    private static final int FIRST = 6;

    /** The balanced questions, with the extra ones mixed into the first of them. */
    List<Question> about(Scene scene, Picture picture, long seed, SplittableRandom random) {
        List<Question> all = new ArrayList<>(Questions.sample(scene, picture, seed, BALANCED));
        for (Skill skill : extra) {
            int place = random.nextInt(Math.min(FIRST, all.size()) + 1);
            Questions.one(scene, picture, skill, random.nextLong()).ifPresent(q -> all.add(place, q));
        }
        return all;
    }

    /** Token ids of a text. */
    int[] encode(String text) {
        long[] ids = tokenizer.encode(text, false, false).getIds();
        int[] out = new int[ids.length];
        Arrays.setAll(out, i -> (int) ids[i]);
        return out;
    }
}

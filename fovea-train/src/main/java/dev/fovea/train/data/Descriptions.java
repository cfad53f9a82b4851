package dev.fovea.train.data;

import dev.fovea.world.Captions;
import dev.fovea.world.Picture;
import dev.fovea.world.Scene;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** In which words pictures are asked to be described, and what the answer is. */
public enum Descriptions {
    /** Every wording asks for the full caption. */
    FULL {
        @Override
        List<Told> of(Scene scene, Picture picture, long seed, SplittableRandom random) {
            return List.of(new Told(pick(EVERY, random), Captions.full(scene, picture)));
        }
    },

    /**
     * What is there in a brief list, in the one order in which {@link Captions#named} has it, and of a quarter of the
     * pictures the full caption too. Nothing else is asked about such a picture.
     */
    BRIEF_AND_FULL {
        @Override
        List<Told> of(Scene scene, Picture picture, long seed, SplittableRandom random) {
            List<Told> all = new ArrayList<>();
            all.add(new Told(pick(BRIEFLY, random), Captions.named(scene)));
            if (random.nextInt(4) == 0) {
                all.add(new Told(pick(IN_FULL, random), Captions.full(scene, picture)));
            }
            return all;
        }
    };

    private static final List<String> EVERY = List.of(
            "Describe the picture.", "List every object and its place.", "What is in the picture?", "What do you see?");

    private static final List<String> BRIEFLY = List.of(
            "What do you see?",
            "What is in the picture?",
            "Describe the picture.",
            "Describe the picture briefly.",
            "What does the picture show?",
            "Name the objects in the picture.");

    private static final List<String> IN_FULL =
            List.of("List every object and its place.", "Describe the picture in full.", "Describe every object.");

    /** A question and its answer. */
    record Told(String question, String answer) {}

    /** Whether questions follow the descriptions of a picture. */
    boolean followed() {
        return this == FULL;
    }

    abstract List<Told> of(Scene scene, Picture picture, long seed, SplittableRandom random);

    private static String pick(List<String> wordings, SplittableRandom random) {
        return wordings.get(random.nextInt(wordings.size()));
    }
}

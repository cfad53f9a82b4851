package dev.fovea.core.engine;

import dev.fovea.core.model.language.MutualSight;
import java.util.function.IntPredicate;

/** The blocks of a prompt: which of its tokens see each other both ways when it enters the language model. */
record PromptBlocks(MutualSight mutual, IntPredicate isPlaceholder) {

    /**
     * The block of every token that is there.
     *
     * @param ids token ids, with one placeholder per image
     * @param visual the visual tokens that are left
     * @param visualAt where they stand among all tokens
     * @param length of the prompt with them
     */
    int[] of(int[] ids, VisualTokens visual, int[] visualAt, int length) {
        int[] blocks = mutual == MutualSight.PROMPT ? new int[length] : Sight.none(length);
        if (mutual == MutualSight.PICTURES) {
            int[] ofImage = ofImages(ids);
            for (int i = 0; i < visualAt.length; i++) {
                blocks[visualAt[i]] = ofImage[VisualTokens.image(visual.ids()[i])];
            }
        }
        return blocks;
    }

    /** Images with nothing between them are one block. */
    private int[] ofImages(int[] ids) {
        int[] blocks = new int[ids.length];
        int image = 0;
        int block = -1;
        for (int i = 0; i < ids.length; i++) {
            if (isPlaceholder.test(ids[i])) {
                block += i > 0 && isPlaceholder.test(ids[i - 1]) ? 0 : 1;
                blocks[image++] = block;
            }
        }
        return blocks;
    }
}

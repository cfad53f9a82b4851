package dev.fovea.core.draft;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/**
 * Tokens that a model has read, in their order, as a draft sees them.
 *
 * @param states what the model's last layer made of each, behind the final norm: {@code [tokens, width]}, f32
 * @param ids of the words; of a visual token that of its placeholder
 * @param pictures for each token the picture that it is of, rising, or {@link #WORD}
 */
@SuppressWarnings("ArrayRecordComponent") // handed on at once; never compared
public record Reading(Tensor states, int[] ids, int[] pictures) {
    /** In place of a picture's number: the token is of none. */
    public static final int WORD = -1;

    public Reading {
        if (states.size(0) != ids.length || ids.length != pictures.length) {
            throw new IllegalArgumentException("There are " + states.size(0) + " states of " + ids.length
                    + " tokens, of which " + pictures.length + " say whether they are of a picture");
        }
    }

    /** Whether any of the tokens is of a picture. */
    public boolean shows() {
        return Arrays.stream(pictures).anyMatch(p -> p != WORD);
    }
}

package dev.fovea.techniques.learned;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * Tokens in slots, as FLASH's layer takes them (arXiv 2505.12728, section 4.3): each token has its first slot, which later
 * tokens see, and those that something is guessed from have all slots, which see each other up to themselves.
 *
 * @param tokens of each row
 * @param slots of each row, from 0
 * @param places of the tokens, by token
 * @param groups of the tokens, by token: one of a group above 0 sees its own and group 0
 */
@SuppressWarnings("ArrayRecordComponent") // made for one pass and dropped; never compared
record SlotRows(int[] tokens, int[] slots, int[] places, int[] groups) {

    /**
     * The rows of some tokens, token by token.
     *
     * @param asked ascending, those that have all slots
     * @param count of slots
     */
    static SlotRows of(int[] places, int[] groups, int[] asked, int count) {
        IntStream.Builder tokens = IntStream.builder();
        IntStream.Builder slots = IntStream.builder();
        for (int t = 0; t < places.length; t++) {
            int own = Arrays.binarySearch(asked, t) >= 0 ? count : 1;
            for (int i = 0; i < own; i++) {
                tokens.add(t);
                slots.add(i);
            }
        }
        return new SlotRows(tokens.build().toArray(), slots.build().toArray(), places, groups);
    }

    /** So many tokens one behind the other, all asked. */
    static SlotRows all(int count, int slots) {
        int[] places = IntStream.range(0, count).toArray();
        return of(places, new int[count], places, slots);
    }

    /** Rows of the asked tokens, ascending. */
    int[] of(int[] asked) {
        return IntStream.range(0, tokens.length)
                .filter(row -> Arrays.binarySearch(asked, tokens[row]) >= 0)
                .toArray();
    }

    /** Rotary positions of the rows: a slot stands where the token that it is about would. */
    int[] positions() {
        return IntStream.range(0, tokens.length)
                .map(row -> places[tokens[row]] + slots[row])
                .toArray();
    }

    /** Whether a row sees another: of tokens before its own their first slots, of its own those up to itself. */
    boolean sees(int row, int other) {
        int t = tokens[row];
        int o = tokens[other];
        if (t == o) {
            return slots[other] <= slots[row];
        }
        return o < t && slots[other] == 0 && (groups[o] == 0 || groups[o] == groups[t]);
    }

    /** What some rows do not see: {@code [asking, rows]}, true where one is hidden. */
    Tensor hidden(int[] asking) {
        byte[] mask = new byte[asking.length * tokens.length];
        for (int q = 0; q < asking.length; q++) {
            for (int k = 0; k < tokens.length; k++) {
                mask[q * tokens.length + k] = (byte) (sees(asking[q], k) ? 0 : 1);
            }
        }
        return Tensors.to(Tensors.of(mask, asking.length, tokens.length), DType.BOOL);
    }
}

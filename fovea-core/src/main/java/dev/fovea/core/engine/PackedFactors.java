package dev.fovea.core.engine;

import dev.fovea.core.model.language.Beside;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What the prompts of a packed pass add beside the maps of one layer, each to its own rows.
 *
 * @param layer of the language model
 * @param prompts what each adds, null where that is nothing; empty where none adds anything in this layer
 * @param rows of each
 */
@SuppressWarnings("ArrayRecordComponent") // plain data for one layer of one pass; never compared
record PackedFactors(int layer, List<@Nullable PromptFactors> prompts, int[] rows) implements Beside {

    /** What some prompts add in a layer: in most of them, and for most prompts, nothing, which costs a look. */
    static PackedFactors of(int layer, List<@Nullable PromptFactors> prompts, int... rows) {
        boolean any = prompts.stream().anyMatch(p -> p != null && p.in(layer));
        return new PackedFactors(layer, any ? prompts : List.of(), rows);
    }

    /** The same over other rows of the prompts. */
    PackedFactors over(int... others) {
        return new PackedFactors(layer, prompts, others);
    }

    /** The same once rows have been chosen, where they have. */
    PackedFactors after(@Nullable RowChange[] changes) {
        int[] others = rows.clone();
        for (int i = 0; i < others.length; i++) {
            RowChange change = changes[i];
            others[i] = change == null ? others[i] : change.count();
        }
        return over(others);
    }

    /** The same over some neighbouring rows, those of their prompts alone. */
    PackedFactors rows(int from, int count) {
        List<@Nullable PromptFactors> own = new ArrayList<>();
        IntStream.Builder lengths = IntStream.builder();
        int begin = 0;
        for (int p = 0; p < rows.length; p++) {
            int n = Math.min(begin + rows[p], from + count) - Math.max(begin, from);
            begin += rows[p];
            if (n > 0) {
                lengths.add(n);
                if (!prompts.isEmpty()) {
                    own.add(prompts.get(p));
                }
            }
        }
        return new PackedFactors(layer, own, lengths.build().toArray());
    }

    /** What is added to a single row. */
    Beside at(int row) {
        if (prompts.isEmpty()) {
            return NOTHING;
        }
        int prompt = 0;
        int end = rows[0];
        while (row >= end) {
            end += rows[++prompt];
        }
        PromptFactors own = prompts.get(prompt);
        return own == null ? NOTHING : (place, output, input) -> own.onto(layer, place, output, input);
    }

    @Override
    public Tensor onto(Place place, Tensor output, Tensor input) {
        if (prompts.isEmpty()) {
            return output;
        }
        Tensor[] outputs = Tensors.split(output, 0, rows);
        Tensor[] inputs = Tensors.split(input, 0, rows);
        return Tensors.cat(
                0,
                IntStream.range(0, rows.length)
                        .mapToObj(i -> onto(prompts.get(i), place, outputs[i], inputs[i]))
                        .toArray(Tensor[]::new));
    }

    private Tensor onto(@Nullable PromptFactors own, Place place, Tensor output, Tensor input) {
        return own == null ? output : own.onto(layer, place, output, input);
    }

    @Override
    public String toString() {
        return "PackedFactors[layer=" + layer + ", rows=" + Arrays.toString(rows) + "]";
    }
}

package dev.fovea.core.engine;

import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Signal;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * Takes down the hidden state of the last token of sequences behind those layers where somebody asked for it, or before
 * the first.
 */
final class StateTaps {
    private final List<DecoderPass.Chunk> chunks;
    private final boolean everywhere;
    private final List<Map<Integer, float[]>> states = new ArrayList<>();

    /** @param everywhere whether the states behind all layers are wanted, beside those that steps at the logits look at */
    StateTaps(List<DecoderPass.Chunk> chunks, boolean everywhere) {
        this.chunks = chunks;
        this.everywhere = everywhere;
        chunks.forEach(c -> states.add(new HashMap<>()));
    }

    /**
     * A layer has run.
     *
     * @param layer from 0; {@link Signal.LateLogits#BEFORE_LAYERS} where the first one is about to
     * @param x {@code [rows, width]}
     * @param ends the row of the last token of each sequence
     */
    void behind(int layer, Tensor x, int[] ends) {
        List<Integer> wanted = new ArrayList<>();
        for (int c = 0; c < chunks.size(); c++) {
            if ((everywhere && layer >= 0) || lateLogits(c).stream().anyMatch(s -> s.layer() == layer)) {
                wanted.add(c);
            }
        }
        if (wanted.isEmpty()) {
            return;
        }
        int[] rows = wanted.stream().mapToInt(c -> ends[c]).toArray();
        float[] values = Tensors.floats(x.index_select(0, Tensors.indices(rows)));
        int width = values.length / rows.length;
        for (int i = 0; i < rows.length; i++) {
            float[] own = new float[width];
            System.arraycopy(values, i * width, own, 0, width);
            states.get(wanted.get(i)).put(layer, own);
        }
    }

    /** Nobody decides about the logits of a branch, or where a network learns. */
    private Set<Signal.LateLogits> lateLogits(int chunk) {
        Sequence s = chunks.get(chunk).sequence();
        return s.isBeside() || !s.keeps() ? Set.of() : s.book().lateLogits();
    }

    /** The states of one sequence behind all layers: {@code [layers, width]}. */
    Matrix ofAllLayers(int chunk) {
        Map<Integer, float[]> own = states.get(chunk);
        float[][] rows = new float[own.size()][];
        own.forEach((layer, state) -> rows[layer] = state);
        return Matrix.of(rows);
    }

    /** What the head makes of the states that steps at the logits look at, for every sequence: all in one product. */
    List<Map<Signal.LateLogits, float[]>> lateLogits(Decoder decoder) {
        List<Map<Signal.LateLogits, float[]>> all = new ArrayList<>();
        List<Tensor> rows = new ArrayList<>();
        for (int c = 0; c < chunks.size(); c++) {
            all.add(new HashMap<>());
            for (Signal.LateLogits signal : lateLogits(c)) {
                float[] state = states.get(c).get(signal.layer());
                if (state != null) {
                    Tensor row = Tensors.to(Tensors.of(state, 1, state.length), decoder.dtype());
                    rows.add(signal.finalNorm() ? decoder.norm().forward(row) : row);
                }
            }
        }
        if (rows.isEmpty()) {
            return all;
        }
        float[] logits = Tensors.floats(decoder.predict(Tensors.cat(0, rows.toArray(Tensor[]::new))));
        int vocabulary = logits.length / rows.size();
        int row = 0;
        for (int c = 0; c < chunks.size(); c++) {
            for (Signal.LateLogits signal : lateLogits(c)) {
                if (states.get(c).containsKey(signal.layer())) {
                    all.get(c).put(signal, Arrays.copyOfRange(logits, row * vocabulary, ++row * vocabulary));
                }
            }
        }
        return all;
    }
}

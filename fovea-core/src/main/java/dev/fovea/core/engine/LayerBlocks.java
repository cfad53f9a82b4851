package dev.fovea.core.engine;

import dev.fovea.core.model.language.DecoderLayer;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.List;
import java.util.function.IntConsumer;
import org.bytedeco.pytorch.Tensor;

/**
 * One layer of the language model, behind its station, over more rows than are taken at once. What a token gets from a
 * layer is made of its own row and of the keys and values in its sequence's cache. So the rows give the same in blocks as
 * all at once, up to rounding, and queries, what the heads gather and the inside of the MLP are in memory for one block.
 *
 * @param chunks the sequences, all of which keep their keys and values
 * @param attention of the same
 * @param steering what is added to their hidden states
 * @param now projections of all rows; what a step had made of them already is used
 * @param x what enters the layer: {@code [rows, width]}
 * @param positions of the rows: {@code [sequences][axes][rows]}
 * @param places of continuations in their sequences: {@code [sequences][rows]}
 * @param passed is told of the rows of each block once they are through
 */
@SuppressWarnings("ArrayRecordComponent") // lives for one layer; never compared
record LayerBlocks(
        int index,
        DecoderLayer layer,
        List<DecoderPass.Chunk> chunks,
        PassAttention attention,
        Steering steering,
        DecoderProjections now,
        Tensor x,
        int[][][] positions,
        int[][] places,
        List<RowBlock> blocks,
        IntConsumer passed) {

    /** Keeps the keys and values of all rows; nothing else of them is computed. */
    void keep() {
        for (RowBlock block : blocks) {
            keep(block);
            passed.accept(block.rows());
        }
    }

    /** What leaves the layer: {@code [rows, width]}. Keeps keys and values too. */
    Tensor leaving() {
        Tensor out = Tensors.empty(DType.of(x.scalar_type()), x.size(0), x.size(1));
        for (int i = 0; i < blocks.size(); i++) {
            RowBlock block = blocks.get(i);
            if (block.whole()) {
                keepAndLeave(block, out);
            } else {
                if (block.start() == 0) {
                    // Pictures that are seen both ways look at keys behind their own: all come first.
                    blocks.stream()
                            .filter(b -> b.sequence() == block.sequence())
                            .forEach(this::keep);
                }
                leave(block, out);
            }
            passed.accept(block.rows());
        }
        return out;
    }

    private void keep(RowBlock block) {
        try (Scope ignored = Scope.inner()) {
            DecoderProjections own = now.rows(block.from(), block.rows());
            keep(block, own.keys(true), own.values());
        }
    }

    private void keep(RowBlock block, Tensor k, Tensor v) {
        int from = 0;
        for (int c = block.sequence(); c < block.sequence() + block.sequences(); c++) {
            DecoderPass.Chunk chunk = chunks.get(c);
            int n = block.whole() ? chunk.length() : block.rows();
            chunk.keep(index, k.narrow(1, from, n), v.narrow(1, from, n), positions[c][0], places[c], block.start());
            from += n;
        }
    }

    private void keepAndLeave(RowBlock block, Tensor out) {
        try (Scope ignored = Scope.inner()) {
            DecoderProjections own = now.rows(block.from(), block.rows());
            Tensor k = own.keys(true);
            Tensor v = own.values();
            keep(block, k, v);
            int[] lengths = chunks.subList(block.sequence(), block.sequence() + block.sequences()).stream()
                    .mapToInt(DecoderPass.Chunk::length)
                    .toArray();
            Tensor attended = attention.of(block.sequence(), block.sequences()).allRows(index, own, k, v, lengths);
            store(block, own, attended, out);
        }
    }

    private void leave(RowBlock block, Tensor out) {
        try (Scope ignored = Scope.inner()) {
            DecoderProjections own = now.rows(block.from(), block.rows());
            Tensor attended = attention.stretch(index, chunks.get(block.sequence()), own.queries(true), block.start());
            store(block, own, attended, out);
        }
    }

    private void store(RowBlock block, DecoderProjections own, Tensor attended, Tensor out) {
        Tensor rows = x.narrow(0, block.from(), block.rows());
        Tensor between = layer.attentionResidual(rows, attended, own.beside());
        Tensor leaving = steering.leaving(index, layer, between, own.beside(), Steering.Part.of(block, chunks));
        out.narrow(0, block.from(), block.rows()).copy_(leaving);
    }
}

package dev.fovea.core.engine;

import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.connector.Grouping;
import dev.fovea.core.model.vision.TransformerBlock;
import dev.fovea.core.model.vision.VisionOptions;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Seen;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** An encoder without packing, windows or fused kernels: every block sees one image with the whole mask written out. */
final class NaiveEncoder {
    private static final float HIDDEN = -1e30f;
    private final ModelParts model;

    NaiveEncoder(ModelParts model) {
        this.model = model;
    }

    /**
     * Features of one image, the class token first; those of several layers beside each other.
     *
     * @param view the image
     * @param grid what of it is seen
     * @param dropped tokens that nobody sees from block {@code from} on
     */
    Tensor features(PreparedImage view, Ledger.Grid grid, int[] dropped, int from) {
        VisionOptions o = model.vision().options();
        Grouping grouping = model.connector().grouping();
        Tensor pixels = Tensors.of(view.pixels(), view.planes(), view.height(), view.width());
        int prefix = o.prefix();
        int patchCols = view.width() / o.patches().size();
        int[] order = grouping.order(view.height() / o.patches().size(), patchCols);
        int[] seen = seen(view.seen(), grid, patchCols / grouping.side());
        int[] rows = IntStream.concat(
                        IntStream.range(0, prefix), Arrays.stream(order).map(p -> prefix + p))
                .toArray();
        Tensor x = model.vision().embed(pixels.unsqueeze(0)).squeeze(0).index_select(0, Tensors.indices(rows));
        int[][] at = new int[2][rows.length];
        for (int i = prefix; i < rows.length; i++) {
            at[0][i] = order[i - prefix] / patchCols;
            at[1][i] = order[i - prefix] % patchCols;
        }
        List<Integer> wanted = model.featureLayers();
        Tensor[] taken = new Tensor[wanted.size()];
        for (int layer = 0; layer < Collections.max(wanted); layer++) {
            boolean[] gone = new boolean[rows.length];
            if (layer >= from) {
                for (int number : dropped) {
                    int token = seen[number];
                    Arrays.fill(
                            gone, prefix + token * grouping.patches(), prefix + (token + 1) * grouping.patches(), true);
                }
            }
            int window =
                    o.windows().in(layer) ? o.windows().pixels() / o.patches().size() : 0;
            x = block(model.vision().blocks().get(layer), x, at, gone, window);
            for (int f = 0; f < taken.length; f++) {
                taken[f] = wanted.get(f) == layer + 1 ? x : taken[f];
            }
        }
        int[] left = IntStream.concat(
                        IntStream.range(0, prefix),
                        Arrays.stream(seen)
                                .flatMap(t -> IntStream.range(
                                        prefix + t * grouping.patches(), prefix + (t + 1) * grouping.patches())))
                .toArray();
        Tensor joined = Tensors.cat(1, taken).index_select(0, Tensors.indices(left));
        return Collections.max(wanted) == o.layers() ? model.vision().features(joined) : joined;
    }

    /** For each token that is seen its place among all of the view. */
    private static int[] seen(@Nullable Seen seen, Ledger.Grid grid, int cols) {
        int[] out = new int[grid.tokens()];
        for (int i = 0; i < out.length; i++) {
            int row = i / grid.cols() + (seen == null ? 0 : seen.top());
            int col = i % grid.cols() + (seen == null ? 0 : seen.left());
            out[i] = row * cols + col;
        }
        return out;
    }

    private Tensor block(TransformerBlock block, Tensor x, int[][] at, boolean[] gone, int window) {
        Tensor normed = block.attentionNorm().forward(x);
        Tensor q = block.queries(normed);
        Tensor k = block.keys(normed);
        RotaryEmbedding rotary = model.vision().rotary();
        if (rotary != null) {
            q = RotaryEmbedding.rotate(q, rotary.table(at));
            k = RotaryEmbedding.rotate(k, rotary.table(at));
        }
        int n = gone.length;
        float[] mask = new float[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                boolean apart = window > 0
                        && (at[0][i] / window != at[0][j] / window || at[1][i] / window != at[1][j] / window);
                mask[i * n + j] = gone[j] || apart ? HIDDEN : 0;
            }
        }
        Tensor scores =
                Tensors.scale(q.matmul(k.transpose(1, 2)), block.scale()).add(Tensors.of(mask, n, n));
        Tensor out = Tensors.softmax(scores)
                .matmul(block.values(normed))
                .transpose(0, 1)
                .reshape(n, -1);
        return block.mlpResidual(block.attentionResidual(x, out));
    }
}

package dev.fovea.train.nn;

import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.data.PatchTruth;
import dev.fovea.world.PatchLabels;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Visual tokens made from the exact truth of patches instead of their pixels: the sum of learned vectors for place,
 * shape, colour, size, texture, text and centre. With it the decoder can learn to answer while the encoder still learns
 * to see; later the connector learns to produce the same tokens from pixels.
 */
public final class TruthEmbedding {
    private static final int GRID = 16;
    /** Thirds of the picture, plus one for patches without an object. */
    private static final int THIRDS = 4;

    private static final int[] ROWS = {
        GRID,
        GRID,
        PatchLabels.SHAPES,
        PatchLabels.COLOURS,
        PatchLabels.SIZES,
        PatchLabels.TEXTURES,
        PatchLabels.TEXTS,
        2
    };

    private final Tensor table;
    private final Tensor thirds;
    private final Tensor offset;
    private final Tensor place;
    private final long width;

    /** Declares the vectors. */
    public static void declare(Parameters p, String prefix, int width) {
        p.table(prefix + "table", 0.02, total(), width);
        p.table(prefix + "offset", 0.02, width, 2);
        p.table(prefix + "thirds", 0.02, 2 * THIRDS, width);
        p.table(prefix + "place", 0.02, width, 2);
    }

    private static int total() {
        int sum = 0;
        for (int r : ROWS) {
            sum += r;
        }
        return sum;
    }

    /** The net over parameters that {@link #declare} declared. */
    public TruthEmbedding(Parameters p, String prefix) {
        table = p.get(prefix + "table");
        offset = p.get(prefix + "offset");
        thirds = p.get(prefix + "thirds");
        place = p.get(prefix + "place");
        width = table.size(1);
    }

    /**
     * Tokens for a batch's visual patches: {@code [samples, visual, width]}.
     *
     * @param batch whose patches
     * @param noise share of attributes replaced by others, as an imperfect encoder would
     * @param seed of the noise
     */
    public Tensor tokens(AnswerBatch batch, double noise, long seed) {
        int n = batch.patches().length;
        int[] indices = new int[n * ROWS.length];
        float[] shift = new float[2 * n];
        float[] centres = new float[2 * n];
        boolean[] objects = new boolean[n];
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < n; i++) {
            PatchLabels labels = batch.scenes().get(i / batch.visual()).labels();
            objects[i] = describe(labels, batch.patches()[i], indices, shift, i, noise, random);
            locate(batch.patches()[i], shift, centres, i, objects[i]);
        }
        // One row per token: the sum of its eight vectors.
        Tensor sum = torch.embedding(table, Tensors.of(indices, n, ROWS.length)).sum(1);
        Tensor cells = torch.embedding(thirds, Tensors.of(cells(centres, objects), n, 2))
                .sum(1);
        Tensor moved = torch.linear(Tensors.of(shift, n, 2), offset)
                .add(torch.linear(Tensors.of(centres, n, 2), place))
                .add(cells);
        return sum.add(moved).view(batch.samples(), batch.visual(), width);
    }

    /** The object's centre in the picture, from -1.5 to 1.5; 0 where there is no object. */
    private static void locate(int p, float[] shift, float[] centres, int i, boolean object) {
        if (object) {
            centres[2 * i] = (p % GRID + 0.5f + shift[2 * i]) * 3 / GRID - 1.5f;
            centres[2 * i + 1] = (p / GRID + 0.5f + shift[2 * i + 1]) * 3 / GRID - 1.5f;
        }
    }

    /** Which third of the picture each object's centre lies in: rows of {@link #thirds}. */
    static int[] cells(float[] centres, boolean[] objects) {
        int[] cells = new int[centres.length];
        for (int i = 0; i < cells.length; i++) {
            int third = Math.clamp((int) Math.floor(centres[i] + 1.5f), 0, 2);
            cells[i] = i % 2 * THIRDS + (objects[i / 2] ? third : THIRDS - 1);
        }
        return cells;
    }

    /** Fills in the classes and the place of one patch; whether an object is there. */
    private static boolean describe(
            PatchLabels labels, int p, int[] indices, float[] shift, int i, double noise, SplittableRandom random) {
        int object = PatchTruth.objectOf(labels, p);
        int source = object < 0 ? p : PatchTruth.ownPatch(labels, object, p);
        int[] classes = {
            p / GRID,
            p % GRID,
            object < 0 ? 0 : labels.shape()[source],
            object < 0 ? 0 : labels.colour()[source],
            object < 0 ? 0 : labels.size()[source],
            object < 0 ? 0 : labels.texture()[source],
            object < 0 ? 0 : labels.text()[source],
            labels.centre()[p] >= 0 ? 1 : 0
        };
        int base = 0;
        for (int k = 0; k < ROWS.length; k++) {
            boolean wrong = k >= 2 && object >= 0 && random.nextDouble() < noise;
            indices[i * ROWS.length + k] = base + (wrong ? random.nextInt(ROWS[k]) : classes[k]);
            base += ROWS[k];
        }
        if (object >= 0) {
            shift[2 * i] = (float) (labels.dx()[source] + source % GRID - p % GRID + noise * random.nextGaussian());
            shift[2 * i + 1] = (float) (labels.dy()[source] + source / GRID - p / GRID + noise * random.nextGaussian());
        }
        return object >= 0;
    }
}

package dev.fovea.techniques.encoder;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.EncoderQueries;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Signal.Projection;
import dev.fovea.core.path.Signals;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.techniques.Shapes;
import dev.fovea.techniques.primitives.Clusters;
import dev.fovea.techniques.primitives.Coreset;
import dev.fovea.techniques.primitives.MergeBuilder;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** One condensing block of TCA: rank the patches, keep the best, cluster the middle, fuse the rest. */
record Condensation(ModelShape shape, int layer, double rho, int centres, boolean headRank, int seed) {
    private static final Signal.EncoderStates STATES = new Signal.EncoderStates();

    /** How the patches of a block are divided. */
    record Split(int keep, int cluster, int drop) {
        /** Patches after the block. */
        int after(int centres) {
            return keep + Math.min(centres, cluster) + (drop > 0 ? 1 : 0);
        }
    }

    /** The split of {@code patches} at drop rate {@code rho}; keep is below 1 where the rate leaves no room. */
    static Split split(int patches, double rho) {
        int left = (int) Math.ceil((1 - rho) * patches - 1e-9);
        int gap = patches + 1 - left;
        return new Split(left - 2 * gap, 2 * gap, patches - left);
    }

    /** The smallest rate, in steps of 0.0005, whose blocks leave at most {@code target} patches. */
    static double rateFor(int patches, int blocks, int centres, int target) {
        int least = patches;
        for (int i = 1; i < 667; i++) {
            double rho = i * 0.0005;
            int left = after(patches, blocks, centres, rho);
            if (left > 0 && left <= target) {
                return rho;
            }
            least = left > 0 ? Math.min(least, left) : least;
        }
        throw new IllegalArgumentException("Technique 'tca' cannot condense " + patches + " tokens into " + target
                + " in " + blocks + " blocks; give a budget of at least " + least + ".");
    }

    static void requireRoom(int patches, int blocks, int centres, double rho) {
        if (after(patches, blocks, centres, rho) < 0) {
            throw new IllegalArgumentException("Technique 'tca' with rho=" + rho + " would keep no token of " + patches
                    + " in one of its " + blocks + " blocks; choose a smaller rho.");
        }
    }

    /** Patches after all blocks, or -1 if one of them would keep none. */
    private static int after(int patches, int blocks, int centres, double rho) {
        int n = patches;
        for (int b = 0; b < blocks; b++) {
            Split split = split(n, rho);
            if (split.keep < 1) {
                return -1;
            }
            n = split.after(centres);
        }
        return n;
    }

    private Signal.EncoderAttention attention() {
        return new Signal.EncoderAttention(layer, EncoderQueries.CLS, Heads.MEAN);
    }

    private Signal.EncoderProjection projection(Projection projection) {
        return new Signal.EncoderProjection(layer, projection);
    }

    List<Signal<?>> needs() {
        return headRank
                ? List.of(STATES, attention(), projection(Projection.QUERY), projection(Projection.KEY))
                : List.of(STATES, attention());
    }

    Outcome decide(Signals signals) {
        float[] scores = signals.get(attention());
        float[] ranking = headRank
                ? headRanks(signals.get(projection(Projection.QUERY)), signals.get(projection(Projection.KEY)))
                : scores;
        Split split = split(scores.length, rho);
        if (split.keep < 1) {
            return Outcome.of(new Decision.Unchanged(), scores);
        }
        int first = new SplittableRandom(31L * seed + layer).nextInt(split.cluster);
        Matrix patches = Shapes.patchRows(shape, signals.get(STATES));
        return Outcome.of(condense(patches, scores, TopK.descending(ranking), split, centres, first), scores);
    }

    /**
     * The new tokens: kept ones by falling rank, merged centres, the fused token.
     *
     * @param order patches by falling rank
     * @param first which of the clustered patches is the first centre
     */
    static Decision.Merge condense(Matrix patches, float[] scores, int[] order, Split split, int centres, int first) {
        MergeBuilder merge = new MergeBuilder();
        merge.keep(Arrays.copyOf(order, split.keep));
        int[] middle = Arrays.copyOfRange(order, split.keep, split.keep + split.cluster);
        Matrix points = patches.select(middle);
        Clusters clusters = Coreset.cluster(points, Math.min(centres, middle.length), first);
        for (int c = 0; c < clusters.centres().length; c++) {
            int[] members = clusters.members(c);
            float[] weights = Coreset.weights(points, clusters.centres()[c], members);
            merge.group(
                    middle[clusters.centres()[c]],
                    Arrays.stream(members).map(m -> middle[m]).toArray(),
                    weights);
        }
        if (split.drop > 0) {
            int[] rest = Arrays.copyOfRange(order, split.keep + split.cluster, order.length);
            merge.group(rest[0], rest, Vectors.pick(scores, rest));
        }
        return merge.build();
    }

    /** The paper's ranking: minus the mean over heads of each patch's place in that head's CLS attention. */
    private float[] headRanks(Matrix queries, Matrix keys) {
        int heads = shape.encoderHeads();
        int d = keys.cols() / heads;
        float[] out = new float[keys.rows() - 1];
        for (int h = 0; h < heads; h++) {
            float[] logits = new float[out.length];
            for (int i = 0; i < logits.length; i++) {
                logits[i] = Vectors.dot(queries.data(), h * d, keys.data(), (i + 1) * keys.cols() + h * d, d);
            }
            int[] order = TopK.descending(logits);
            for (int place = 0; place < order.length; place++) {
                out[order[place]] -= (float) place / heads;
            }
        }
        return out;
    }
}

package dev.fovea.core.engine;

import dev.fovea.core.path.Decision;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What a decision does to the rows of one sequence: new row {@code g} is the sum of {@code weights[k] * old[rows[k]]}
 * for {@code k} in {@code offsets[g] .. offsets[g + 1] - 1}.
 *
 * @param anchors for each new row the old row whose place it takes
 * @param offsets {@code [rows + 1]}
 * @param rows old rows
 * @param weights as long as {@code rows}
 * @param pure whether every new row is one old row with weight 1
 */
record RowChange(int[] anchors, int[] offsets, int[] rows, float[] weights, boolean pure) {
    private static final int STAYS = -2;
    private static final int GOES = -1;

    /** New rows that are old ones. */
    static RowChange select(int[] rows) {
        float[] ones = new float[rows.length];
        Arrays.fill(ones, 1);
        return new RowChange(rows, IntStream.rangeClosed(0, rows.length).toArray(), rows, ones, true);
    }

    /** Nothing changes in a sequence of this length. */
    static RowChange identity(int length) {
        return select(IntStream.range(0, length).toArray());
    }

    int count() {
        return anchors.length;
    }

    boolean isIdentity(int length) {
        return pure
                && rows.length == length
                && Arrays.equals(rows, IntStream.range(0, length).toArray());
    }

    /**
     * The rows of one image after its visual tokens changed: those of its prefix, then the groups in their order, each
     * with as many rows as a token has patches.
     *
     * @param prefix rows before the visual tokens, the class token's first
     * @param patches rows of each visual token
     * @param decision a Keep, Merge or DropAllVisual
     */
    static RowChange ofImage(int prefix, int patches, Decision decision) {
        Decision.Merge m = groups(decision);
        int groups = m.groups() * patches;
        int[] anchors = new int[prefix + groups];
        int[] offsets = new int[prefix + groups + 1];
        int[] rows = new int[prefix + m.members().length * patches];
        float[] weights = new float[rows.length];
        for (int i = 0; i < prefix; i++) {
            anchors[i] = i;
            offsets[i] = i;
            rows[i] = i;
            weights[i] = 1;
        }
        int to = prefix;
        for (int g = 0; g < groups; g++) {
            int group = g / patches;
            // A group without a place of its own has none before either; the first row stands in.
            anchors[prefix + g] = row(m.anchors()[group], g % patches, prefix, patches);
            offsets[prefix + g] = to;
            for (int k = m.offsets()[group]; k < m.offsets()[group + 1]; k++) {
                rows[to] = row(m.members()[k], g % patches, prefix, patches);
                weights[to++] = m.weights()[k];
            }
        }
        offsets[prefix + groups] = to;
        return new RowChange(anchors, offsets, rows, weights, isPure(anchors, offsets, rows, weights));
    }

    /** Where a patch of a token stands; the class token's one row stands for each of its patches. */
    private static int row(int token, int patch, int prefix, int patches) {
        return token == Decision.CLS ? 0 : prefix + token * patches + patch;
    }

    /**
     * The rows of a sequence after its visual tokens changed. Everything else keeps its place; the visual tokens that
     * are left fill the places of their anchors in ascending order.
     *
     * @param length rows before
     * @param visual ascending rows of the visual tokens
     * @param decision a Keep, Merge or DropAllVisual
     */
    static RowChange ofSequence(int length, int[] visual, Decision decision) {
        Decision.Merge m = groups(decision);
        int[] group = new int[length];
        Arrays.fill(group, STAYS);
        for (int v : visual) {
            group[v] = GOES;
        }
        int[] places = Arrays.stream(m.anchors()).map(a -> visual[a]).sorted().toArray();
        for (int i = 0; i < places.length; i++) {
            group[places[i]] = i;
        }
        return assemble(group, visual, m);
    }

    private static Decision.Merge groups(Decision decision) {
        return switch (decision) {
            case Decision.Merge merge -> merge;
            case Decision.Keep keep -> single(keep.indices());
            case Decision.DropAllVisual ignored -> single(new int[0]);
            default -> throw new IllegalArgumentException(decision + " does not choose rows");
        };
    }

    private static Decision.Merge single(int[] kept) {
        float[] ones = new float[kept.length];
        Arrays.fill(ones, 1);
        int[] offsets = IntStream.rangeClosed(0, kept.length).toArray();
        return new Decision.Merge(offsets, kept, ones, kept, Decision.Positions.ORIGINAL);
    }

    /** @param group per old row: it stays, it goes, or the group that takes its place */
    private static RowChange assemble(int[] group, int[] visual, Decision.Merge m) {
        int count = (int) Arrays.stream(group).filter(g -> g != GOES).count();
        int[] anchors = new int[count];
        int[] offsets = new int[count + 1];
        int[] rows = new int[m.members().length + group.length];
        float[] weights = new float[rows.length];
        int at = 0;
        int to = 0;
        for (int row = 0; row < group.length; row++) {
            int g = group[row];
            if (g == STAYS) {
                anchors[at] = row;
                rows[to] = row;
                weights[to++] = 1;
            } else if (g >= 0) {
                anchors[at] = visual[m.anchors()[g]];
                for (int k = m.offsets()[g]; k < m.offsets()[g + 1]; k++) {
                    rows[to] = visual[m.members()[k]];
                    weights[to++] = m.weights()[k];
                }
            }
            if (g != GOES) {
                offsets[++at] = to;
            }
        }
        int[] used = Arrays.copyOf(rows, to);
        float[] shares = Arrays.copyOf(weights, to);
        return new RowChange(anchors, offsets, used, shares, isPure(anchors, offsets, used, shares));
    }

    private static boolean isPure(int[] anchors, int[] offsets, int[] rows, float[] weights) {
        for (int g = 0; g < anchors.length; g++) {
            if (offsets[g + 1] != offsets[g] + 1 || weights[offsets[g]] != 1f) {
                return false;
            }
        }
        return rows.length == anchors.length;
    }

    /**
     * Applies the changes of all sequences to a packed tensor.
     *
     * @param x {@code [total tokens, width]}
     * @param lengths tokens of each sequence before
     * @param changes one per sequence, null where nothing changes
     * @return {@code [new total, width]}; {@code x} itself if nothing changes at all
     */
    static Tensor apply(Tensor x, int[] lengths, @Nullable RowChange[] changes) {
        RowChange all = packed(lengths, changes);
        if (all.isIdentity((int) x.size(0))) {
            return x;
        }
        if (all.pure) {
            return x.index_select(0, Tensors.indices(all.rows));
        }
        int[] target = new int[all.rows.length];
        for (int g = 0; g < all.count(); g++) {
            Arrays.fill(target, all.offsets[g], all.offsets[g + 1], g);
        }
        Tensor parts = Tensors.to(x.index_select(0, Tensors.indices(all.rows)), DType.F32)
                .mul(Tensors.of(all.weights, all.weights.length, 1));
        Tensor sum = Tensors.zeros(DType.F32, all.count(), x.size(1));
        return Tensors.to(sum.index_add_(0, Tensors.indices(target), parts), DType.of(x.scalar_type()));
    }

    /** A whole number per old row as one per new row: the mean of its old rows, rounded down. */
    int[] means(int[] numbers) {
        int[] means = new int[count()];
        for (int g = 0; g < means.length; g++) {
            int from = offsets[g];
            int to = offsets[g + 1];
            long sum = Arrays.stream(rows, from, to).mapToLong(r -> numbers[r]).sum();
            means[g] = from == to ? numbers[anchors[g]] : Math.toIntExact(Math.floorDiv(sum, (long) to - from));
        }
        return means;
    }

    /** The rows whose places are taken, of a packed tensor with tokens along {@code dim}. */
    static Tensor anchors(Tensor x, long dim, int[] lengths, @Nullable RowChange[] changes) {
        RowChange all = packed(lengths, changes);
        int total = Arrays.stream(lengths).sum();
        return all.isIdentity(total) ? x : x.index_select(dim, Tensors.indices(all.anchors));
    }

    /** Whether every change only selects rows. */
    static boolean pure(@Nullable RowChange[] changes) {
        return Arrays.stream(changes).allMatch(c -> c == null || c.pure);
    }

    private static RowChange packed(int[] lengths, @Nullable RowChange[] changes) {
        if (changes.length == 1 && changes[0] != null) {
            return changes[0];
        }
        int[] anchors = new int[0];
        int[] offsets = {0};
        int[] rows = new int[0];
        float[] weights = new float[0];
        int base = 0;
        for (int s = 0; s < lengths.length; s++) {
            RowChange given = changes[s];
            RowChange c = given == null ? identity(lengths[s]) : given;
            int shift = base;
            int filled = rows.length;
            anchors =
                    concat(anchors, Arrays.stream(c.anchors).map(r -> r + shift).toArray());
            offsets = concat(
                    offsets,
                    Arrays.stream(c.offsets, 1, c.offsets.length)
                            .map(o -> o + filled)
                            .toArray());
            rows = concat(rows, Arrays.stream(c.rows).map(r -> r + shift).toArray());
            weights = Arrays.copyOf(weights, filled + c.weights.length);
            System.arraycopy(c.weights, 0, weights, filled, c.weights.length);
            base += lengths[s];
        }
        return new RowChange(anchors, offsets, rows, weights, pure(changes));
    }

    private static int[] concat(int[] a, int[] b) {
        int[] out = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, out, a.length, b.length);
        return out;
    }
}

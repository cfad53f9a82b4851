package dev.fovea.core.engine;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Ledger;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Who the visual tokens that are present are: which cell of its image each one stands at, what was merged into it, and
 * how many cells it stands for. Immutable; every change gives a new one.
 *
 * <p>A token's identity is {@code image * PER_IMAGE + place}, where the place is its raster index, {@link #CLS} for a
 * class token, or {@link #APPENDED} and above for a token that a step added.
 *
 * @param ids identities, in the order of the sequence
 * @param blends what each token is made of, or null entries for tokens that are only themselves
 * @param sizes how many cells each token stands for
 */
public record VisualTokens(int[] ids, @Nullable Blend[] blends, float[] sizes) {
    static final int PER_IMAGE = 1 << 20;
    static final int CLS = PER_IMAGE - 1;
    static final int APPENDED = 1 << 19;

    /** A linear combination of original tokens, by identity. */
    record Blend(int[] members, float[] weights) {}

    /** The untouched tokens of one image. */
    static VisualTokens ofCells(int cells) {
        int[] ids = new int[cells];
        Arrays.setAll(ids, i -> i);
        float[] sizes = new float[cells];
        Arrays.fill(sizes, 1);
        return new VisualTokens(ids, new Blend[cells], sizes);
    }

    int count() {
        return ids.length;
    }

    /** The image a token belongs to. */
    static int image(int id) {
        return id / PER_IMAGE;
    }

    /** A token's place in its image. */
    static int place(int id) {
        return id % PER_IMAGE;
    }

    static boolean isCell(int id) {
        return place(id) < APPENDED;
    }

    /** Which of the tokens a step added, and are made of nothing else. */
    int[] added() {
        return IntStream.range(0, ids.length)
                .filter(i -> !isCell(ids[i]) && place(ids[i]) != CLS && blends[i] == null)
                .toArray();
    }

    VisualTokens keep(int[] indices) {
        int n = indices.length;
        int[] newIds = new int[n];
        @Nullable Blend[] newBlends = new Blend[n];
        float[] newSizes = new float[n];
        for (int i = 0; i < n; i++) {
            newIds[i] = ids[indices[i]];
            newBlends[i] = blends[indices[i]];
            newSizes[i] = sizes[indices[i]];
        }
        return new VisualTokens(newIds, newBlends, newSizes);
    }

    /** Groups in the given order; a group without a place of its own counts as added to the first image. */
    VisualTokens merge(Decision.Merge m) {
        int n = m.groups();
        int[] newIds = new int[n];
        @Nullable Blend[] newBlends = new Blend[n];
        float[] newSizes = new float[n];
        int fresh = firstFree(0);
        for (int g = 0; g < n; g++) {
            int anchor = m.anchors()[g];
            int[] members = m.members(g);
            float[] weights = m.weights(g);
            boolean alone = members.length == 1 && members[0] == anchor && anchor != Decision.CLS && weights[0] == 1f;
            newIds[g] = anchor == Decision.CLS ? fresh++ : ids[anchor];
            newBlends[g] = alone ? blends[anchor] : blend(members, weights);
            newSizes[g] = sizeOf(members);
        }
        return new VisualTokens(newIds, newBlends, newSizes);
    }

    /** These tokens with {@code n} new ones of the given image behind them. */
    VisualTokens append(int n, int image) {
        int fresh = firstFree(image);
        int[] newIds = Arrays.copyOf(ids, ids.length + n);
        float[] newSizes = Arrays.copyOf(sizes, ids.length + n);
        for (int i = 0; i < n; i++) {
            newIds[ids.length + i] = fresh + i;
            newSizes[ids.length + i] = 1;
        }
        return new VisualTokens(newIds, Arrays.copyOf(blends, ids.length + n), newSizes);
    }

    /** An identity for an added token of an image that none has yet. */
    private int firstFree(int image) {
        int free = image * PER_IMAGE + APPENDED;
        for (int id : ids) {
            if (image(id) == image && !isCell(id) && place(id) != CLS) {
                free = Math.max(free, id + 1);
            }
        }
        return free;
    }

    /** The tokens of several images one after the other, each with its class token in front if that is a feature. */
    static VisualTokens join(List<VisualTokens> images, boolean withCls) {
        int n = images.stream().mapToInt(t -> t.count() + (withCls ? 1 : 0)).sum();
        int[] ids = new int[n];
        @Nullable Blend[] blends = new Blend[n];
        float[] sizes = new float[n];
        int at = 0;
        for (int image = 0; image < images.size(); image++) {
            VisualTokens t = images.get(image);
            int base = image * PER_IMAGE;
            if (withCls) {
                ids[at] = base + CLS;
                sizes[at++] = 1;
            }
            for (int i = 0; i < t.count(); i++) {
                ids[at] = base + t.ids[i];
                blends[at] = shifted(t.blends[i], base);
                sizes[at++] = t.sizes[i];
            }
        }
        return new VisualTokens(ids, blends, sizes);
    }

    private static @Nullable Blend shifted(@Nullable Blend blend, int base) {
        return blend == null
                ? null
                : new Blend(Arrays.stream(blend.members).map(m -> m + base).toArray(), blend.weights);
    }

    /**
     * Cells row by row, images one after the other; -1 for tokens that stand at none.
     *
     * @param firstCell the cell at which each image begins
     */
    int[] cells(IntUnaryOperator firstCell) {
        return Arrays.stream(ids)
                .map(id -> isCell(id) ? firstCell.applyAsInt(image(id)) + place(id) : -1)
                .toArray();
    }

    /** Where these tokens stand in their image, before the language model. */
    Layout layout(Ledger.Grid grid) {
        int[] all = new int[count()];
        Arrays.setAll(all, i -> i);
        return new Layout(count(), all, cells(image -> 0), List.of(grid), grid.tokens());
    }

    private float sizeOf(int[] members) {
        float sum = 0;
        for (int m : members) {
            sum += m == Decision.CLS ? 1 : sizes[m];
        }
        return sum;
    }

    /** Only tokens of one image are ever mixed with its class token, and that image is then numbered 0. */
    private Blend blend(int[] members, float[] weights) {
        int[] all = new int[0];
        float[] shares = new float[0];
        for (int k = 0; k < members.length; k++) {
            int id = members[k] == Decision.CLS ? CLS : ids[members[k]];
            Blend inner = members[k] == Decision.CLS ? null : blends[members[k]];
            int[] from = inner == null ? new int[] {id} : inner.members;
            float[] with = inner == null ? new float[] {1} : inner.weights;
            int start = all.length;
            all = Arrays.copyOf(all, start + from.length);
            shares = Arrays.copyOf(shares, start + from.length);
            for (int i = 0; i < from.length; i++) {
                all[start + i] = from[i];
                shares[start + i] = with[i] * weights[k];
            }
        }
        return new Blend(all, shares);
    }
}

package dev.fovea.techniques.encoder;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.techniques.Shapes;
import dev.fovea.techniques.primitives.MergeBuilder;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;

/**
 * MustDrop's local spatial merging: square windows of patches that resemble each other become their mean.
 *
 * @param window side of a window
 * @param similarity mean cosine of its patches at which a window is merged
 */
record LocalMerging(int window, double similarity) {

    /** Merges every window that is alike enough. */
    Decision alike(Matrix patches, Layout layout) {
        float[] cosines = cosines(patches, layout);
        int count = 0;
        for (float cosine : cosines) {
            count += cosine >= (float) similarity ? 1 : 0;
        }
        return merge(cosines, count, layout);
    }

    /** Merges as many windows as it takes to come down to so many tokens, or all. */
    Decision toCount(Matrix patches, Layout layout, int tokens) {
        float[] cosines = cosines(patches, layout);
        // The authors of the budgeted form count the class token too; it makes up for the rounding.
        int wanted = window == 1 ? 0 : (1 + layout.visualCount() - tokens) / (window * window - 1);
        return merge(cosines, Math.clamp(wanted, 0, cosines.length), layout);
    }

    /** For every whole window, row by row, the mean cosine between two different patches of it. */
    float[] cosines(Matrix patches, Layout layout) {
        Shapes.requireWholeGrid(layout, "mustdrop");
        Matrix unit = Vectors.normalisedRows(patches, 0);
        float[] out = new float[layout.rows() / window * (layout.cols() / window)];
        for (int w = 0; w < out.length; w++) {
            int[] members = members(w, layout.cols());
            double sum = 0;
            for (int i = 0; i < members.length; i++) {
                for (int j = 0; j < i; j++) {
                    sum += 2 * Vectors.dot(unit, members[i], unit, members[j]);
                }
            }
            out[w] = (float) (sum / Math.max(1, members.length * (members.length - 1)));
        }
        return out;
    }

    /** The merged windows, most alike first, each in the place of its last patch; then all other patches. */
    private Decision merge(float[] cosines, int count, Layout layout) {
        if (count == 0) {
            return new Decision.Unchanged();
        }
        MergeBuilder merge = new MergeBuilder();
        int[] gone = new int[count * window * window];
        int at = 0;
        for (int w : TopK.largest(cosines, count)) {
            int[] members = members(w, layout.cols());
            merge.mean(members[members.length - 1], members);
            System.arraycopy(members, 0, gone, at, members.length);
            at += members.length;
        }
        return merge.keep(TopK.others(layout.visualCount(), gone)).build();
    }

    private int[] members(int index, int cols) {
        int across = cols / window;
        int first = index / across * window * cols + index % across * window;
        int[] members = new int[window * window];
        for (int i = 0; i < members.length; i++) {
            members[i] = first + i / window * cols + i % window;
        }
        return members;
    }
}

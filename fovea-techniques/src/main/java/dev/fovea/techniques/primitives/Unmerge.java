package dev.fovea.techniques.primitives;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;

/** Gives every token of a merge its group's value back, so that a grid is complete again (ToMe, "unmerge"). */
public final class Unmerge {
    private Unmerge() {}

    /**
     * Spreads merged rows over the tokens they came from.
     *
     * @param merged {@code [groups, width]}: the tokens after the merge
     * @param merge what was merged
     * @param tokens how many tokens there were before
     * @return {@code [tokens, width]}; tokens of no group are zero
     */
    public static Matrix apply(Matrix merged, Decision.Merge merge, int tokens) {
        if (merged.rows() != merge.groups()) {
            throw new IllegalArgumentException(
                    "A merge into " + merge.groups() + " groups cannot be undone on " + merged.rows() + " tokens.");
        }
        float[] out = new float[tokens * merged.cols()];
        for (int g = 0; g < merge.groups(); g++) {
            for (int token : merge.members(g)) {
                if (token != Decision.CLS) {
                    System.arraycopy(merged.data(), g * merged.cols(), out, token * merged.cols(), merged.cols());
                }
            }
        }
        return new Matrix(tokens, merged.cols(), out);
    }
}

package dev.fovea.core.engine;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * Rows that belong to tokens and follow every decision about these. What they come to is computed where they are wanted,
 * so that nothing has to outlive the scope in which a decision is made.
 */
final class FollowingRows {
    private final Tensor rows;
    private final List<UnaryOperator<Tensor>> changes = new ArrayList<>();

    /** @param rows {@code [rows, width]}, in a scope that is open for as long as they are wanted */
    FollowingRows(Tensor rows) {
        this.rows = rows;
    }

    /** Rows are cut and merged as those of the tokens are. */
    void change(RowChange change) {
        changes.add(x -> RowChange.apply(x, new int[] {(int) x.size(0)}, new RowChange[] {change}));
    }

    /** So many rows come behind those that are there. They were not there before: they are 0. */
    void append(long count) {
        changes.add(x -> Tensors.cat(0, x, Tensors.zeros(DType.of(x.scalar_type()), count, x.size(1))));
    }

    /** The rows of the tokens that are there now. */
    Tensor now() {
        Tensor x = rows;
        for (UnaryOperator<Tensor> change : changes) {
            x = change.apply(x);
        }
        return x;
    }
}

package dev.fovea.core.model.contrastive;

import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.Norm;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The class token stands for the picture (CLIP, arXiv 2103.00020).
 *
 * @param norm of the class token, or null where the checkpoint holds no image tower
 * @param projection {@code [projection, width]}
 */
public record ClassTokenHead(@Nullable Norm norm, Linear projection) implements ImageHead {
    @Override
    public int width() {
        return (int) projection.inputs();
    }

    @Override
    public Tensor pictures(Tensor states, int[] lengths) {
        if (norm == null) {
            throw new IllegalStateException("This checkpoint lacks the norm behind its image tower");
        }
        int[] first = new int[lengths.length];
        for (int i = 1; i < first.length; i++) {
            first[i] = first[i - 1] + lengths[i - 1];
        }
        return projection.forward(norm.forward(states.index_select(0, Tensors.indices(first))));
    }

    /** The projection alone, as techniques that compare patches with a question use it. */
    @Override
    public Tensor patches(Tensor states) {
        return projection.forward(states);
    }
}

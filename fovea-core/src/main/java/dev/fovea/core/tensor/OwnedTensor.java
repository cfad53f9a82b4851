package dev.fovea.core.tensor;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * A tensor that outlives every {@link Scope} and is freed when its owner closes it: caches, features kept for later.
 * Closing twice does nothing.
 */
public final class OwnedTensor implements AutoCloseable {
    private final Tensor tensor;
    private boolean open = true;

    private OwnedTensor(Tensor tensor) {
        this.tensor = tensor;
    }

    /** Takes the tensor out of the innermost scope, which must be the one it was made in. */
    public static OwnedTensor of(Tensor tensor) {
        tensor.retainReference();
        PointerScope scope = PointerScope.getInnerScope();
        if (scope != null) {
            scope.detach(tensor);
        }
        return new OwnedTensor(tensor);
    }

    /**
     * The tensor; the owner may use it until it closes this.
     *
     * @throws IllegalStateException after {@link #close()}
     */
    public Tensor get() {
        if (!open) {
            throw new IllegalStateException("This tensor has been freed");
        }
        return tensor;
    }

    @Override
    public void close() {
        if (open) {
            open = false;
            tensor.releaseReference();
        }
    }
}

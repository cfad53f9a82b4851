package dev.fovea.core.tensor;

import java.util.Iterator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of code whose tensors are freed at its end, except those it {@linkplain #keep keeps}. Without a scope native
 * memory is freed whenever the garbage collector happens to run, which for tensors is far too late.
 *
 * <pre>{@code
 * try (Scope scope = Scope.inference()) {
 *     Tensor y = layer.forward(x);
 *     return scope.keep(y);
 * }
 * }</pre>
 *
 * <p>Confined to the thread that opened it.
 */
public final class Scope implements AutoCloseable {
    private final PointerScope scope;
    private final AutoGradMode gradients;

    private Scope(boolean gradients) {
        Natives.ensureLoaded();
        this.scope = new PointerScope();
        this.gradients = new AutoGradMode(gradients);
    }

    /** A scope without autograd. */
    public static Scope inference() {
        return new Scope(false);
    }

    /** A scope that records gradients. */
    public static Scope training() {
        return new Scope(true);
    }

    /** A scope inside another, which records gradients if that one does. */
    public static Scope inner() {
        Natives.ensureLoaded();
        return new Scope(GradMode.is_enabled());
    }

    /** Lets a tensor outlive this scope; an enclosing scope, if there is one, then owns it. */
    public Tensor keep(Tensor tensor) {
        tensor.retainReference();
        scope.detach(tensor);
        PointerScope outer = outer();
        if (outer != null) {
            outer.attach(tensor);
            tensor.releaseReference();
        }
        return tensor;
    }

    private @Nullable PointerScope outer() {
        Iterator<PointerScope> all = PointerScope.getScopeIterator();
        while (all != null && all.hasNext()) {
            PointerScope candidate = all.next();
            if (candidate != scope) {
                return candidate;
            }
        }
        return null;
    }

    @Override
    public void close() {
        gradients.close();
        scope.close();
    }
}

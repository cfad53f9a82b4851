package dev.fovea.core.learned;

import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.OwnedTensor;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The weights of a technique in memory, f32: the same tensor whenever it is asked for. Freed when closed. */
public final class OwnWeights implements Weights, AutoCloseable {
    private final String technique;
    private final Map<String, Tensor> tensors;
    private final List<OwnedTensor> owned;
    private final String prefix;

    private OwnWeights(String technique, Map<String, Tensor> tensors, List<OwnedTensor> owned, String prefix) {
        this.technique = technique;
        this.tensors = tensors;
        this.owned = owned;
        this.prefix = prefix;
    }

    /** Copies of these tensors. */
    public static OwnWeights copyOf(String technique, Map<String, Tensor> given) {
        Map<String, Tensor> copies = new HashMap<>();
        List<OwnedTensor> owned = new ArrayList<>();
        given.forEach((name, tensor) -> {
            try (Scope scope = Scope.inference()) {
                Tensor wide = Tensors.to(tensor.detach(), DType.F32);
                Tensor copy = wide.clone();
                owned.add(OwnedTensor.of(copy));
                copies.put(name, copy);
            }
        });
        return new OwnWeights(technique, copies, owned, "");
    }

    /** The declared initial values: a technique that nobody has trained. */
    public static OwnWeights initial(String technique, Declaration declaration, long seed) {
        try (Scope scope = Scope.inference()) {
            Map<String, Tensor> fresh = new HashMap<>();
            declaration.parameters().forEach(p -> fresh.put(p.name(), Tensors.of(p.initial(seed), p.sizes())));
            return copyOf(technique, fresh);
        }
    }

    @Override
    public DType dtype() {
        return DType.F32;
    }

    @Override
    public Weights under(String more) {
        return new OwnWeights(technique, tensors, owned, prefix + more);
    }

    @Override
    public boolean contains(String name) {
        return tensors.containsKey(prefix + name);
    }

    @Override
    public Tensor tensor(String name, long... shape) {
        @Nullable Tensor found = tensors.get(prefix + name);
        if (found == null || !Arrays.equals(shape, Tensors.shape(found))) {
            throw new IllegalArgumentException("Technique '" + technique + "' reads its weight '" + prefix + name
                    + "' with shape " + Arrays.toString(shape) + ", but declared "
                    + (found == null ? "none of that name" : Arrays.toString(Tensors.shape(found))) + ".");
        }
        return found;
    }

    @Override
    public Tensor stored(String name, long... shape) {
        return tensor(name, shape);
    }

    @Override
    public Tensor keep(Tensor tensor) {
        synchronized (owned) {
            owned.add(OwnedTensor.of(tensor));
        }
        return tensor;
    }

    @Override
    public void close() {
        synchronized (owned) {
            owned.forEach(OwnedTensor::close);
            owned.clear();
        }
    }
}

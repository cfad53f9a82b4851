package dev.fovea.core.model;

import dev.fovea.core.adapt.Addition;
import dev.fovea.core.adapt.Additions;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.tensor.DType;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The weights of a model with something added to some of them: a model made of these is the changed one, while the
 * original stays as it is. Sums are made once, when a tensor is taken; where what is added moves, they are part of the
 * graph and belong to the open scope.
 */
public final class AddedWeights implements Weights {
    private final Weights base;
    private final Map<String, Addition> additions;
    private final String prefix;

    private AddedWeights(Weights base, Map<String, Addition> additions, String prefix) {
        this.base = base;
        this.additions = additions;
        this.prefix = prefix;
    }

    /**
     * The sum of both. Make the model of it inside a scope, which takes what is left over from adding.
     *
     * @throws IllegalArgumentException with one sentence if something is added to a tensor that is not there
     */
    public static AddedWeights of(Weights base, Additions additions) {
        List<String> unknown = new TreeSet<>(additions.byName().keySet())
                .stream().filter(name -> !base.contains(name)).toList();
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("A plan changes the weights of '" + unknown.getFirst()
                    + "', which this model does not have; it was made for another one.");
        }
        return new AddedWeights(base, additions.byName(), "");
    }

    @Override
    public DType dtype() {
        return base.dtype();
    }

    @Override
    public @Nullable DType products() {
        return base.products();
    }

    @Override
    public Weights under(String more) {
        return new AddedWeights(base.under(more), additions, prefix + more);
    }

    @Override
    public boolean contains(String name) {
        return base.contains(name);
    }

    @Override
    public Tensor tensor(String name, long... shape) {
        return sum(name, base.tensor(name, shape));
    }

    @Override
    public Tensor stored(String name, long... shape) {
        return sum(name, base.stored(name, shape));
    }

    /** A map that nothing is added to is the original's, however its weights are held; a changed one is held in full. */
    @Override
    public Linear linear(String name, long out, long in, boolean bias) {
        boolean changed = Stream.of(".weight", ".bias").anyMatch(end -> additions.containsKey(prefix + name + end));
        return changed ? Weights.super.linear(name, out, in, bias) : base.linear(name, out, in, bias);
    }

    private Tensor sum(String name, Tensor original) {
        @Nullable Addition addition = additions.get(prefix + name);
        if (addition == null) {
            return original;
        }
        return keep(addition.onto(prefix + name, original));
    }

    /** What moves is kept by the scope of the step alone. */
    @Override
    public Tensor keep(Tensor tensor) {
        return tensor.requires_grad() ? tensor : base.keep(tensor);
    }
}

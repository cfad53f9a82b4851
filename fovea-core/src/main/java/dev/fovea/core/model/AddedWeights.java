package dev.fovea.core.model;

import dev.fovea.core.adapt.Addition;
import dev.fovea.core.adapt.Additions;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
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
    private static final List<String> PROJECTIONS = List.of("q_proj", "k_proj", "v_proj");

    /** Queries, keys and values that are stored as one. */
    private static final String FUSED = "qkv";

    private static final String WEIGHT = ".weight";

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
                .stream()
                        .filter(name -> !known(base, name, additions.byName().get(name)))
                        .toList();
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("A plan changes the weights of '" + unknown.getFirst()
                    + "', which this model does not have; it was made for another one.");
        }
        return new AddedWeights(base, additions.byName(), "");
    }

    /** Rows stand behind a table, and a projection may be a part of what is stored as one. */
    private static boolean known(Weights base, String name, @Nullable Addition addition) {
        if (addition instanceof Addition.Behind || base.contains(name)) {
            return true;
        }
        return PROJECTIONS.stream()
                .filter(projection -> name.endsWith(projection + WEIGHT))
                .anyMatch(projection -> base.contains(
                        name.substring(0, name.length() - (projection + WEIGHT).length()) + FUSED + WEIGHT));
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

    /** What is added to queries, keys or values by their names reaches their part of what is stored as one. */
    @Override
    public Linear linearPart(String name, int part, int parts, long out, long in, boolean bias) {
        Linear own = Weights.super.linearPart(name, part, parts, out, in, bias);
        boolean projections = name.endsWith(FUSED) && parts == PROJECTIONS.size();
        String named = projections
                ? prefix + name.substring(0, name.length() - FUSED.length()) + PROJECTIONS.get(part) + WEIGHT
                : "";
        @Nullable Addition addition = additions.get(named);
        return addition == null
                ? own
                : new Linear(keep(addition.onto(named, own.weight())), own.bias(), own.products());
    }

    private Tensor sum(String name, Tensor original) {
        @Nullable Addition addition = additions.get(prefix + name);
        if (addition == null) {
            return original;
        }
        return keep(addition.onto(prefix + name, original));
    }

    @Override
    public @Nullable Tensor more(String table) {
        if (!(additions.get(prefix + table + ".more") instanceof Addition.Behind behind)) {
            return base.more(table);
        }
        // Rows that are as they were given stay whose they are.
        boolean same = DType.of(behind.rows().scalar_type()) == dtype();
        return same ? behind.rows() : keep(Tensors.to(behind.rows(), dtype()));
    }

    /** What moves is kept by the scope of the step alone. */
    @Override
    public Tensor keep(Tensor tensor) {
        return tensor.requires_grad() ? tensor : base.keep(tensor);
    }
}

package dev.fovea.train.nn;

import dev.fovea.core.model.Rename;
import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Parameters as the weights of a network: it learns as they move. Make the network under a scope that records gradients,
 * so that what it takes apart when it is made (queries, keys and values that are stored as one) stays tied to them.
 */
public final class MovingWeights implements Weights {
    private final Parameters parameters;
    private final Map<String, String> names;
    private final String prefix;
    private final @Nullable DType products;

    private MovingWeights(Parameters parameters, Map<String, String> names, String prefix, @Nullable DType products) {
        this.parameters = parameters;
        this.names = names;
        this.prefix = prefix;
        this.products = products;
    }

    /**
     * Parameters whose names become canonical by these steps.
     *
     * @param precision in which matrices are multiplied
     * @throws IllegalArgumentException if two parameters get the same name
     */
    public static MovingWeights of(Parameters parameters, Precision precision, List<Rename> renames) {
        Map<String, String> names = new HashMap<>();
        for (Parameters.Entry e : parameters.entries()) {
            String canonical = Rename.all(renames, e.name());
            String other = names.put(canonical, e.name());
            if (other != null) {
                throw new IllegalArgumentException(
                        "Parameters '" + other + "' and '" + e.name() + "' are both '" + canonical + "'");
            }
        }
        return new MovingWeights(parameters, names, "", precision.products());
    }

    @Override
    public DType dtype() {
        return DType.F32;
    }

    @Override
    public @Nullable DType products() {
        return products;
    }

    @Override
    public Weights under(String more) {
        return new MovingWeights(parameters, names, prefix + more, products);
    }

    @Override
    public boolean contains(String name) {
        return names.containsKey(prefix + name);
    }

    @Override
    public Tensor tensor(String name, long... shape) {
        String own = names.get(prefix + name);
        if (own == null) {
            throw new IllegalArgumentException("There is no parameter for '" + prefix + name
                    + "', which the network asks for with shape " + Arrays.toString(shape));
        }
        Tensor t = parameters.get(own);
        if (!Arrays.equals(Tensors.shape(t), shape)) {
            throw new IllegalArgumentException("Parameter '" + own + "' has shape " + Arrays.toString(Tensors.shape(t))
                    + ", but the network asks for " + Arrays.toString(shape));
        }
        return t;
    }

    @Override
    public Tensor stored(String name, long... shape) {
        return tensor(name, shape);
    }

    @Override
    public Tensor keep(Tensor tensor) {
        return parameters.keep(tensor);
    }
}

package dev.fovea.train.nn;

import dev.fovea.core.learned.Declaration;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.OwnedTensor;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The trainable weights of a model, all f32 views into one flat buffer, their gradients likewise. One buffer makes an
 * optimiser step, gradient clipping and a checkpoint a handful of operations, however many layers there are.
 *
 * <p>Declare every parameter, then {@link #freeze()}; initial values depend only on the seed and the name.
 */
public final class Parameters implements AutoCloseable {

    /** How a parameter starts. */
    public sealed interface Init {
        record Normal(double std) implements Init {}

        record Constant(double value) implements Init {}

        record Grid(int side, double amplitude) implements Init {}

        /** As a technique declares it. */
        record Declared(Declaration.Parameter parameter) implements Init {}
    }

    /**
     * One parameter's place in the buffer.
     *
     * @param name its name in the checkpoint
     * @param offset first element in the flat buffer
     * @param decays whether weight decay applies (matrices yes, norms, biases and embeddings of positions no)
     * @param hidden whether it is a hidden weight matrix (orthogonalised updates may apply)
     */
    public record Entry(String name, long[] shape, long offset, long size, Init init, boolean decays, boolean hidden) {}

    private final long seed;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final List<OwnedTensor> kept = new ArrayList<>();
    private long total;
    private @Nullable Tensor values;
    private @Nullable Tensor gradients;

    /**
     * No parameters yet.
     *
     * @param seed of the initial values
     */
    public Parameters(long seed) {
        this.seed = seed;
    }

    /**
     * The tensors of a checkpoint, ready to move: f32 copies, under the names of the file. Matrices decay; none is
     * orthogonalised.
     */
    public static Parameters of(Checkpoint checkpoint) {
        return of(checkpoint, name -> false);
    }

    /**
     * The same.
     *
     * @param hidden which matrices may be orthogonalised, by the names of the file
     */
    public static Parameters of(Checkpoint checkpoint, Predicate<String> hidden) {
        Parameters p = new Parameters(0);
        for (String name : checkpoint.names()) {
            long[] shape = checkpoint.info(name).sizes();
            p.declare(name, new Init.Constant(0), shape.length > 1, shape.length == 2 && hidden.test(name), shape);
        }
        p.freeze();
        try (Scope scope = Scope.inference()) {
            p.tensors.forEach((name, own) -> own.detach().copy_(checkpoint.tensor(name)));
        }
        return p;
    }

    /** Declares a hidden matrix {@code [out, in]}. */
    public void matrix(String name, long out, long in, double std) {
        declare(name, new Init.Normal(std), true, true, out, in);
    }

    /** Declares an embedding table or an output matrix: decays, but is no hidden matrix. */
    public void table(String name, double std, long... shape) {
        declare(name, new Init.Normal(std), true, false, shape);
    }

    /** Declares a vector with one starting value: norms, biases. */
    public void vector(String name, double value, long size) {
        declare(name, new Init.Constant(value), false, false, size);
    }

    /**
     * Declares one vector for a leading token and one for each cell of a grid, row by row: {@code [1 + side * side,
     * width]}. The cells' start as sines and cosines of column and row (half the channels each, wavelengths from 2π to
     * 10,000 * 2π as in the Transformer), so that places and offsets can be read off linearly from the first step; the
     * leading one starts at 0.
     */
    public void grid(String name, double amplitude, int side, int width) {
        declare(name, new Init.Grid(side, amplitude), false, false, 1 + (long) side * side, width);
    }

    /** Declares the parameters of a technique; those of two dimensions decay. */
    public void declare(Declaration declaration) {
        for (Declaration.Parameter p : declaration.parameters()) {
            declare(p.name(), new Init.Declared(p), p.sizes().length > 1, false, p.sizes());
        }
    }

    private void declare(String name, Init init, boolean decays, boolean hidden, long... shape) {
        if (values != null) {
            throw new IllegalStateException("Parameter '" + name + "' is declared after the others were allocated");
        }
        long size = 1;
        for (long s : shape) {
            size *= s;
        }
        Entry old = entries.putIfAbsent(name, new Entry(name, shape, total, size, init, decays, hidden));
        if (old != null) {
            throw new IllegalArgumentException("Parameter '" + name + "' is declared twice");
        }
        total += size;
    }

    /** Allocates and initialises everything declared. */
    public Parameters freeze() {
        try (Scope scope = Scope.inference()) {
            Tensor flat = scope.keep(Tensors.zeros(DType.F32, total));
            Tensor flatGradients = scope.keep(Tensors.zeros(DType.F32, total));
            values = flat;
            gradients = flatGradients;
            for (Entry e : entries.values()) {
                Tensor view = flat.narrow(0, e.offset(), e.size()).view(e.shape());
                view.copy_(initial(e));
                Tensor leaf = view.detach().set_requires_grad(true);
                leaf.mutable_grad()
                        .put(flatGradients.narrow(0, e.offset(), e.size()).view(e.shape()));
                tensors.put(e.name(), scope.keep(leaf));
            }
        }
        return this;
    }

    private Tensor initial(Entry e) {
        float[] data = new float[Math.toIntExact(e.size())];
        switch (e.init()) {
            case Init.Constant c -> Arrays.fill(data, (float) c.value());
            case Init.Grid g -> Waves.fill(data, g.side(), g.amplitude());
            case Init.Declared d -> data = d.parameter().initial(seed);
            case Init.Normal n -> {
                SplittableRandom random = new SplittableRandom(seed ^ (e.name().hashCode() * 0x9E3779B97F4A7C15L));
                for (int i = 0; i < data.length; i++) {
                    data[i] = (float) (n.std() * random.nextGaussian());
                }
            }
        }
        return Tensors.of(data, e.shape());
    }

    /** A parameter by name. */
    public Tensor get(String name) {
        Tensor t = tensors.get(name);
        if (t == null) {
            throw new IllegalArgumentException("There is no parameter '" + name + "'");
        }
        return t;
    }

    /** All parameters, in the order of their declaration. */
    public List<Entry> entries() {
        return Collections.unmodifiableList(new ArrayList<>(entries.values()));
    }

    /** Number of values. */
    public long size() {
        return total;
    }

    /** All values, {@code [size]}; changing them changes the parameters. */
    public Tensor values() {
        return allocated(values);
    }

    /** All gradients, {@code [size]}. */
    public Tensor gradients() {
        return allocated(gradients);
    }

    private static Tensor allocated(@Nullable Tensor t) {
        if (t == null) {
            throw new IllegalStateException("The parameters are not allocated yet");
        }
        return t;
    }

    /** {@code [size]}: {@code yes} where the entry passes the test, {@code no} elsewhere. */
    public float[] mask(Predicate<Entry> test, float yes, float no) {
        float[] mask = new float[Math.toIntExact(total)];
        for (Entry e : entries.values()) {
            Arrays.fill(mask, (int) e.offset(), (int) (e.offset() + e.size()), test.test(e) ? yes : no);
        }
        return mask;
    }

    /** Makes all gradients 0. */
    public void zeroGradients() {
        gradients().zero_();
    }

    /** Parameters by name, for saving. */
    public Map<String, Tensor> asMap() {
        return Collections.unmodifiableMap(tensors);
    }

    /** Keeps a tensor made of these for as long as they are there. */
    Tensor keep(Tensor tensor) {
        kept.add(OwnedTensor.of(tensor));
        return tensor;
    }

    @Override
    public void close() {
        kept.forEach(OwnedTensor::close);
        tensors.values().forEach(Tensor::close);
        if (values != null && gradients != null) {
            values.close();
            gradients.close();
        }
    }
}

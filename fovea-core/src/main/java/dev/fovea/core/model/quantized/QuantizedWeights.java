package dev.fovea.core.model.quantized;

import dev.fovea.core.kernel.Int4Matrix;
import dev.fovea.core.kernel.Int8Matrix;
import dev.fovea.core.kernel.QuantizedMatrix;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.model.MappedWeights;
import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.CheckpointException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The weights of a checkpoint, of whose linear maps some are held in few bits: those that lie so in the file, and those
 * of the language model's layers if asked for. Each is made when it is taken, one after the other, and what it was made
 * of leaves memory again. A model that is made twice shares them.
 */
public final class QuantizedWeights implements Weights {
    private static final Pattern IN_LAYERS = Pattern.compile("text\\.layers\\.[0-9]+\\..*");

    private final MappedWeights base;
    private final @Nullable Quantization asked;
    private final @Nullable Quantization described;
    private final String prefix;
    private final Map<String, QuantizedMatrix> made;

    private QuantizedWeights(
            MappedWeights base,
            @Nullable Quantization asked,
            @Nullable Quantization described,
            String prefix,
            Map<String, QuantizedMatrix> made) {
        this.base = base;
        this.asked = asked;
        this.described = described;
        this.prefix = prefix;
        this.made = made;
    }

    /**
     * The weights of a checkpoint.
     *
     * @param asked how weights are held that lie as numbers in the file; null as they are
     * @param described how the configuration says that weights lie; null as numbers
     * @throws CheckpointException with one sentence if weights of few bits are asked for in others
     */
    public static QuantizedWeights of(
            MappedWeights base, @Nullable Quantization asked, @Nullable Quantization described) {
        if (asked != null && described != null && !asked.equals(described)) {
            throw new CheckpointException(base.path() + " holds weights as " + described + ", which cannot be made "
                    + asked + "; give the checkpoint that it was made from");
        }
        return new QuantizedWeights(base, asked, described, "", new ConcurrentHashMap<>());
    }

    /**
     * Makes sure, once a model has been made, that weights lie as the configuration says.
     *
     * @throws CheckpointException with one sentence if none does
     */
    public void requireDescribed() {
        if (described != null && made.isEmpty()) {
            throw new CheckpointException(
                    base.path() + " holds no weights in few bits, but config.json says that they are " + described
                            + "; take both from the same checkpoint");
        }
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
        return new QuantizedWeights(base.under(more), asked, described, prefix + more, made);
    }

    @Override
    public boolean contains(String name) {
        return base.contains(name) || Stored.of(base, name) != null;
    }

    /** Of codes the numbers that they stand for. */
    @Override
    public Tensor tensor(String name, long... shape) {
        Stored stored = Stored.of(base, name);
        return stored == null ? base.tensor(name, shape) : keep(stored.dense(base, shape, base.dtype()));
    }

    @Override
    public Tensor stored(String name, long... shape) {
        Stored stored = Stored.of(base, name);
        return stored == null ? base.stored(name, shape) : tensor(name, shape);
    }

    @Override
    public Tensor keep(Tensor tensor) {
        return base.keep(tensor);
    }

    @Override
    public Linear linear(String name, long out, long in, boolean bias) {
        String weight = name + ".weight";
        Stored stored = Stored.of(base, weight);
        if (stored != null) {
            return map(stored(stored, prefix + name, out, in), name, bias);
        }
        return asked == null || !covers(prefix + name)
                ? base.linear(name, out, in, bias)
                : map(quantized(weight, prefix + name, out, in, asked), name, bias);
    }

    private Linear map(QuantizedMatrix matrix, String name, boolean bias) {
        return new Linear(matrix, bias ? tensor(name + ".bias", matrix.outputs()) : null);
    }

    private QuantizedMatrix stored(Stored stored, String canonical, long out, long in) {
        return made.computeIfAbsent(canonical, n -> stored.matrix(base, out, in, described));
    }

    private QuantizedMatrix quantized(String weight, String canonical, long out, long in, Quantization as) {
        return made.computeIfAbsent(canonical, n -> make(weight, out, in, as));
    }

    /** Whether a map of this canonical name is in a layer of the language model. */
    static boolean covers(String name) {
        return IN_LAYERS.matcher(name).matches();
    }

    private QuantizedMatrix make(String weight, long out, long in, Quantization as) {
        Codes.requireWholeGroups(prefix + weight, in, as);
        try (Scope ignored = Scope.inference()) {
            Tensor numbers = base.fleeting(weight, out, in);
            if (as.bits() == 4) {
                Int4Codes codes = Int4Codes.of(numbers, as.group());
                return Int4Matrix.of(codes.words(), codes.scales(), base::keep);
            }
            Int8Codes codes = Int8Codes.of(numbers);
            return Int8Matrix.of(
                    codes.codes(),
                    Tensors.to(codes.scales(), DType.F32).view(-1),
                    () -> Int8Codes.of(base.fleeting(weight, out, in)).codes(),
                    base::keep);
        } finally {
            base.forget(weight);
        }
    }
}

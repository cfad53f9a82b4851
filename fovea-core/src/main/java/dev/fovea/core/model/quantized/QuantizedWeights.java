package dev.fovea.core.model.quantized;

import dev.fovea.core.kernel.Int8Matrix;
import dev.fovea.core.kernel.QuantizedMatrix;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.model.MappedWeights;
import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
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
    private final String prefix;
    private final Map<String, QuantizedMatrix> made;

    private QuantizedWeights(
            MappedWeights base, @Nullable Quantization asked, String prefix, Map<String, QuantizedMatrix> made) {
        this.base = base;
        this.asked = asked;
        this.prefix = prefix;
        this.made = made;
    }

    /**
     * The weights of a checkpoint.
     *
     * @param asked how weights are held that lie as numbers in the file; null as they are
     */
    public static QuantizedWeights of(MappedWeights base, @Nullable Quantization asked) {
        return new QuantizedWeights(base, asked, "", new ConcurrentHashMap<>());
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
        return new QuantizedWeights(base.under(more), asked, prefix + more, made);
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
        if (stored == null && (asked == null || !covers(prefix + name))) {
            return base.linear(name, out, in, bias);
        }
        QuantizedMatrix matrix = made.computeIfAbsent(
                prefix + name, n -> stored == null ? make(weight, out, in) : stored.matrix(base, out, in));
        return new Linear(matrix, bias ? tensor(name + ".bias", out) : null);
    }

    private static boolean covers(String name) {
        return IN_LAYERS.matcher(name).matches();
    }

    private QuantizedMatrix make(String weight, long out, long in) {
        try (Scope ignored = Scope.inference()) {
            return int8(weight, out, in);
        } finally {
            base.forget(weight);
        }
    }

    private QuantizedMatrix int8(String weight, long out, long in) {
        Int8Codes made = Int8Codes.of(base.fleeting(weight, out, in));
        return Int8Matrix.of(
                made.codes(),
                Tensors.to(made.scales(), DType.F32).view(-1),
                () -> Int8Codes.of(base.fleeting(weight, out, in)).codes(),
                base::keep);
    }
}

package dev.fovea.cli.speed;

import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.OwnedTensor;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Weights that are drawn when first asked for; of the layers of a part only few have their own. */
final class RandomWeights implements Weights, AutoCloseable {
    private static final Pattern LAYER = Pattern.compile("(vision|text)\\.layers\\.(\\d+)\\.");
    private static final int SEED_ROWS = 64;
    private static final double SPREAD = 0.02;

    private final DType dtype;
    private final int distinct;
    private final String prefix;
    private final Map<String, OwnedTensor> drawn;

    /** @param distinct layers of the language model that have weights of their own; the encoder has one */
    RandomWeights(DType dtype, int distinct) {
        this(dtype, distinct, "", new HashMap<>());
    }

    private RandomWeights(DType dtype, int distinct, String prefix, Map<String, OwnedTensor> drawn) {
        this.dtype = dtype;
        this.distinct = distinct;
        this.prefix = prefix;
        this.drawn = drawn;
    }

    @Override
    public DType dtype() {
        return dtype;
    }

    @Override
    public Weights under(String more) {
        return new RandomWeights(dtype, distinct, prefix + more, drawn);
    }

    @Override
    public boolean contains(String name) {
        return !name.contains("qkv");
    }

    @Override
    public Tensor tensor(String name, long... shape) {
        Matcher layer = LAYER.matcher(prefix + name);
        String own = layer.replaceFirst(m -> {
            int index = m.group(1).equals("vision") ? 0 : Integer.parseInt(m.group(2)) % distinct;
            return m.group(1) + ".layers." + index + ".";
        });
        boolean norm = own.contains("norm") && own.endsWith(".weight");
        return drawn.computeIfAbsent(own + Arrays.toString(shape), n -> norm ? ones(shape) : random(shape))
                .get();
    }

    @Override
    public Tensor stored(String name, long... shape) {
        return tensor(name, shape);
    }

    @Override
    public Tensor keep(Tensor tensor) {
        drawn.put("kept " + drawn.size(), OwnedTensor.of(tensor));
        return tensor;
    }

    private OwnedTensor ones(long... shape) {
        return OwnedTensor.of(Tensors.full(1, dtype, shape));
    }

    /** Random rows, repeated where there are many: drawing two hundred million numbers a layer would take longest. */
    private OwnedTensor random(long... shape) {
        try (Scope scope = Scope.inference()) {
            long rows = Math.min(shape[0], SEED_ROWS);
            long[] part = shape.clone();
            part[0] = rows;
            Tensor seed = Tensors.to(Tensors.scale(torch.randn(part), SPREAD), dtype);
            Tensor whole = Tensors.empty(dtype, shape);
            for (long at = 0; at < shape[0]; at += rows) {
                long length = Math.min(rows, shape[0] - at);
                whole.narrow(0, at, length).copy_(seed.narrow(0, 0, length));
            }
            return OwnedTensor.of(whole);
        }
    }

    @Override
    public void close() {
        drawn.values().forEach(OwnedTensor::close);
    }
}

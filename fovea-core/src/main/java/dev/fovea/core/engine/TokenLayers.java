package dev.fovea.core.engine;

import dev.fovea.core.kernel.RowInput;
import dev.fovea.core.kernel.RowMap;
import dev.fovea.core.kernel.TokenActivation;
import dev.fovea.core.kernel.TokenAttention;
import dev.fovea.core.kernel.TokenNorm;
import dev.fovea.core.layer.Activation;
import dev.fovea.core.layer.GatedMlp;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.Norm;
import dev.fovea.core.layer.OffsetRmsNorm;
import dev.fovea.core.layer.RmsNorm;
import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.model.language.DecoderLayer;
import dev.fovea.core.model.language.SelfAttention;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The layers of a language model as {@link TokenPass} reads them: weights where they lie, norms on the heap.
 *
 * @param layers in order
 * @param norm before the head
 * @param head of the model's own words; null where the decoder makes logits by itself
 * @param kinds one map of each form that there is
 * @param most rows of a pass: small layers are quick for any number; of large ones, for several rows, libtorch's products
 *     are as quick
 * @param widest inputs of a map, at most
 */
record TokenLayers(
        Decoder decoder,
        List<Layer> layers,
        TokenNorm norm,
        @Nullable RowMap head,
        List<RowMap> kinds,
        int most,
        int widest) {

    /**
     * One layer.
     *
     * @param queryNorm over the queries of a head, or null
     * @param keyNorm over its keys, or null
     * @param mixerOutNorm over what the mixer adds, or null
     * @param mlpOutNorm over what the MLP adds, or null
     * @param window how many tokens the last one sees, itself included; 0 where it sees all
     */
    record Layer(
            TokenNorm mixerNorm,
            RowMap query,
            RowMap key,
            RowMap value,
            @Nullable TokenNorm queryNorm,
            @Nullable TokenNorm keyNorm,
            TokenAttention.Heads heads,
            RotaryEmbedding rotary,
            int window,
            RowMap out,
            @Nullable TokenNorm mixerOutNorm,
            TokenNorm mlpNorm,
            RowMap gate,
            RowMap up,
            TokenActivation activation,
            RowMap down,
            @Nullable TokenNorm mlpOutNorm) {

        private Stream<RowMap> maps() {
            return Stream.of(query, key, value, out, gate, up, down);
        }
    }

    /** Made when it is first asked for. */
    static final class Later {
        private final Decoder decoder;
        private @Nullable TokenLayers layers;
        private boolean made;

        Later(Decoder decoder) {
            this.decoder = decoder;
        }

        /** Null where this JVM, or this model, has something that there are no loops for. */
        @Nullable
        synchronized TokenLayers get() {
            if (!made) {
                layers = of(decoder);
                made = true;
            }
            return layers;
        }
    }

    static @Nullable TokenLayers of(Decoder decoder) {
        if (!TokenAttention.has(decoder.dtype())) {
            return null;
        }
        TokenNorm norm = norm(decoder.norm(), decoder.dtype());
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < decoder.layers().size(); i++) {
            Layer layer = layer(decoder, i);
            if (layer == null) {
                return null;
            }
            layers.add(layer);
        }
        boolean capped = decoder.options().variant().logitCap() != 0;
        RowMap head = capped ? null : map(decoder.head(), decoder.dtype());
        boolean large = layers.stream().flatMap(Layer::maps).anyMatch(RowMap::isLarge);
        return norm == null
                ? null
                : new TokenLayers(
                        decoder,
                        layers,
                        norm,
                        head,
                        kinds(layers, head),
                        large ? 1 : Integer.MAX_VALUE,
                        widest(decoder, layers));
    }

    private static int widest(Decoder decoder, List<Layer> layers) {
        return layers.stream()
                .flatMap(Layer::maps)
                .mapToInt(RowMap::inputs)
                .max()
                .orElse(decoder.options().width());
    }

    private static List<RowMap> kinds(List<Layer> layers, @Nullable RowMap head) {
        Map<RowInput.Form, RowMap> kinds = new EnumMap<>(RowInput.Form.class);
        layers.stream().flatMap(Layer::maps).forEach(map -> kinds.put(map.form(), map));
        if (head != null) {
            kinds.put(head.form(), head);
        }
        return List.copyOf(kinds.values());
    }

    private static @Nullable Layer layer(Decoder decoder, int index) {
        DType dtype = decoder.dtype();
        DecoderLayer layer = decoder.layers().get(index);
        SelfAttention attention = layer.attention();
        if (!(layer.mlp() instanceof GatedMlp mlp)) {
            return null;
        }
        TokenNorm mixerNorm = norm(layer.mixerNorm(), dtype);
        TokenNorm mlpNorm = norm(layer.mlpNorm(), dtype);
        RowMap query = map(attention.query(), dtype);
        RowMap key = map(attention.key(), dtype);
        RowMap value = map(attention.value(), dtype);
        RowMap out = map(attention.out(), dtype);
        RowMap gate = map(mlp.gate(), dtype);
        RowMap up = map(mlp.up(), dtype);
        RowMap down = map(mlp.down(), dtype);
        TokenActivation activation = activation(mlp.activation());
        if (mixerNorm == null || mlpNorm == null || activation == null || !allNorms(layer)) {
            return null;
        }
        if (query == null || key == null || value == null || out == null) {
            return null;
        }
        boolean alike = query.form() == key.form() && key.form() == value.form();
        if (gate == null || up == null || down == null || !alike || gate.form() != up.form()) {
            return null;
        }
        return new Layer(
                mixerNorm,
                query,
                key,
                value,
                norm(attention.queryNorm(), dtype),
                norm(attention.keyNorm(), dtype),
                new TokenAttention.Heads(
                        attention.heads(),
                        attention.kvHeads(),
                        query.outputs() / attention.heads(),
                        attention.scale(),
                        attention.cap()),
                decoder.options().rotary(index),
                attention.window(),
                out,
                norm(layer.mixerOutNorm(), dtype),
                mlpNorm,
                gate,
                up,
                activation,
                down,
                norm(layer.mlpOutNorm(), dtype));
    }

    private static boolean allNorms(DecoderLayer layer) {
        SelfAttention attention = layer.attention();
        return Stream.of(layer.mixerOutNorm(), layer.mlpOutNorm(), attention.queryNorm(), attention.keyNorm())
                .allMatch(norm -> norm == null || norm(norm, DType.F32) != null);
    }

    private static @Nullable TokenNorm norm(@Nullable Norm norm, DType dtype) {
        if (norm instanceof RmsNorm rms && fixed(rms.weight())) {
            return new TokenNorm(Tensors.floats(Tensors.to(rms.weight(), dtype)), rms.eps(), false, dtype);
        }
        if (norm instanceof OffsetRmsNorm rms && fixed(rms.weight())) {
            return new TokenNorm(Tensors.floats(rms.weight()), rms.eps(), true, dtype);
        }
        return null;
    }

    /** Weights that are learned change, and are not copied. */
    private static boolean fixed(Tensor weight) {
        return !weight.requires_grad();
    }

    private static @Nullable RowMap map(Linear linear, DType dtype) {
        Tensor bias = linear.bias();
        if (linear.products() != null || (bias != null && !fixed(bias))) {
            return null;
        }
        return switch (linear.numbers()) {
            case Linear.Matrix.Dense dense ->
                DType.of(dense.weight().scalar_type()) == dtype ? RowMap.of(dense.weight(), bias) : null;
            case Linear.Matrix.Quantized quantized -> RowMap.of(quantized.codes(), bias, dtype);
        };
    }

    private static @Nullable TokenActivation activation(Activation activation) {
        return switch (activation) {
            case SILU -> TokenActivation.SILU;
            case GELU_TANH -> TokenActivation.GELU_TANH;
            case RELU -> TokenActivation.RELU;
            case GELU, QUICK_GELU -> null;
        };
    }

    /** Begins to compile the loops in the background. */
    void prepare() {
        TokenAttention.prepare(decoder.dtype());
        kinds.forEach(RowMap::prepare);
    }

    /**
     * Whether the loops may be used for so many rows; waits for the compiler: what a model answers must not depend on how
     * far the compiler was.
     */
    boolean ready(int rows) {
        return rows <= most
                && TokenAttention.ready(decoder.dtype())
                && kinds.stream().allMatch(RowMap::ready);
    }
}

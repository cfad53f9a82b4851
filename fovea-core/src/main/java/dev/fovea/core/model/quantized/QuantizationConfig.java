package dev.fovea.core.model.quantized;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.message.Printable;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.weights.CheckpointException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code config.json} says of weights in few bits, in the words of the library compressed-tensors: symmetric whole
 * numbers, in eight bits with a scale to each output ({@code int-quantized}) or in four bits with a scale to each group
 * ({@code pack-quantized}).
 */
public final class QuantizationConfig {
    static final String KEY = "quantization_config";

    private static final String METHOD = "compressed-tensors";
    private static final String EIGHT = "int-quantized";
    private static final String FOUR = "pack-quantized";

    /**
     * The modules whose weights lie in few bits, by a pattern: what modules are called is not what tensors are called in
     * files of all generations, and a list of all others would have to hold either.
     */
    private static final String TARGETS =
            "re:^(?!.*vis(ion|ual)).*layers\\.\\d+\\.(self_attn\\.[qkvo]_proj|mlp\\.(gate|up|down)_proj)$";

    private QuantizationConfig() {}

    /** Whether a configuration says that weights are quantised by the library whose layout is read here. */
    public static boolean isIn(ModelConfig config) {
        return METHOD.equals(config.node().path(KEY).path("quant_method").asText(""));
    }

    /**
     * How weights lie that a configuration, or the language model's in it, describes; null if they lie as numbers.
     *
     * @throws CheckpointException with one sentence if they lie in a form that is not read here
     */
    public static @Nullable Quantization read(ModelConfig config) {
        for (ModelConfig at : List.of(config, config.child("text_config"))) {
            if (isIn(at)) {
                return parse(at);
            }
        }
        return null;
    }

    private static Quantization parse(ModelConfig config) {
        JsonNode all = config.node().path(KEY);
        JsonNode groups = all.path("config_groups");
        String format = all.path("format").asText("");
        if (groups.size() != 1) {
            throw refusal(config, groups.size() + " groups of layers");
        }
        JsonNode weights = groups.elements().next().path("weights");
        int bits = weights.path("num_bits").asInt(0);
        boolean plain = weights.path("type").asText("").equals("int")
                && weights.path("symmetric").asBoolean(false)
                && !weights.path("dynamic").asBoolean(false)
                && !weights.path("actorder").asText("").equals("group");
        String strategy = weights.path("strategy").asText("");
        int group = weights.path("group_size").asInt(0);
        if (plain && bits == 8 && format.equals(EIGHT) && strategy.equals("channel")) {
            return Quantization.INT8;
        }
        if (plain
                && bits == 4
                && format.equals(FOUR)
                && strategy.equals("group")
                && Quantization.GROUPS.contains(group)) {
            return Quantization.int4(group);
        }
        throw refusal(
                config,
                (format.isEmpty() ? "no format" : "the format " + Printable.of(format)) + " with " + bits + " bits"
                        + (strategy.isEmpty() ? "" : " by " + Printable.of(strategy))
                        + (group == 0 ? "" : " of " + group));
    }

    private static CheckpointException refusal(ModelConfig config, String what) {
        return new CheckpointException(config.file() + ": '" + config.path() + KEY
                + "' describes weights that Fovea does"
                + " not open: " + what + "; it opens symmetric whole numbers, " + EIGHT + " in 8 bits by channel and "
                + FOUR + " in 4 bits by group of 32, 64 or 128");
    }

    /** The description of weights. */
    static ObjectNode write(Quantization quantization) {
        boolean eight = quantization.bits() == 8;
        ObjectNode all = JsonNodeFactory.instance.objectNode();
        all.put("quant_method", METHOD);
        all.put("format", eight ? EIGHT : FOUR);
        all.put("quantization_status", "compressed");
        all.putArray("ignore");
        ObjectNode group = all.putObject("config_groups").putObject("group_0");
        group.putArray("targets").add(TARGETS);
        ObjectNode weights =
                scheme(group.putObject("weights"), quantization.bits(), eight ? "channel" : "group", false);
        if (eight) {
            scheme(group.putObject("input_activations"), quantization.bits(), "token", true);
        } else {
            weights.put("group_size", quantization.group());
        }
        return all;
    }

    private static ObjectNode scheme(ObjectNode node, int bits, String strategy, boolean dynamic) {
        return node.put("num_bits", bits)
                .put("type", "int")
                .put("symmetric", true)
                .put("strategy", strategy)
                .put("dynamic", dynamic);
    }
}

package dev.fovea.cli.speed;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.tensor.DType;
import java.nio.file.Path;
import org.bytedeco.pytorch.global.torch;

/**
 * LLaVA-1.5-7B in size, with random weights and few layers: the language model has three layers of its own, which take
 * turns when more are asked for; the encoder's 24 layers share one. What is timed does not depend on values.
 */
final class RandomLlava implements AutoCloseable {
    /** Layers of the language model of the real one. */
    static final int LAYERS = 32;

    static final int WIDTH = 4096;
    static final int MLP = 11008;
    static final int HEADS = 32;
    static final int VISUAL = 576;
    static final int IMAGE_TOKEN = 32000;
    static final int VOCABULARY = 32064;
    static final int SIDE = 336;

    private static final int DISTINCT = 3;
    private static final int SLENDER = 256;

    private final DType dtype;
    private final RandomWeights weights;

    RandomLlava(DType dtype) {
        this.dtype = dtype;
        torch.manual_seed(1);
        this.weights = new RandomWeights(dtype, DISTINCT);
        withLayers(DISTINCT);
    }

    /** The model with this many layers in its language model. */
    ModelParts withLayers(int count) {
        return with(count, MLP);
    }

    /** All layers, but hardly an MLP in them: for what is timed beside it, in a third of the time. */
    ModelParts withoutMlp() {
        return with(LAYERS, SLENDER);
    }

    private ModelParts with(int count, int mlp) {
        ObjectNode root = new ObjectMapper().createObjectNode();
        root.put("model_type", "llava").put("image_token_index", IMAGE_TOKEN);
        root.putObject("vision_config")
                .put("hidden_size", 1024)
                .put("intermediate_size", 4096)
                .put("num_hidden_layers", 24)
                .put("num_attention_heads", 16)
                .put("image_size", SIDE)
                .put("patch_size", 14);
        root.putObject("text_config")
                .put("hidden_size", WIDTH)
                .put("intermediate_size", mlp)
                .put("num_hidden_layers", count)
                .put("num_attention_heads", HEADS)
                .put("vocab_size", VOCABULARY)
                .put("max_position_embeddings", 4096)
                .put("rms_norm_eps", 1e-5);
        return Families.of(new ModelConfig(Path.of("config.json"), "", root))
                .description()
                .load(weights, null);
    }

    DType dtype() {
        return dtype;
    }

    /** Weights of one layer of the language model. */
    static long layerWeights() {
        return 4L * WIDTH * WIDTH + 3L * WIDTH * MLP;
    }

    /** Floating-point operations of one layer on so many tokens, causal attention included. */
    static double layerOperations(int count) {
        return 2.0 * count * layerWeights() + 2.0 * count * count * WIDTH;
    }

    @Override
    public void close() {
        weights.close();
    }
}

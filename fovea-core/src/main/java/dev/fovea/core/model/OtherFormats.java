package dev.fovea.core.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.message.Printable;
import dev.fovea.core.model.quantized.QuantizationConfig;
import dev.fovea.core.weights.CheckpointException;
import java.util.stream.Stream;

/** Checkpoints of models that Fovea runs, in a form that it does not open: what they are, and where the other form is. */
public final class OtherFormats {
    private OtherFormats() {}

    /**
     * Says what a checkpoint is, if it is in the layout of LLaVA's or InternVL's first authors or its weights are
     * quantised in a way that is not read here.
     *
     * @throws CheckpointException in these cases
     */
    public static void refuse(ModelConfig config) {
        refuseOriginalLayout(config);
        refuseOriginalInternVl(config);
        refuseQuantised(config);
        refuseQuantised(config.child("text_config"));
        QuantizationConfig.read(config);
    }

    /** Their configuration is that of the language model, with keys of the encoder among its own. */
    private static void refuseOriginalLayout(ModelConfig config) {
        boolean original = (config.has("mm_vision_tower") || config.has("mm_projector_type"))
                && !config.has("vision_config")
                && !config.has("text_config");
        if (!original) {
            return;
        }
        boolean tiled = config.has("image_grid_pinpoints") || config.has("mm_patch_merge_type");
        boolean oneVision = config.node().path("image_aspect_ratio").asText("").startsWith("anyres_max")
                || config.node().path("mm_vision_tower").asText("").contains("siglip");
        String converted = tiled
                ? "llava-hf/llava-v1.6-vicuna-7b-hf and llava-hf/llava-v1.6-mistral-7b-hf"
                : "llava-hf/llava-1.5-7b-hf and llava-hf/llava-1.5-13b-hf";
        throw new CheckpointException(config.file().toAbsolutePath().getParent()
                + " is in the original LLaVA layout ('mm_vision_tower' in "
                + config.file().getFileName()
                + "), which must be converted to Hugging Face's first; "
                + (oneVision
                        ? "llava-hf/llava-onevision-qwen2-0.5b-ov-hf and llava-hf/llava-onevision-qwen2-7b-ov-hf"
                        : converted)
                + " on huggingface.co are converted ones");
    }

    private static void refuseOriginalInternVl(ModelConfig config) {
        if (config.node().path("model_type").asText("").equals("internvl_chat")) {
            throw new CheckpointException(config.file().toAbsolutePath().getParent()
                    + " is in the original InternVL layout ('internvl_chat' in "
                    + config.file().getFileName()
                    + "), which must be converted to Hugging Face's first; OpenGVLab/InternVL3-1B-hf and"
                    + " OpenGVLab/InternVL3-8B-hf on huggingface.co are converted ones");
        }
    }

    private static void refuseQuantised(ModelConfig config) {
        JsonNode quantisation = config.node().path("quantization_config");
        if (quantisation.isMissingNode() || quantisation.isNull() || QuantizationConfig.isIn(config)) {
            return;
        }
        String method = quantisation.path("quant_method").asText("");
        String bits = Stream.of("bits", "w_bit", "num_bits")
                .map(quantisation::path)
                .filter(JsonNode::isIntegralNumber)
                .map(b -> ", " + b.asText() + " bits")
                .findFirst()
                .orElse(
                        quantisation.path("load_in_4bit").asBoolean()
                                ? ", 4 bits"
                                : quantisation.path("load_in_8bit").asBoolean() ? ", 8 bits" : "");
        throw new CheckpointException(config.file() + ": '" + config.path()
                + "quantization_config' says that the weights are quantised ("
                + (method.isEmpty() ? "in a way it does not name" : Printable.of(method)) + Printable.of(bits)
                + "), which Fovea does not open; take the checkpoint in 16 or 32 bits that they were made from");
    }
}

package dev.fovea.train.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.SafeTensorsWriter;
import dev.fovea.train.data.Patches;
import dev.fovea.train.text.WorldTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * Writes a trained model in Hugging Face's layout, weights in bf16: LLaVA in the folder itself, and the dual encoder
 * (the same vision transformer with its text tower) as CLIP in {@code clip/}.
 */
public final class PeekExport {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Renders a conversation the way the model was trained on it: pictures first, then the question. */
    private static final String CHAT_TEMPLATE = """
            {{- bos_token -}}
            {%- for message in messages -%}
              {%- if message['role'] == 'assistant' -%}{{- '<assistant>' -}}{%- else -%}{{- '<user>' -}}{%- endif -%}
              {%- if message['content'] is string -%}
                {{- message['content'] -}}
              {%- else -%}
                {%- for part in message['content'] -%}
                  {%- if part['type'] == 'image' -%}{{- '<image>' -}}{%- endif -%}
                {%- endfor -%}
                {%- for part in message['content'] -%}
                  {%- if part['type'] == 'text' -%}{{- part['text'] -}}{%- endif -%}
                {%- endfor -%}
              {%- endif -%}
              {%- if message['role'] == 'assistant' -%}{{- eos_token -}}{%- endif -%}
            {%- endfor -%}
            {%- if add_generation_prompt -%}{{- '<assistant>' -}}{%- endif -%}
            """;

    private final PeekConfig config;
    private final PeekSize.Vision vision;
    private final PeekSize.Text text;

    PeekExport(PeekConfig config) {
        this.config = config;
        this.vision = config.vision();
        this.text = config.text();
    }

    /**
     * @param answers checkpoint of the last answering stage
     * @param pictures checkpoint of the stage that trained the text tower
     * @param tokenizer the learned {@code tokenizer.json}
     * @param target folder to write; files in it are replaced
     */
    void write(Path answers, Path pictures, Path tokenizer, Path target) throws IOException {
        Files.createDirectories(target.resolve("clip"));
        weights(answers, target.resolve("model.safetensors"), name -> name.startsWith("training.") ? "" : name);
        weights(pictures, target.resolve("clip/model.safetensors"), PeekExport::clipName);
        json(target.resolve("config.json"), config.llava());
        json(target.resolve("clip/config.json"), config.clip());
        json(target.resolve("generation_config.json"), generation());
        json(target.resolve("preprocessor_config.json"), preprocessor());
        json(target.resolve("clip/preprocessor_config.json"), preprocessor());
        json(target.resolve("processor_config.json"), processor());
        json(target.resolve("tokenizer_config.json"), tokenizerConfig("</s>"));
        json(target.resolve("clip/tokenizer_config.json"), tokenizerConfig(WorldTokenizer.END_OF_TEXT));
        JsonNode learned = JSON.readTree(tokenizer.toFile());
        json(target.resolve("tokenizer.json"), withEndOfText(learned));
        json(target.resolve("clip/tokenizer.json"), withMarks(withEndOfText(learned)));
        text(target.resolve("chat_template.jinja"), CHAT_TEMPLATE);
    }

    private static String clipName(String name) {
        if (name.startsWith(Names.VISION)) {
            return "vision_model." + name.substring(Names.VISION.length());
        }
        return name.startsWith("training.") || name.startsWith("optimizer.") ? "" : name;
    }

    /** Copies weights as bf16 under new names; an empty name leaves one out. */
    private static void weights(Path from, Path to, UnaryOperator<String> rename) {
        try (Checkpoint checkpoint = Checkpoint.open(from);
                Scope scope = Scope.inference()) {
            Map<String, Tensor> out = new LinkedHashMap<>();
            for (String name : checkpoint.names()) {
                String renamed = name.startsWith("optimizer.") ? "" : rename.apply(name);
                if (!renamed.isEmpty()) {
                    Tensor t = Tensors.to(checkpoint.tensor(name), DType.BF16);
                    out.put(renamed, renamed.equals("logit_scale") ? t.reshape() : t);
                }
            }
            SafeTensorsWriter.write(to, out, Map.of("format", "pt"));
        }
    }

    private static ObjectNode generation() {
        return JSON.createObjectNode()
                .put("bos_token_id", WorldTokenizer.BOS)
                .put("eos_token_id", WorldTokenizer.EOS)
                .put("pad_token_id", WorldTokenizer.PAD)
                .put("max_new_tokens", 160)
                .put("do_sample", false);
    }

    private ObjectNode preprocessor() {
        ObjectNode p = JSON.createObjectNode();
        p.put("image_processor_type", "CLIPImageProcessor");
        p.put("do_convert_rgb", true);
        p.put("do_resize", true);
        p.putObject("size").put("shortest_edge", vision.image());
        p.put("resample", 3);
        p.put("do_center_crop", true);
        p.putObject("crop_size").put("height", vision.image()).put("width", vision.image());
        p.put("do_rescale", true);
        p.put("rescale_factor", 1 / 255.0);
        p.put("do_normalize", true);
        ArrayNode mean = p.putArray("image_mean");
        ArrayNode std = p.putArray("image_std");
        for (int i = 0; i < 3; i++) {
            mean.add(Patches.MEAN);
            std.add(Patches.STD);
        }
        return p;
    }

    private ObjectNode processor() {
        return JSON.createObjectNode()
                .put("processor_class", "LlavaProcessor")
                .put("image_token", "<image>")
                .put("num_additional_image_tokens", 1)
                .put("patch_size", vision.patch())
                .put("vision_feature_select_strategy", "default");
    }

    private static ObjectNode tokenizerConfig(String end) {
        return JSON.createObjectNode()
                .put("tokenizer_class", "PreTrainedTokenizerFast")
                .put("processor_class", "LlavaProcessor")
                .put("bos_token", "<s>")
                .put("eos_token", end)
                .put("pad_token", "<pad>")
                .put("clean_up_tokenization_spaces", false)
                .put("model_max_length", 2048);
    }

    /** The end of text, should a tokenizer learned earlier lack it. */
    private JsonNode withEndOfText(JsonNode learned) {
        ObjectNode root = learned.deepCopy();
        ArrayNode added = (ArrayNode) root.get("added_tokens");
        for (JsonNode token : added) {
            if (token.path("content").asText().equals(WorldTokenizer.END_OF_TEXT)) {
                return root;
            }
        }
        WorldTokenizer.special(added, WorldTokenizer.END_OF_TEXT, text.vocabulary() - 1);
        return root;
    }

    /** CLIP texts are framed by a beginning and the end of text. */
    private JsonNode withMarks(JsonNode tokenizer) {
        ObjectNode root = (ObjectNode) tokenizer;
        ObjectNode post = root.putObject("post_processor");
        post.put("type", "TemplateProcessing");
        ArrayNode single = post.putArray("single");
        mark(single, "SpecialToken", "<s>");
        mark(single, "Sequence", "A");
        mark(single, "SpecialToken", WorldTokenizer.END_OF_TEXT);
        ArrayNode pair = post.putArray("pair");
        mark(pair, "Sequence", "A");
        mark(pair, "Sequence", "B");
        ObjectNode special = post.putObject("special_tokens");
        token(special, "<s>", WorldTokenizer.BOS);
        token(special, WorldTokenizer.END_OF_TEXT, text.vocabulary() - 1);
        return root;
    }

    private static void mark(ArrayNode template, String kind, String id) {
        template.addObject().putObject(kind).put("id", id).put("type_id", 0);
    }

    private static void token(ObjectNode special, String content, int id) {
        ObjectNode t = special.putObject(content);
        t.put("id", content);
        t.putArray("ids").add(id);
        t.putArray("tokens").add(content);
    }

    private static void json(Path file, JsonNode node) throws IOException {
        text(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(node) + "\n");
    }

    private static void text(Path file, String content) throws IOException {
        RunFolder.writeWhole(file, content);
    }
}

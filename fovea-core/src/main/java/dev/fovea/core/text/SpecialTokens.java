package dev.fovea.core.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The texts of the tokens with a role of their own, as {@code tokenizer_config.json} (or {@code special_tokens_map.json})
 * names them; null where a tokenizer has none.
 *
 * @param beginning of text
 * @param end of text
 * @param padding fills up batches
 * @param unknown stands for what the vocabulary lacks
 * @param image stands for a picture in the prompt
 */
public record SpecialTokens(
        @Nullable String beginning,
        @Nullable String end,
        @Nullable String padding,
        @Nullable String unknown,
        @Nullable String image) {
    static SpecialTokens read(Path folder) {
        JsonNode config = JsonFiles.readIfPresent(folder.resolve("tokenizer_config.json"));
        JsonNode map = JsonFiles.readIfPresent(folder.resolve("special_tokens_map.json"));
        JsonNode processor = JsonFiles.readIfPresent(folder.resolve("processor_config.json"));
        String image = text(config, "image_token");
        return new SpecialTokens(
                either(config, map, "bos_token"),
                either(config, map, "eos_token"),
                either(config, map, "pad_token"),
                either(config, map, "unk_token"),
                image != null ? image : text(processor, "image_token"));
    }

    private static @Nullable String either(JsonNode first, JsonNode second, String key) {
        String text = text(first, key);
        return text != null ? text : text(second, key);
    }

    /** A token is written as its text, or as an object that holds it under {@code content}. */
    private static @Nullable String text(JsonNode config, String key) {
        JsonNode node = config.path(key);
        JsonNode content = node.isObject() ? node.path("content") : node;
        return content.isTextual() ? content.asText() : null;
    }
}

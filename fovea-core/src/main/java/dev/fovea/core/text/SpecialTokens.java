package dev.fovea.core.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The texts of the tokens with a role of their own, as {@code tokenizer_config.json} (or {@code special_tokens_map.json},
 * or for pictures {@code processor_config.json}) names them; null where a tokenizer has none.
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
        return new SpecialTokens(
                either(config, map, "bos_token"),
                either(config, map, "eos_token"),
                either(config, map, "pad_token"),
                either(config, map, "unk_token"),
                image(config, map, processor));
    }

    /** Today's tokenizers name tokens of their own kind in an object. */
    private static @Nullable String image(JsonNode config, JsonNode map, JsonNode processor) {
        String key = "image_token";
        return Stream.of(
                        config,
                        config.path("extra_special_tokens"),
                        config.path("model_specific_special_tokens"),
                        map,
                        map.path("extra_special_tokens"),
                        processor)
                .map(place -> text(place, key))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    /** The same with this token for pictures. */
    public SpecialTokens withImage(String text) {
        return new SpecialTokens(beginning, end, padding, unknown, text);
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

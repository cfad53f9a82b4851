package dev.fovea.core.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.file.Reasons;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that each token of a vocabulary stands for in a text. Two kinds of tokenizers have such: byte-level ones,
 * whose vocabulary writes each byte as a character of its own, and those of SentencePiece's kind, which write a blank as
 * a lower block and what they do not know as {@code <0x0A>}.
 */
final class TokenBytes {
    private static final Pattern BYTE = Pattern.compile("<0x([0-9A-Fa-f]{2})>");
    private static final ObjectMapper JSON = new ObjectMapper(new JsonFactory());

    private TokenBytes() {}

    /**
     * For each id its bytes; null for added tokens, which have a role of their own, and for ids without a token.
     *
     * @param vocabulary text → id of the whole vocabulary
     * @param added ids of the added tokens
     * @throws TextException if the tokenizer is of another kind
     */
    static List<byte @Nullable []> of(Path file, Map<String, Integer> vocabulary, Iterable<Integer> added) {
        List<JsonNode> decoders = new ArrayList<>();
        flatten(decoder(file), decoders);
        boolean byteLevel = decoders.stream().anyMatch(d -> is(d, "ByteLevel"));
        boolean pieces = decoders.stream().anyMatch(d -> is(d, "ByteFallback") || is(d, "Metaspace"));
        if (!byteLevel && !pieces) {
            throw new TextException(
                    file + " is of a kind whose tokens stand for no fixed bytes, so that answers of this"
                            + " model cannot be held to a form; ask without one");
        }
        Map<String, String> replaced = byteLevel ? Map.of() : replacements(decoders);
        int most =
                vocabulary.values().stream().mapToInt(Integer::intValue).max().orElse(-1);
        List<byte @Nullable []> all = new ArrayList<>();
        for (int i = 0; i <= most; i++) {
            all.add(null);
        }
        vocabulary.forEach((text, id) -> {
            if (id >= 0) {
                all.set(id, byteLevel ? ofByteLevel(text) : ofPiece(text, replaced));
            }
        });
        added.forEach(id -> {
            if (id <= most) {
                all.set(id, null);
            }
        });
        return all;
    }

    private static boolean is(JsonNode decoder, String type) {
        return decoder.path("type").asText().equals(type);
    }

    private static void flatten(JsonNode decoder, List<JsonNode> out) {
        if (is(decoder, "Sequence")) {
            decoder.path("decoders").forEach(d -> flatten(d, out));
        } else {
            out.add(decoder);
        }
    }

    private static Map<String, String> replacements(List<JsonNode> decoders) {
        Map<String, String> replaced = new HashMap<>();
        for (JsonNode decoder : decoders) {
            if (is(decoder, "Replace") && decoder.at("/pattern/String").isTextual()) {
                replaced.put(
                        decoder.at("/pattern/String").asText(),
                        decoder.path("content").asText());
            } else if (is(decoder, "Metaspace")) {
                replaced.put(decoder.path("replacement").asText("\u2581"), " ");
            }
        }
        return replaced;
    }

    private static byte @Nullable [] ofPiece(String text, Map<String, String> replaced) {
        Matcher single = BYTE.matcher(text);
        if (single.matches()) {
            return new byte[] {(byte) Integer.parseInt(single.group(1), 16)};
        }
        String plain = text;
        for (Map.Entry<String, String> one : replaced.entrySet()) {
            plain = plain.replace(one.getKey(), one.getValue());
        }
        return plain.isEmpty() ? null : plain.getBytes(StandardCharsets.UTF_8);
    }

    private static byte @Nullable [] ofByteLevel(String text) {
        byte[] bytes = new byte[text.length()];
        for (int i = 0; i < bytes.length; i++) {
            int value = ByteLetters.value(text.charAt(i));
            if (value < 0) {
                return null;
            }
            bytes[i] = (byte) value;
        }
        return bytes.length == 0 ? null : bytes;
    }

    private static JsonNode decoder(Path file) {
        try (JsonParser json = JSON.createParser(file.toFile())) {
            json.nextToken();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String key = json.currentName();
                json.nextToken();
                if (key.equals("decoder")) {
                    return JSON.readTree(json);
                }
                json.skipChildren();
            }
            return JSON.missingNode();
        } catch (IOException e) {
            throw new TextException(file + " cannot be read: " + Reasons.of(e), e);
        }
    }
}

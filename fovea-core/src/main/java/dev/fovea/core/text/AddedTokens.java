package dev.fovea.core.text;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Vocabulary entries of {@code tokenizer.json}. The added tokens stand at the head of the file and are read without the
 * rest, which for large vocabularies has many megabytes.
 */
final class AddedTokens {
    private static final JsonFactory JSON = new JsonFactory();

    private AddedTokens() {}

    /** Text → id of the added tokens, special ones among them. */
    static Map<String, Integer> read(Path tokenizerJson) {
        return read(tokenizerJson, false);
    }

    /** Text → id of the whole vocabulary. */
    static Map<String, Integer> readVocabulary(Path tokenizerJson) {
        return read(tokenizerJson, true);
    }

    private static Map<String, Integer> read(Path path, boolean all) {
        Map<String, Integer> tokens = new LinkedHashMap<>();
        try (JsonParser json = JSON.createParser(path.toFile())) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new TextException(path + " does not hold a tokenizer; download it again");
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String key = json.currentName();
                json.nextToken();
                if (key.equals("added_tokens")) {
                    readAdded(json, tokens);
                    if (!all) {
                        break;
                    }
                } else if (key.equals("model") && all) {
                    readModel(json, tokens);
                } else {
                    json.skipChildren();
                }
            }
            return tokens;
        } catch (JacksonException e) {
            throw new TextException(
                    path + " is not valid JSON near line " + e.getLocation().getLineNr() + "; download it again", e);
        } catch (IOException e) {
            throw new TextException(path + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static void readAdded(JsonParser json, Map<String, Integer> tokens) throws IOException {
        while (json.nextToken() == JsonToken.START_OBJECT) {
            int id = -1;
            String content = "";
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String key = json.currentName();
                json.nextToken();
                if (key.equals("id")) {
                    id = json.getValueAsInt(-1);
                } else if (key.equals("content")) {
                    content = json.getValueAsString("");
                } else {
                    json.skipChildren();
                }
            }
            tokens.put(content, id);
        }
    }

    /** A vocabulary is an object of text → id (BPE, WordPiece, WordLevel) or a list of [text, score] (Unigram). */
    private static void readModel(JsonParser json, Map<String, Integer> tokens) throws IOException {
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            boolean vocabulary = json.currentName().equals("vocab");
            JsonToken start = json.nextToken();
            if (vocabulary && start == JsonToken.START_OBJECT) {
                while (json.nextToken() == JsonToken.FIELD_NAME) {
                    String text = json.currentName();
                    json.nextToken();
                    tokens.put(text, json.getValueAsInt(-1));
                }
            } else if (vocabulary && start == JsonToken.START_ARRAY) {
                for (int id = 0; json.nextToken() == JsonToken.START_ARRAY; id++) {
                    json.nextToken();
                    tokens.put(json.getValueAsString(""), id);
                    json.nextToken();
                    json.nextToken();
                }
            } else {
                json.skipChildren();
            }
        }
    }
}

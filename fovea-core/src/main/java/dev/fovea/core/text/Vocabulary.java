package dev.fovea.core.text;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.fovea.core.file.Reasons;
import dev.fovea.core.file.StrictJson;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The vocabulary of a {@code tokenizer.json}, read only where somebody wants to see tokens as it writes them. */
final class Vocabulary {
    private static final JsonFactory JSON = new JsonFactory();

    private Vocabulary() {}

    /** Text → id of the whole vocabulary. */
    static Map<String, Integer> read(Path path) {
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
                } else if (key.equals("model")) {
                    readModel(json, tokens);
                } else {
                    json.skipChildren();
                }
            }
            return tokens;
        } catch (JacksonException e) {
            throw new TextException(StrictJson.fault(path, e), e);
        } catch (IOException e) {
            throw new TextException(path + " cannot be read: " + Reasons.of(e), e);
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

package dev.fovea.core.text;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.fovea.core.file.Reasons;
import dev.fovea.core.file.StrictJson;
import dev.fovea.core.message.Printable;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A {@code tokenizer.json}, read strictly and checked before the native library sees it: there a damaged file would end
 * the process.
 *
 * @param json the text of the file
 * @param added the added tokens, in the order of the file
 * @param ids the ids that the native library gives them
 * @param inModel which of them the model's own vocabulary holds too
 */
record TokenizerFile(String json, List<AddedToken> added, Map<String, Integer> ids, Set<String> inModel) {
    private static final long MOST_BYTES = 128L << 20;
    private static final int MOST_ADDED = 16_384;
    private static final int LONGEST_ADDED = 1_000;

    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(StrictJson.MAX_DEPTH)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

    /**
     * Reads and checks a file.
     *
     * @throws TextException if it is not the tokenizer that it should be, in one sentence
     */
    static TokenizerFile read(Path path) {
        try {
            long size = Files.size(path);
            if (size > MOST_BYTES) {
                throw new TextException(path + " has " + size + " bytes, more than any tokenizer");
            }
            return of(Files.readString(path), path);
        } catch (CharacterCodingException e) {
            throw new TextException(path + " is not UTF-8 text; download it again", e);
        } catch (IOException e) {
            throw new TextException(path + " cannot be read: " + Reasons.of(e), e);
        }
    }

    private static TokenizerFile of(String json, Path path) throws IOException {
        try (JsonParser parser = JSON.createParser(json)) {
            return new Reading(JSON.reader()).read(parser, json);
        } catch (JacksonException e) {
            throw new TextException(StrictJson.fault(path, e), e);
        } catch (Fault e) {
            throw new TextException(
                    path + " is not a tokenizer that Fovea can use: it " + e.getMessage()
                            + "; the file is damaged or of a newer kind",
                    e);
        }
    }

    private static final class Reading {
        private final ObjectReader trees;
        private final Map<String, JsonNode> roles = new LinkedHashMap<>();
        private final List<AddedToken> added = new ArrayList<>();
        private Map<String, Integer> vocabulary = new HashMap<>();

        Reading(ObjectReader trees) {
            this.trees = trees;
        }

        TokenizerFile read(JsonParser json, String text) throws IOException {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new Fault("does not hold a tokenizer");
            }
            boolean model = false;
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String key = json.currentName();
                json.nextToken();
                if (key.equals("model")) {
                    vocabulary = TokenizerModel.read(json, trees);
                    model = true;
                } else if (roles.put(key, trees.readTree(json)) != null) {
                    throw new Fault("names '" + Printable.of(key) + "' twice");
                }
            }
            if (json.nextToken() != null) {
                throw new Fault("goes on after its end");
            }
            if (!model) {
                throw new Fault("has no 'model'");
            }
            check();
            Map<String, Integer> ids = ids();
            return new TokenizerFile(
                    text,
                    List.copyOf(added),
                    ids,
                    Set.copyOf(ids.keySet().stream()
                            .filter(vocabulary::containsKey)
                            .toList()));
        }

        private void check() {
            roles.values().forEach(TokenizerParts::requirePlain);
            JsonNode version = role("version");
            if (!version.isMissingNode() && !version.asText().equals("1.0")) {
                throw new Fault("is of the version '" + Printable.of(version) + "' and not 1.0");
            }
            for (String role : List.of("pre_tokenizer", "post_processor", "decoder")) {
                TokenizerParts.check(role, role(role));
            }
            Removal removal = TokenizerParts.check("normalizer", role("normalizer"));
            readAdded(role("added_tokens"));
            checkAdded(removal);
        }

        private JsonNode role(String key) {
            return roles.getOrDefault(key, MissingNode.getInstance());
        }

        private void readAdded(JsonNode list) {
            if ((!list.isMissingNode() && !list.isArray()) || list.size() > MOST_ADDED) {
                throw new Fault("has 'added_tokens' that are not a list of at most " + MOST_ADDED);
            }
            for (JsonNode token : list) {
                JsonNode id = token.path("id");
                boolean whole = token.path("content").isTextual()
                        && token.path("content").textValue().length() <= LONGEST_ADDED
                        && id.isIntegralNumber()
                        && id.canConvertToInt()
                        && id.intValue() >= 0;
                for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized", "special")) {
                    whole &= token.path(flag).isBoolean();
                }
                if (!whole) {
                    throw new Fault("has the added token " + Printable.of(token) + ", which lacks something");
                }
                added.add(new AddedToken(
                        token.path("content").textValue(),
                        token.path("single_word").booleanValue(),
                        token.path("lstrip").booleanValue(),
                        token.path("rstrip").booleanValue(),
                        token.path("normalized").booleanValue(),
                        token.path("special").booleanValue()));
            }
        }

        /** Two forms that the native library's search for added tokens does not survive. */
        private void checkAdded(Removal removal) {
            boolean takesBlanks = added.stream().anyMatch(AddedToken::rightStrip);
            for (AddedToken token : added) {
                boolean blank = token.content().codePoints().allMatch(Removal::isBlank);
                if (blank && token.leftStrip() && takesBlanks) {
                    throw new Fault(
                            "has an added token of blanks that takes the blanks before it, beside one that takes"
                                    + " those behind it");
                }
                if (token.normalized() && removal.mayRemove(token.content())) {
                    throw new Fault("has the added token '" + Printable.of(token.content())
                            + "', of which its normalizer may leave nothing");
                }
            }
        }

        /** Ids as the native library gives them out, which need not be those that the file claims. */
        private Map<String, Integer> ids() {
            Map<String, Integer> ids = new LinkedHashMap<>();
            int largest = -1;
            for (AddedToken token : added) {
                String content = token.content();
                if (content.isEmpty()) {
                    continue;
                }
                Integer id = ids.containsKey(content) ? ids.get(content) : vocabulary.get(content);
                if (id == null) {
                    id = Math.max(largest + 1, vocabulary.size());
                }
                ids.put(content, id);
                largest = Math.max(largest, id);
            }
            return ids;
        }
    }
}

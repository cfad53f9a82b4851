package dev.fovea.core.text;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import dev.fovea.core.message.Printable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The {@code model} of a {@code tokenizer.json}: vocabulary and rules, checked one against the other. Vocabularies have
 * hundreds of thousands of entries, so they are read as a stream, and everything else as a tree.
 */
final class TokenizerModel {
    /** Ids must leave room for added tokens. */
    private static final int LARGEST_ID = Integer.MAX_VALUE - (1 << 20);

    /** Native memory takes some hundred bytes for each. */
    private static final int LONGEST_UNIGRAM = 1_000;

    private static final long ALL_UNIGRAMS = 8_000_000;

    /** A word of n characters takes n² look-ups. */
    private static final int LONGEST_WORD = 1_000;

    private final ObjectReader trees;
    private final Map<String, JsonNode> rules = new HashMap<>();
    private final Map<String, Integer> vocabulary = new HashMap<>();
    private final List<String> merges = new ArrayList<>();
    private boolean scored;
    private boolean merged;

    private TokenizerModel(ObjectReader trees) {
        this.trees = trees;
    }

    /**
     * Reads and checks the object that begins here.
     *
     * @param trees reads whatever is small
     * @return text → id
     */
    static Map<String, Integer> read(JsonParser json, ObjectReader trees) throws IOException {
        TokenizerModel model = new TokenizerModel(trees);
        model.parse(json);
        model.check();
        return model.vocabulary;
    }

    private void parse(JsonParser json) throws IOException {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            throw new Fault("has a 'model' that is no object");
        }
        Set<String> seen = new HashSet<>();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String key = json.currentName();
            if (!seen.add(key)) {
                throw new Fault("names 'model." + Printable.of(key) + "' twice");
            }
            JsonToken start = json.nextToken();
            if (key.equals("vocab") && start == JsonToken.START_OBJECT) {
                readIds(json);
            } else if (key.equals("vocab") && start == JsonToken.START_ARRAY) {
                readScores(json);
            } else if (key.equals("merges") && start == JsonToken.START_ARRAY) {
                readMerges(json);
            } else {
                JsonNode tree = trees.readTree(json);
                TokenizerParts.requirePlain(tree);
                rules.put(key, tree);
            }
        }
    }

    private void readIds(JsonParser json) throws IOException {
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String text = TokenizerParts.requirePlain(json.currentName());
            if (json.nextToken() != JsonToken.VALUE_NUMBER_INT
                    || json.getNumberType() != JsonParser.NumberType.INT
                    || json.getIntValue() < 0
                    || json.getIntValue() > LARGEST_ID) {
                throw new Fault("gives the token '" + Printable.of(text) + "' the id '" + Printable.of(json.getText())
                        + "', which is no id");
            }
            if (vocabulary.put(text, json.getIntValue()) != null) {
                throw new Fault("has the token '" + Printable.of(text) + "' twice in its vocabulary");
            }
        }
    }

    private void readScores(JsonParser json) throws IOException {
        scored = true;
        long all = 0;
        int id = 0;
        while (json.nextToken() != JsonToken.END_ARRAY) {
            boolean text = json.currentToken() == JsonToken.START_ARRAY && json.nextToken() == JsonToken.VALUE_STRING;
            String token = text ? TokenizerParts.requirePlain(json.getText()) : "";
            boolean number = text && json.nextToken().isNumeric() && Double.isFinite(json.getDoubleValue());
            if (!number || json.nextToken() != JsonToken.END_ARRAY) {
                throw new Fault("has an entry " + id + " in its vocabulary that is not a text and its score");
            }
            int length = token.getBytes(StandardCharsets.UTF_8).length;
            all += length;
            if (length > LONGEST_UNIGRAM || all > ALL_UNIGRAMS) {
                throw new Fault("has a vocabulary of longer tokens than any model's (entry " + id + ")");
            }
            vocabulary.put(token, id++);
        }
        // Two entries of one text would leave the first without an id.
        rules.put("entries", trees.getConfig().getNodeFactory().numberNode(id));
    }

    private void readMerges(JsonParser json) throws IOException {
        merged = true;
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (json.currentToken() == JsonToken.VALUE_STRING) {
                String line = json.getText();
                if (line.startsWith("#version")) {
                    continue;
                }
                int space = line.indexOf(' ');
                if (space < 0 || line.indexOf(' ', space + 1) >= 0) {
                    throw badMerge(line);
                }
                merges.add(line.substring(0, space));
                merges.add(line.substring(space + 1));
            } else {
                boolean first =
                        json.currentToken() == JsonToken.START_ARRAY && json.nextToken() == JsonToken.VALUE_STRING;
                merges.add(first ? json.getText() : "");
                boolean second = first && json.nextToken() == JsonToken.VALUE_STRING;
                merges.add(second ? json.getText() : "");
                if (!second || json.nextToken() != JsonToken.END_ARRAY) {
                    throw badMerge("number " + merges.size() / 2);
                }
            }
        }
    }

    private static Fault badMerge(String merge) {
        return new Fault("has the merge '" + Printable.of(merge) + "', which is not of two tokens");
    }

    private void check() {
        switch (kind()) {
            case "BPE" -> checkBpe();
            case "WordPiece" -> {
                need(!scored, "vocab", "an object of texts and ids");
                text("continuing_subword_prefix");
                text("unk_token");
                JsonNode longest = rules.get("max_input_chars_per_word");
                need(
                        longest != null
                                && longest.isIntegralNumber()
                                && longest.canConvertToInt()
                                && longest.intValue() >= 0
                                && longest.intValue() <= LONGEST_WORD,
                        "max_input_chars_per_word",
                        "a whole number up to " + LONGEST_WORD);
            }
            case "WordLevel" -> {
                need(!scored, "vocab", "an object of texts and ids");
                text("unk_token");
            }
            case "Unigram" -> checkUnigram();
            case String other ->
                throw new Fault("has a model of the type '" + Printable.of(other)
                        + "', which Fovea does not know (it knows BPE, WordPiece, WordLevel and Unigram)");
        }
    }

    /** Files of the library's first years do not say it. */
    private String kind() {
        JsonNode type = rules.get("type");
        if (type != null) {
            return type.isTextual() ? type.textValue() : type.toString();
        }
        if (merged) {
            return "BPE";
        }
        if (scored) {
            return "Unigram";
        }
        return rules.containsKey("max_input_chars_per_word") ? "WordPiece" : "WordLevel";
    }

    private void checkBpe() {
        need(!scored, "vocab", "an object of texts and ids");
        need(merged, "merges", "a list of pairs of tokens");
        JsonNode dropout = rules.get("dropout");
        need(
                dropout == null
                        || dropout.isNull()
                        || (dropout.isNumber() && dropout.doubleValue() >= 0 && dropout.doubleValue() <= 1),
                "dropout",
                "null or a number from 0 to 1");
        textOrNull("unk_token");
        textOrNull("end_of_word_suffix");
        String prefix = textOrNull("continuing_subword_prefix");
        for (String key : List.of("fuse_unk", "byte_fallback", "ignore_merges")) {
            JsonNode flag = rules.get(key);
            need(flag == null || flag.isNull() || flag.isBoolean(), key, "true or false");
        }
        String begins = prefix == null ? "" : prefix;
        for (int i = 0; i < merges.size(); i += 2) {
            checkMerge(merges.get(i), merges.get(i + 1), begins);
        }
    }

    private void checkMerge(String left, String right, String prefix) {
        boolean known = vocabulary.containsKey(left) && vocabulary.containsKey(right) && right.startsWith(prefix);
        if (!known || !vocabulary.containsKey(left + right.substring(prefix.length()))) {
            throw new Fault("merges '" + Printable.of(left) + "' and '" + Printable.of(right)
                    + "', which do not make a token of its vocabulary");
        }
    }

    private void checkUnigram() {
        need(scored, "vocab", "a list of texts with scores");
        JsonNode unknown = rules.get("unk_id");
        JsonNode entries = rules.get("entries");
        need(
                unknown == null
                        || unknown.isNull()
                        || (unknown.isIntegralNumber()
                                && unknown.canConvertToInt()
                                && unknown.intValue() >= 0
                                && unknown.intValue() < (entries == null ? 0 : entries.intValue())),
                "unk_id",
                "null or the id of a token");
        JsonNode fallback = rules.get("byte_fallback");
        need(fallback == null || fallback.isBoolean(), "byte_fallback", "true or false");
    }

    private String text(String key) {
        JsonNode node = rules.get(key);
        need(node != null && node.isTextual(), key, "a text");
        return node == null ? "" : node.asText();
    }

    private @Nullable String textOrNull(String key) {
        JsonNode node = rules.get(key);
        return node == null || node.isNull() ? null : text(key);
    }

    private static void need(boolean fulfilled, String key, String what) {
        if (!fulfilled) {
            throw new Fault("has a model whose '" + key + "' is not " + what);
        }
    }
}

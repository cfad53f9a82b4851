package dev.fovea.core.model.gguf;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.message.Printable;
import dev.fovea.core.weights.CheckpointException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code tokenizer.json} and {@code tokenizer_config.json} would say of the vocabulary in a GGUF file. */
final class GgufVocabulary {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final String PREFIX = "tokenizer.ggml.";
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;
    private static final String SPACE = "▁";

    /** How texts are cut before their pieces are merged, by the names that llama.cpp gives the ways. */
    private static final Map<String, String> PATTERNS = Map.of(
            "llama-bpe",
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                    + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
            "qwen2",
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                    + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");

    private final GgufValues values;
    private final List<String> tokens;
    private final List<Integer> kinds;
    private final Map<String, Integer> ids;
    private final List<String> marks;

    /**
     * @param marks texts that stand for pictures in prompts: each is a token of its own, behind all others where the file
     *     has none, as none of them is ever looked up
     */
    GgufVocabulary(GgufValues values, List<String> marks) {
        this.values = values;
        this.marks = List.copyOf(marks);
        this.tokens = values.texts(PREFIX + "tokens");
        this.ids = ids();
        this.kinds = values.wholes(PREFIX + "token_type");
        if (kinds.size() != tokens.size()) {
            throw values.wrong(PREFIX + "token_type", "as long as the list of " + tokens.size() + " tokens");
        }
    }

    /** The id of a token, or of one of the marks. */
    int id(String text) {
        Integer id = ids.get(text);
        if (id != null) {
            return id;
        }
        List<String> missing = missing();
        int at = missing.indexOf(text);
        if (at < 0) {
            throw new IllegalArgumentException("'" + text + "' is no mark");
        }
        return tokens.size() + at;
    }

    private List<String> missing() {
        return marks.stream().filter(mark -> !ids.containsKey(mark)).toList();
    }

    /** The whole of {@code tokenizer.json}. */
    ObjectNode tokenizer() {
        String kind = values.text(PREFIX + "model");
        ObjectNode json = JSON.objectNode();
        json.put("version", "1.0");
        json.putNull("truncation");
        json.putNull("padding");
        json.set("added_tokens", addedTokens());
        switch (kind) {
            case "gpt2" -> byBytes(json);
            case "llama" -> bySpaces(json);
            default ->
                throw new CheckpointException(values.file().path() + " holds a vocabulary of kind '"
                        + Printable.of(kind) + "', but gpt2 and llama are known; give the Hugging Face folder of the"
                        + " model");
        }
        return json;
    }

    /** The whole of {@code tokenizer_config.json}. */
    ObjectNode config() {
        ObjectNode json = JSON.objectNode();
        role(json, "bos_token", "bos_token_id");
        role(json, "eos_token", "eos_token_id");
        role(json, "pad_token", "padding_token_id");
        role(json, "unk_token", "unknown_token_id");
        String template = values.textOrNull("tokenizer.chat_template");
        if (template != null) {
            json.put("chat_template", template);
        }
        return json;
    }

    private void role(ObjectNode json, String name, String key) {
        String text = token(key);
        if (text != null) {
            json.put(name, text);
        }
    }

    private @Nullable String token(String key) {
        Integer id = values.wholeOrNull(PREFIX + key);
        if (id == null) {
            return null;
        }
        if (id >= tokens.size()) {
            throw values.wrong(PREFIX + key, "below the number of tokens, " + tokens.size());
        }
        return tokens.get(id);
    }

    private ArrayNode addedTokens() {
        ArrayNode added = JSON.arrayNode();
        for (int id = 0; id < tokens.size(); id++) {
            int kind = kinds.get(id);
            boolean mark = marks.contains(tokens.get(id));
            if (mark || kind == CONTROL || kind == USER_DEFINED) {
                add(added, tokens.get(id), id, mark || kind == CONTROL);
            }
        }
        for (String mark : missing()) {
            add(added, mark, id(mark), true);
        }
        return added;
    }

    private static void add(ArrayNode added, String token, int id, boolean special) {
        added.addObject()
                .put("id", id)
                .put("content", token)
                .put("single_word", false)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", false)
                .put("special", special);
    }

    /** The token that the tokenizer puts before every text, or null; where a file is silent, as llama.cpp does. */
    private @Nullable String beginning(boolean usual) {
        return values.flag(PREFIX + "add_bos_token", usual) ? token("bos_token_id") : null;
    }

    private static ObjectNode beginningWith(String token, int id) {
        ObjectNode template = JSON.objectNode().put("type", "TemplateProcessing");
        for (String kind : List.of("single", "pair")) {
            ArrayNode pieces = template.putArray(kind);
            for (int i = 0; i < (kind.equals("single") ? 1 : 2); i++) {
                pieces.addObject().putObject("SpecialToken").put("id", token).put("type_id", i);
                pieces.addObject()
                        .putObject("Sequence")
                        .put("id", i == 0 ? "A" : "B")
                        .put("type_id", i);
            }
        }
        ObjectNode special = template.putObject("special_tokens").putObject(token);
        special.put("id", token).putArray("ids").add(id);
        special.putArray("tokens").add(token);
        return template;
    }

    private Map<String, Integer> ids() {
        Map<String, Integer> ids = new LinkedHashMap<>();
        for (int id = 0; id < tokens.size(); id++) {
            if (ids.putIfAbsent(tokens.get(id), id) != null) {
                throw values.wrong(
                        PREFIX + "tokens",
                        "a list without repetitions ('" + Printable.of(tokens.get(id)) + "' stands in it twice)");
            }
        }
        return ids;
    }

    private ObjectNode model(boolean byteFallback, List<String[]> merges) {
        ObjectNode model = JSON.objectNode();
        model.put("type", "BPE");
        model.putNull("dropout");
        String unknown = byteFallback ? token("unknown_token_id") : null;
        model.put("unk_token", unknown);
        model.putNull("continuing_subword_prefix");
        model.putNull("end_of_word_suffix");
        model.put("fuse_unk", byteFallback);
        model.put("byte_fallback", byteFallback);
        model.put("ignore_merges", "llama-bpe".equals(values.textOrNull(PREFIX + "pre")));
        ObjectNode vocabulary = model.putObject("vocab");
        ids.forEach(vocabulary::put);
        ArrayNode list = model.putArray("merges");
        for (String[] merge : merges) {
            list.addArray().add(merge[0]).add(merge[1]);
        }
        return model;
    }

    // ---- vocabularies over bytes, as GPT-2 has them ----

    private void byBytes(ObjectNode json) {
        String way = values.textOrNull(PREFIX + "pre");
        json.set("normalizer", "qwen2".equals(way) ? JSON.objectNode().put("type", "NFC") : JSON.nullNode());
        json.set("pre_tokenizer", cutting(way == null ? "gpt-2" : way));
        String beginning = beginning("llama-bpe".equals(way));
        if (beginning == null) {
            json.set("post_processor", byteLevel(false, true));
        } else {
            ObjectNode both = JSON.objectNode().put("type", "Sequence");
            both.putArray("processors").add(byteLevel(false, true)).add(beginningWith(beginning, id(beginning)));
            json.set("post_processor", both);
        }
        json.set("decoder", byteLevel(true, true));
        List<String[]> merges =
                values.texts(PREFIX + "merges").stream().map(this::halves).toList();
        json.set("model", model(false, merges));
    }

    private String[] halves(String merge) {
        int space = merge.indexOf(' ', 1);
        if (space < 0 || space == merge.length() - 1) {
            throw values.wrong(PREFIX + "merges", "a list of pairs ('" + Printable.of(merge) + "' is none)");
        }
        return new String[] {merge.substring(0, space), merge.substring(space + 1)};
    }

    private ObjectNode cutting(String way) {
        if (way.equals("gpt-2") || way.equals("default")) {
            return byteLevel(false, true);
        }
        ObjectNode sequence = JSON.objectNode().put("type", "Sequence");
        ArrayNode steps = sequence.putArray("pretokenizers");
        if (way.equals("smollm")) {
            steps.addObject().put("type", "Digits").put("individual_digits", true);
            steps.add(byteLevel(false, true));
            return sequence;
        }
        String pattern = PATTERNS.get(way);
        if (pattern == null) {
            throw new CheckpointException(values.file().path() + " cuts texts in the way '" + Printable.of(way)
                    + "', but gpt-2, llama-bpe, qwen2 and smollm are known; give the Hugging Face folder of the model");
        }
        ObjectNode split = steps.addObject().put("type", "Split");
        split.putObject("pattern").put("Regex", pattern);
        split.put("behavior", "Isolated").put("invert", false);
        steps.add(byteLevel(false, false));
        return sequence;
    }

    private static ObjectNode byteLevel(boolean prefix, boolean cuts) {
        return JSON.objectNode()
                .put("type", "ByteLevel")
                .put("add_prefix_space", prefix)
                .put("trim_offsets", prefix)
                .put("use_regex", cuts);
    }

    // ---- vocabularies over characters with a mark for spaces, as SentencePiece has them ----

    private void bySpaces(ObjectNode json) {
        ObjectNode normalizer = JSON.objectNode().put("type", "Sequence");
        ArrayNode steps = normalizer.putArray("normalizers");
        boolean prefix = values.flag(PREFIX + "add_space_prefix", true);
        if (prefix) {
            steps.addObject().put("type", "Prepend").put("prepend", SPACE);
        }
        steps.add(replacing(" ", SPACE));
        json.set("normalizer", normalizer);
        json.putNull("pre_tokenizer");
        String beginning = beginning(true);
        json.set("post_processor", beginning == null ? JSON.nullNode() : beginningWith(beginning, id(beginning)));
        ObjectNode decoder = JSON.objectNode().put("type", "Sequence");
        ArrayNode back = decoder.putArray("decoders");
        back.add(replacing(SPACE, " "));
        back.addObject().put("type", "ByteFallback");
        back.addObject().put("type", "Fuse");
        if (prefix) {
            back.addObject()
                    .put("type", "Strip")
                    .put("content", " ")
                    .put("start", 1)
                    .put("stop", 0);
        }
        json.set("decoder", decoder);
        json.set("model", model(true, mergesOfScores()));
    }

    private static ObjectNode replacing(String from, String to) {
        ObjectNode replace = JSON.objectNode().put("type", "Replace");
        replace.putObject("pattern").put("String", from);
        return replace.put("content", to);
    }

    /**
     * The pairs that SentencePiece would merge, best score of the whole first: a file has scores only. A token is made of
     * any two that are tokens themselves.
     */
    private List<String[]> mergesOfScores() {
        List<Double> scores = values.reals(PREFIX + "scores");
        if (scores.size() != tokens.size()) {
            throw values.wrong(PREFIX + "scores", "as long as the list of " + tokens.size() + " tokens");
        }
        record Pair(String left, String right, double score) {}
        List<Pair> pairs = new ArrayList<>();
        for (int id = 0; id < tokens.size(); id++) {
            String whole = tokens.get(id);
            List<Pair> own = new ArrayList<>();
            for (int cut = whole.offsetByCodePoints(0, whole.isEmpty() ? 0 : 1);
                    cut < whole.length();
                    cut = whole.offsetByCodePoints(cut, 1)) {
                String left = whole.substring(0, cut);
                String right = whole.substring(cut);
                if (ids.containsKey(left) && ids.containsKey(right)) {
                    own.add(new Pair(left, right, scores.get(id)));
                }
            }
            own.sort(Comparator.<Pair>comparingInt(p -> ids.getOrDefault(p.left, 0))
                    .thenComparingInt(p -> ids.getOrDefault(p.right, 0)));
            pairs.addAll(own);
        }
        pairs.sort(Comparator.<Pair>comparingDouble(p -> -p.score)
                .thenComparingInt(p -> -length(p.left))
                .thenComparingInt(p -> -length(p.right)));
        return pairs.stream().map(p -> new String[] {p.left, p.right}).toList();
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }
}

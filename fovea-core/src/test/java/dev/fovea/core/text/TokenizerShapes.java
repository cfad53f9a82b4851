package dev.fovea.core.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Small tokenizers of the four kinds of model, in the shapes that published ones have. */
final class TokenizerShapes {
    static final ObjectMapper JSON = new ObjectMapper();
    private static final Path GOLDEN = Path.of("src/test/resources/golden");

    private TokenizerShapes() {}

    /** Byte-level BPE, BPE with byte fallback, CLIP's BPE with end-of-word suffixes, WordPiece, Unigram, WordLevel. */
    static List<String> all() {
        List<String> all = new ArrayList<>();
        for (String folder : List.of("llava-mha", "llava-gqa", "clip")) {
            all.add(read(GOLDEN.resolve(folder).resolve("tokenizer.json")));
        }
        all.add(wordPiece());
        all.add(unigram());
        all.add(wordLevel());
        return all;
    }

    static String read(Path path) {
        try {
            return Files.readString(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static ObjectNode tree(String json) {
        try {
            return (ObjectNode) JSON.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final String ADDED = """
            {"id": %d, "content": "%s", "single_word": false, "lstrip": %s, "rstrip": false,
             "normalized": %s, "special": true}""";

    /** As BERT's. */
    static String wordPiece() {
        return """
                {"version": "1.0", "truncation": null, "padding": null,
                 "added_tokens": [%s, %s, %s],
                 "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                                "strip_accents": null, "lowercase": true},
                 "pre_tokenizer": {"type": "BertPreTokenizer"},
                 "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
                 "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
                 "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                           "max_input_chars_per_word": 100,
                           "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "red": 3, "##dish": 4, "e": 5, "##e": 6,
                                     "中": 7, ",": 8}}}
                """.formatted(
                        ADDED.formatted(0, "[UNK]", "false", "false"),
                        ADDED.formatted(1, "[CLS]", "false", "false"),
                        ADDED.formatted(2, "[SEP]", "false", "false"));
    }

    /** As T5's and XLM-R's, with a table that turns a full-width a into a plain one. */
    static String unigram() {
        return """
                {"version": "1.0", "truncation": null, "padding": null,
                 "added_tokens": [%s, %s],
                 "normalizer": {"type": "Sequence", "normalizers": [
                    {"type": "Precompiled", "precompiled_charsmap": "%s"},
                    {"type": "Strip", "strip_left": false, "strip_right": true},
                    {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}]},
                 "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
                 "post_processor": {"type": "TemplateProcessing",
                    "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
                    "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
                    "special_tokens": {"</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]}}},
                 "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
                 "model": {"type": "Unigram", "unk_id": 2, "byte_fallback": false,
                           "vocab": [["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0], ["▁", -2.0], ["a", -3.0],
                                     ["▁red", -4.5], ["d", -5.25], ["é", -6.0]]}}
                """.formatted(
                        ADDED.formatted(1, "</s>", "false", "false"),
                        ADDED.formatted(2, "<unk>", "true", "false"),
                        Base64.getEncoder().encodeToString(charsmap()));
    }

    static String wordLevel() {
        return """
                {"version": "1.0", "added_tokens": [%s], "normalizer": {"type": "Lowercase"},
                 "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
                 "model": {"type": "WordLevel", "unk_token": "?", "vocab": {"?": 0, "red": 1, "a": 2}}}
                """.formatted(ADDED.formatted(3, "<mask>", "true", "true"));
    }

    /** A double-array trie of one key, the three bytes of U+FF41, and its replacement. */
    static byte[] charsmap() {
        int[] units = new int[1024];
        int[] key = {0xef, 0xbd, 0x81};
        int node = 256; // where children of the root lie
        units[0] = 256 << 10;
        for (int i = 0; i < key.length; i++) {
            int at = node ^ key[i];
            int next = i == key.length - 1 ? 768 : node + 256;
            boolean last = i == key.length - 1;
            int offset = at ^ next;
            units[at] = (offset << 10) | (last ? 1 << 8 : 0) | key[i];
            node = next;
        }
        units[node] = 0x8000_0000; // the leaf: its text begins at 0
        byte[] texts = "a\0".getBytes(StandardCharsets.UTF_8);
        ByteBuffer blob =
                ByteBuffer.allocate(4 + 4 * units.length + texts.length).order(ByteOrder.LITTLE_ENDIAN);
        blob.putInt(4 * units.length);
        for (int unit : units) {
            blob.putInt(unit);
        }
        return blob.put(texts).array();
    }

    /** A node of the tree by its path, for example {@code model/vocab}. */
    static JsonNode at(JsonNode tree, String path) {
        return tree.at("/" + path);
    }
}

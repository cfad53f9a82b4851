package dev.fovea.core.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
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
import java.util.SplittableRandom;

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

    private static final List<String> NORMALIZERS = List.of(
            "{'type':'BertNormalizer','clean_text':true,'handle_chinese_chars':true,'strip_accents':null,'lowercase':true}",
            "{'type':'BertNormalizer','clean_text':false,'handle_chinese_chars':false,'strip_accents':true,'lowercase':false}",
            "{'type':'Strip','strip_left':true,'strip_right':true}",
            "{'type':'StripAccents'}",
            "{'type':'NFC'}",
            "{'type':'NFD'}",
            "{'type':'NFKC'}",
            "{'type':'NFKD'}",
            "{'type':'Lowercase'}",
            "{'type':'Nmt'}",
            "{'type':'ByteLevel'}",
            "{'type':'Prepend','prepend':'▁'}",
            "{'type':'Prepend','prepend':'ﬁ🙂'}",
            "{'type':'Replace','pattern':{'String':' '},'content':'▁'}",
            "{'type':'Replace','pattern':{'String':'a'},'content':''}",
            "{'type':'Replace','pattern':{'String':'é'},'content':'eé'}",
            "{'type':'Replace','pattern':{'Regex':'\\\\s+'},'content':' '}",
            "{'type':'Replace','pattern':{'Regex':'^a+'},'content':'ab'}",
            "{'type':'Precompiled','precompiled_charsmap':'%s'}"
                    .formatted(Base64.getEncoder().encodeToString(charsmap())));

    private static final List<String> PRE_TOKENIZERS = List.of(
            "{'type':'BertPreTokenizer'}",
            "{'type':'Whitespace'}",
            "{'type':'WhitespaceSplit'}",
            "{'type':'UnicodeScripts'}",
            "{'type':'ByteLevel','add_prefix_space':true,'trim_offsets':true,'use_regex':true}",
            "{'type':'ByteLevel','add_prefix_space':false,'trim_offsets':false,'use_regex':false}",
            "{'type':'CharDelimiterSplit','delimiter':'é'}",
            "{'type':'Metaspace','replacement':'▁','prepend_scheme':'first','split':false}",
            "{'type':'Metaspace','replacement':'a','add_prefix_space':true}",
            "{'type':'Split','pattern':{'String':''},'behavior':'Isolated','invert':false}",
            "{'type':'Split','pattern':{'Regex':'\\\\p{L}+|\\\\s+(?!\\\\S)'},'behavior':'MergedWithPrevious','invert':true}",
            "{'type':'Split','pattern':{'Regex':'$'},'behavior':'MergedWithNext','invert':false}",
            "{'type':'Punctuation','behavior':'Contiguous'}",
            "{'type':'Digits','individual_digits':true}",
            "{'type':'FixedLength','length':2}");

    private static final List<String> DECODERS = List.of(
            "{'type':'BPEDecoder','suffix':'</w>'}",
            "{'type':'BPEDecoder','suffix':''}",
            "{'type':'ByteLevel','add_prefix_space':true,'trim_offsets':true,'use_regex':true}",
            "{'type':'WordPiece','prefix':'##','cleanup':true}",
            "{'type':'Metaspace','replacement':'▁','prepend_scheme':'always','split':true}",
            "{'type':'CTC','pad_token':'<pad>','word_delimiter_token':'','cleanup':true}",
            "{'type':'Fuse'}",
            "{'type':'ByteFallback'}",
            "{'type':'Replace','pattern':{'Regex':'a*'},'content':'é'}",
            "{'type':'Strip','content':' ','start':3,'stop':0}");

    private static final List<String> POST_PROCESSORS = List.of(
            "{'type':'ByteLevel','add_prefix_space':true,'trim_offsets':true,'use_regex':true}",
            "{'type':'RobertaProcessing','sep':['</s>',2],'cls':['<s>',1],'trim_offsets':true,'add_prefix_space':true}",
            "{'type':'BertProcessing','sep':['</s>',2],'cls':['<s>',1]}",
            "{'type':'TemplateProcessing','single':[{'SpecialToken':{'id':'x','type_id':0}},{'Sequence':{'id':'A','type_id':0}},"
                    + "{'Sequence':{'id':'A','type_id':1}}],'pair':[],'special_tokens':{'x':{'id':'x','ids':[1,2],'tokens':['a','b']}}}",
            "{'type':'TemplateProcessing','single':[],'pair':[],'special_tokens':{}}");

    private static final List<String> CONTENTS =
            List.of("<s>", "</s>", "<image>", "a", "é", " ", "▁", "\u0301", "a b", "🙂", "İ", "\0", "ﬁ");

    /** Gives a tokenizer other parts and added tokens than anybody would. */
    static void rearrange(SplittableRandom random, ObjectNode tokenizer) {
        tokenizer.set("normalizer", parts(random, NORMALIZERS, "normalizers"));
        tokenizer.set("pre_tokenizer", parts(random, PRE_TOKENIZERS, "pretokenizers"));
        tokenizer.set("decoder", parts(random, DECODERS, "decoders"));
        tokenizer.set("post_processor", parts(random, POST_PROCESSORS, "processors"));
        ArrayNode added = tokenizer.putArray("added_tokens");
        for (int i = random.nextInt(5); i > 0; i--) {
            added.addObject()
                    .put("id", random.nextInt(400))
                    .put("content", CONTENTS.get(random.nextInt(CONTENTS.size())))
                    .put("single_word", random.nextInt(4) == 0)
                    .put("lstrip", random.nextInt(4) == 0)
                    .put("rstrip", random.nextInt(4) == 0)
                    .put("normalized", random.nextInt(3) == 0)
                    .put("special", random.nextBoolean());
        }
    }

    private static JsonNode parts(SplittableRandom random, List<String> pool, String key) {
        int count = random.nextInt(4);
        if (count == 0) {
            return JSON.nullNode();
        }
        ObjectNode sequence = JSON.createObjectNode().put("type", "Sequence");
        ArrayNode parts = sequence.putArray(key);
        for (int i = 0; i < count; i++) {
            parts.add(tree(pool.get(random.nextInt(pool.size())).replace('\'', '"')));
        }
        return sequence;
    }
}

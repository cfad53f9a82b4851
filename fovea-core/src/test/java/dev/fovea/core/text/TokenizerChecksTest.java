package dev.fovea.core.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tokenizers that are damaged, or made to do damage. Behind the checks stands a native library whose panics end the
 * process, so a test here that fails may end the test run.
 */
class TokenizerChecksTest {
    private static final Path CASES = Path.of("src/test/resources/cases/tokenizers");

    @TempDir
    private Path folder;

    private void open(String json) throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), json);
        try (Tokenizer tokenizer = Tokenizer.open(folder)) {
            for (String text : new String[] {"red, a  é中 🙂\n", "", " ", "\0", "ａa\u0301<unk> </s>x"}) {
                int[] ids = tokenizer.encode(text, true);
                tokenizer.decode(ids, false);
                tokenizer.pieces(text);
            }
            tokenizer.decode(1, 2, 3, 1_000_000, 0);
        }
    }

    private void assertRefused(String json, String expected) {
        assertThatThrownBy(() -> open(json))
                .isInstanceOf(TextException.class)
                .message()
                .contains(expected)
                .contains(folder.toString())
                .hasSizeLessThan(1_300)
                .satisfies(m -> assertThat(m.lines()).hasSize(1));
    }

    @ParameterizedTest
    @MethodSource("dev.fovea.core.text.TokenizerShapes#all")
    void publishedShapesAreOpened(String json) throws IOException {
        open(json);
    }

    @Test
    void tablesOfReplacementsAreUsed() throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), TokenizerShapes.unigram());
        try (Tokenizer tokenizer = Tokenizer.open(folder)) {
            assertThat(tokenizer.encode("ａ", false)).isEqualTo(tokenizer.encode("a", false));
        }
    }

    @Test
    void idsAreThoseThatTheNativeLibraryGives() throws IOException {
        // It counts on from the vocabulary, whatever the file says.
        String json = TokenizerShapes.wordLevel().replace("\"id\": 3", "\"id\": 77");
        Files.writeString(folder.resolve("tokenizer.json"), json);
        try (Tokenizer tokenizer = Tokenizer.open(folder)) {
            assertThat(tokenizer.requireId("<mask>")).isEqualTo(3);
            assertThat(tokenizer.encode("<mask>", false)).containsExactly(3);
        }
    }

    @Test
    void theTwoSmallFilesThatEndedTheProcessAreRefused() {
        assertRefused(TokenizerShapes.read(CASES.resolve("tokenizer-min1.json")), "is not valid JSON near line 1");
        assertRefused(TokenizerShapes.read(CASES.resolve("tokenizer-min3.json")), "is not valid JSON near line 71");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    0 | decoder | {"type": "Strip", "content": " ", "start": 0, "stop": 1} | 'stop' is 1
                    0 | decoder | {"type": 7} | of the type '7'
                    0 | decoder | {} | which Fovea does not know
                    0 | decoder | [] | which Fovea does not know
                    0 | decoder | {"type": "Fuse", "x": 1e999} | a number that is out of range
                    0 | decoder | {"type": "Fuse", "x": "\\ud800"} | half of a character
                    0 | decoder | {"type": "Replace", "pattern": {"Regex": "(a+)+$"}, "content": ""} | repeats a repetition
                    0 | decoder | {"type": "ByteLevel"} | 'add_prefix_space' is
                    0 | pre_tokenizer | {"type": "FixedLength", "length": 0} | 'length' is 0
                    0 | pre_tokenizer | {"type": "Split", "pattern": {"Regex": "(a)\\\\1"}, "behavior": "Isolated", "invert": false} | refers back
                    0 | pre_tokenizer | {"type": "Metaspace", "replacement": "ab"} | 'replacement' is "ab"
                    0 | pre_tokenizer | {"type": "Sequence", "pretokenizers": {"a": 1}} | 'pretokenizers' is
                    0 | normalizer | {"type": "Prepend", "prepend": ""} | 'prepend' is ""
                    0 | normalizer | {"type": "Precompiled", "precompiled_charsmap": "AAAA"} | 'precompiled_charsmap' is
                    0 | normalizer | {"type": "Precompiled", "precompiled_charsmap": null} | 'precompiled_charsmap' is
                    0 | normalizer | {"type": "Precompiled", "precompiled_charsmap": "////////"} | 'precompiled_charsmap' is
                    0 | normalizer | {"type": "Replace", "pattern": {"String": "a"}, "content": 3} | 'content' is 3
                    0 | normalizer | {"type": "Replace", "pattern": {"String": ""}, "content": "a"} | 'pattern' is
                    0 | normalizer | {"type": "Replace", "pattern": {"Regex": "a*"}, "content": "a"} | may match nothing at all
                    0 | post_processor | {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "B", "type_id": 0}}], "pair": [], "special_tokens": {}} | puts in 'B'
                    0 | post_processor | {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}], "pair": [], "special_tokens": {}} | puts in '<s>'
                    0 | post_processor | {"type": "BertProcessing", "sep": ["x", -1], "cls": ["y", 1]} | 'sep' is
                    3 | model/max_input_chars_per_word | 100000 | 'max_input_chars_per_word'
                    1 | model/continuing_subword_prefix | "longer than any merge" | which do not make a token
                    1 | model/dropout | 2 | 'dropout'
                    1 | model/merges | [["a"]] | not of two tokens
                    1 | model/merges | ["a b c"] | not of two tokens
                    1 | model/merges | [["a", "no such token"]] | which do not make a token
                    1 | model/vocab | {"a": -1} | which is no id
                    1 | model/vocab | {"a": 4294967295} | which is no id
                    1 | model/vocab | {"a": 1, "a": 2} | twice in its vocabulary
                    4 | model/vocab | [["a", 1e999]] | not a text and its score
                    4 | model/vocab | [["a"]] | not a text and its score
                    4 | model/unk_id | 8 | 'unk_id'
                    4 | model/type | "Trigram" | of the type 'Trigram'
                    0 | version | "2.0" | of the version
                    0 | added_tokens | {"a": 1} | are not a list
                    0 | added_tokens | [{"id": 1, "content": "x"}] | which lacks something
                    """)
    void damagedPartsAreRefused(int shape, String path, String value, String expected) {
        ObjectNode tree = TokenizerShapes.tree(TokenizerShapes.all().get(shape));
        int slash = path.indexOf('/');
        ObjectNode parent = slash < 0 ? tree : (ObjectNode) tree.path(path.substring(0, slash));
        parent.putRawValue(path.substring(slash + 1), new RawValue(value));
        assertRefused(tree.toString(), expected);
    }

    @Test
    void chainsThatMultiplyTextsAreRefused() {
        String twice = "{\"type\": \"Replace\", \"pattern\": {\"String\": \"a\"}, \"content\": \"aa\"},";
        ObjectNode tree = TokenizerShapes.tree(TokenizerShapes.wordLevel());
        String chain = twice.repeat(30);
        tree.putRawValue(
                "normalizer",
                new RawValue(
                        "{\"type\": \"Sequence\", \"normalizers\": [" + chain.substring(0, chain.length() - 1) + "]}"));
        assertRefused(tree.toString(), "times as long");
    }

    @Test
    void addedTokensThatAreFoundEverywhereAreRefused() {
        String token =
                "{\"id\": 3, \"content\": \"%s\", \"single_word\": %s, \"lstrip\": %s, \"rstrip\": %s, \"normalized\": %s, \"special\": false}";
        ObjectNode accents = TokenizerShapes.tree(TokenizerShapes.wordLevel());
        accents.putRawValue("normalizer", new RawValue("{\"type\": \"StripAccents\"}"));
        accents.putRawValue(
                "added_tokens", new RawValue("[" + token.formatted("\u0301", "false", "false", "false", "true") + "]"));
        assertRefused(accents.toString(), "may leave nothing");

        ObjectNode blanks = TokenizerShapes.tree(TokenizerShapes.wordLevel());
        blanks.putRawValue(
                "added_tokens",
                new RawValue("[" + token.formatted(" ", "false", "true", "false", "false") + ","
                        + token.formatted("<image>", "false", "false", "true", "false") + "]"));
        assertRefused(blanks.toString(), "an added token of blanks");
    }

    @Test
    void tablesThatLeadOutsideAreRefused() {
        byte[] sound = TokenizerShapes.charsmap();
        String before = Base64.getEncoder().encodeToString(sound);
        byte[][] damaged = {sound.clone(), sound.clone(), sound.clone(), sound.clone()};
        damaged[0][7] = 0x7f; // the root's children lie far outside
        damaged[1][4 + 4 * 768] = 40; // the replacement begins behind the texts
        damaged[2][damaged[2].length - 2] = (byte) 0xc3; // the texts are no text
        damaged[3][3] = 0x7f; // the trie is longer than the file
        for (byte[] bytes : damaged) {
            assertRefused(
                    TokenizerShapes.unigram()
                            .replace(before, Base64.getEncoder().encodeToString(bytes)),
                    "'precompiled_charsmap' is");
        }
    }

    @Test
    void depthAndLengthAreBounded() {
        assertRefused("[".repeat(100_000), "does not hold a tokenizer");
        assertRefused("{\"decoder\":" + "[".repeat(100_000), "nested deeper");
        assertRefused("{\"model\":{\"vocab\":" + "[".repeat(100_000), "is not a text and its score");
        assertRefused(
                TokenizerShapes.unigram().replace("▁red", "▁" + "r".repeat(100_000)), "longer tokens than any model's");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
                "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
                "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+",
                "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
                "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
                "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
                " ?[^(\\s|[.,!?…。，、।۔،])]+",
                "\\p{N}{1,3}(?=(?:\\p{N}{3})*\\b)",
                "[\\p{Han}]+|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{M}&&[^\\p{Han}]]*[\\p{Ll}\\p{M}&&[^\\p{Han}]]+",
                "\\s+$",
                "[0-9][0-9][0-9]",
                " {2,}",
                "\\s?\\p{L}+"
            })
    void expressionsOfPublishedTokenizersAreTaken(String pattern) {
        assertThat(PatternCheck.fault(pattern)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(a+)+$",
                "(a|aa)+b",
                "(a*)*",
                "(?:a?){30}b",
                "(a|b|ab)*c",
                "a*a*b",
                "a+(a*c)",
                "\\s*\\s*$",
                "a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?aaaaaaaaaaaaaaaaaaaa",
                "(a)\\1",
                "\\k<x>",
                "(?<x>a)",
                "(?{code})",
                "(?i:(a{1,3})+)b",
                "[[[[[[[[[[[[[[[[[[[[[[[[[[a",
                "((((((((((((((((((((((a))))))))))))))))))))))",
                "(a",
                "a)",
                "[a",
                "\\",
                "a{9999}",
                "a*b*a{2,3}?c",
                "(?x)a # (",
                "(((a{1000}){1000}){1000}){1000}",
                "((((((a{100}){10}){10}){10}){10}){10})",
                "\\X"
            })
    void expressionsThatCouldRunForEverAreNot(String pattern) {
        assertThat(PatternCheck.fault(pattern)).isNotNull();
    }

    @Test
    void whatReachesTheLibraryWhileEncodingIsGuarded() throws IOException {
        Files.writeString(
                folder.resolve("tokenizer.json"), TokenizerShapes.all().get(1));
        try (Tokenizer tokenizer = Tokenizer.open(folder)) {
            assertThat(tokenizer.encode("a\ud800b", false)).isEqualTo(tokenizer.encode("a?b", false));
            assertThat(tokenizer.encode("a\udc00", false)).isEqualTo(tokenizer.encode("a?", false));
            assertThat(tokenizer.decode(tokenizer.encode("x\0y", false))).isEqualTo("x\0y");
            assertThatThrownBy(() -> tokenizer.encode("a".repeat(2_000_001), false))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("2000001 characters");
            assertThat(tokenizer.encode("a".repeat(200_000), false)).isNotEmpty();
            assertThat(tokenizer.decode(-1, Integer.MAX_VALUE)).isEmpty();
        }
        Files.writeString(
                folder.resolve("tokenizer.json"),
                TokenizerShapes.wordLevel().replace("\"unk_token\": \"?\"", "\"unk_token\": \"none\""));
        try (Tokenizer tokenizer = Tokenizer.open(folder)) {
            assertThatThrownBy(() -> tokenizer.encode("word", false))
                    .isInstanceOf(TextException.class)
                    .hasMessageContaining("cannot encode this text");
        }
    }
}

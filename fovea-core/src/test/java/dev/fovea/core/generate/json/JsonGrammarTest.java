package dev.fovea.core.generate.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.generate.Constraint;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class JsonGrammarTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Every byte, and some tokens of several. Token 256 stands for no text. */
    private static final JsonVocabulary VOCABULARY = new JsonVocabulary(vocabulary());

    private static final int SIZE = vocabulary().size();

    private static List<byte[]> vocabulary() {
        List<byte[]> all = new ArrayList<>();
        for (int b = 0; b < 256; b++) {
            all.add(new byte[] {(byte) b});
        }
        all.add(null);
        for (String text :
                List.of("{\"", "\":", "\": ", "\",", "true", "null", "12", "}}", "red", "ä", "\"}", "], ", "0.")) {
            all.add(text.getBytes(StandardCharsets.UTF_8));
        }
        return all;
    }

    private static JsonGrammar grammar(String schema) {
        try {
            return JsonGrammar.ofSchema(JSON.readTree(schema), VOCABULARY);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Whether a whole text, byte by byte, is a document. */
    private static boolean accepts(JsonGrammar grammar, String text) {
        Constraint form = grammar.begin();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            float[] logits = new float[SIZE];
            form.forbid(logits);
            if (logits[b & 0xff] != 0) {
                return false;
            }
            form.accept(b & 0xff);
        }
        return form.mayEnd();
    }

    static Stream<Arguments> documents() {
        return Stream.of(
                Arguments.of("{\"type\":\"string\"}", "\"a\\u00e4\\n\\\"ä€😀\"", true),
                Arguments.of("{\"type\":\"string\"}", "\"a\nb\"", false),
                Arguments.of("{\"type\":\"string\"}", "\"\\ud83d\"", false),
                Arguments.of("{\"type\":\"string\"}", "abc", false),
                Arguments.of("{\"type\":\"string\",\"maxLength\":2}", "\"€😀\"", true),
                Arguments.of("{\"type\":\"string\",\"maxLength\":2}", "\"abc\"", false),
                Arguments.of("{\"type\":\"string\",\"minLength\":2}", "\"a\"", false),
                Arguments.of("{\"type\":\"string\",\"pattern\":\"^a+[bc]{2}$\"}", "\"aabc\"", true),
                Arguments.of("{\"type\":\"string\",\"pattern\":\"^a+[bc]{2}$\"}", "\"aab\"", false),
                Arguments.of("{\"type\":\"string\",\"pattern\":\"b\"}", "\"abc\"", true),
                Arguments.of("{\"type\":\"string\",\"pattern\":\"b\"}", "\"ac\"", false),
                Arguments.of("{\"type\":\"string\",\"pattern\":\"^[ä-ü]$\"}", "\"ö\"", true),
                Arguments.of("{\"type\":\"string\",\"pattern\":\"^[ä-ü]$\"}", "\"a\"", false),
                Arguments.of("{\"type\":\"string\",\"format\":\"date-time\"}", "\"2024-02-29T23:59:59Z\"", true),
                Arguments.of("{\"type\":\"string\",\"format\":\"date-time\"}", "\"2024-13-29T23:59:59Z\"", false),
                Arguments.of("{\"type\":\"string\",\"format\":\"ipv4\"}", "\"192.168.0.255\"", true),
                Arguments.of("{\"type\":\"string\",\"format\":\"ipv4\"}", "\"192.168.0.256\"", false),
                Arguments.of(
                        "{\"type\":\"string\",\"format\":\"uuid\"}", "\"123e4567-e89b-12d3-a456-426614174000\"", true),
                Arguments.of("{\"type\":\"string\",\"format\":\"email\"}", "\"a.b@example.org\"", true),
                Arguments.of("{\"type\":\"integer\"}", "-120", true),
                Arguments.of("{\"type\":\"integer\"}", "1.5", false),
                Arguments.of("{\"type\":\"integer\"}", "012", false),
                Arguments.of("{\"type\":\"number\"}", "-1.5e+10", true),
                Arguments.of("{\"type\":\"number\"}", "1.", false),
                Arguments.of("{\"type\":\"integer\",\"minimum\":3,\"maximum\":12}", "12", true),
                Arguments.of("{\"type\":\"integer\",\"minimum\":3,\"maximum\":12}", "2", false),
                Arguments.of("{\"type\":\"integer\",\"minimum\":3,\"maximum\":12}", "13", false),
                Arguments.of("{\"type\":\"integer\",\"minimum\":-5,\"exclusiveMaximum\":0}", "-5", true),
                Arguments.of("{\"type\":\"integer\",\"minimum\":-5,\"exclusiveMaximum\":0}", "0", false),
                Arguments.of("{\"type\":\"integer\",\"multipleOf\":7}", "91", true),
                Arguments.of("{\"type\":\"integer\",\"multipleOf\":7}", "92", false),
                Arguments.of("{\"type\":\"number\",\"minimum\":0,\"maximum\":1}", "0.25", true),
                Arguments.of("{\"type\":\"number\",\"minimum\":0,\"maximum\":1}", "1.01", false),
                Arguments.of("{\"type\":\"number\",\"multipleOf\":0.25}", "-1.75", true),
                Arguments.of("{\"type\":\"number\",\"multipleOf\":0.25}", "0.3", false),
                Arguments.of("{\"type\":[\"string\",\"null\"]}", "null", true),
                Arguments.of("{\"enum\":[\"red\",\"green\",3,null]}", "\"green\"", true),
                Arguments.of("{\"enum\":[\"red\",\"green\",3,null]}", "3", true),
                Arguments.of("{\"enum\":[\"red\",\"green\",3,null]}", "\"re\"", false),
                Arguments.of("{\"const\":{\"a\":1}}", "{\"a\":1}", true),
                Arguments.of(
                        "{\"type\":\"array\",\"items\":{\"type\":\"boolean\"},\"minItems\":1,\"maxItems\":2}",
                        "[true, false]",
                        true),
                Arguments.of(
                        "{\"type\":\"array\",\"items\":{\"type\":\"boolean\"},\"minItems\":1,\"maxItems\":2}",
                        "[]",
                        false),
                Arguments.of(
                        "{\"type\":\"array\",\"items\":{\"type\":\"boolean\"},\"minItems\":1,\"maxItems\":2}",
                        "[true,true,true]",
                        false),
                Arguments.of(OBJECT, "{\"a\": 1,\n  \"b\": \"x\"}", true),
                Arguments.of(OBJECT, "{\"a\":1}", true),
                Arguments.of(OBJECT, "{\"b\":\"x\"}", false),
                Arguments.of(OBJECT, "{\"a\":1,\"c\":2}", false),
                Arguments.of(OBJECT, "{\"a\":1,}", false),
                Arguments.of(
                        "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"}}",
                        "{\"x\":1,\"y\":2}",
                        true),
                Arguments.of(
                        "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"}}",
                        "{\"x\":\"1\"}",
                        false),
                Arguments.of("{\"type\":\"object\"}", "{\"x\":[1,{\"y\":null}],\"z\":{}}", true),
                Arguments.of(TREE, "{\"v\":1,\"next\":{\"v\":2,\"next\":null}}", true),
                Arguments.of(TREE, "{\"v\":1,\"next\":3}", false));
    }

    private static final String OBJECT = """
            {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}, "required": ["a"],
             "additionalProperties": false}""";

    private static final String TREE = """
            {"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "additionalProperties": false,
             "properties": {"v": {"type": "integer"}, "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}},
             "required": ["v", "next"]}}}""";

    @ParameterizedTest
    @MethodSource("documents")
    void takesWhatTheSchemaAllowsAndNothingElse(String schema, String document, boolean allowed) {
        assertThat(accepts(grammar(schema), document)).isEqualTo(allowed);
    }

    static Stream<String> schemas() {
        return Stream.concat(
                documents().map(a -> (String) a.get()[0]).distinct(),
                Stream.of(
                        "{\"type\":\"string\",\"pattern\":\"^(x|yz){2,3}\\\\d?[^a-z]$\"}",
                        "{\"type\":\"number\",\"minimum\":-0.5,\"exclusiveMaximum\":12.25,\"multipleOf\":0.05}",
                        "{\"type\":\"string\",\"format\":\"ipv6\"}",
                        "{\"type\":\"string\",\"format\":\"duration\"}"));
    }

    /** Whoever takes any token that is left gets a document: at no place nothing is left. */
    @ParameterizedTest
    @MethodSource("schemas")
    void everyWayLeadsToADocument(String schema) throws Exception {
        JsonGrammar grammar = grammar(schema);
        SplittableRandom random = new SplittableRandom(7);
        List<byte[]> tokens = vocabulary();
        for (int run = 0; run < 40; run++) {
            Constraint form = grammar.begin();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            for (int i = 0; i < 4_000 && !form.mustEnd() && !(form.mayEnd() && random.nextInt(3) == 0); i++) {
                float[] logits = new float[tokens.size()];
                form.forbid(logits);
                List<Integer> left = new ArrayList<>();
                for (int t = 0; t < logits.length; t++) {
                    if (logits[t] == 0) {
                        left.add(t);
                    }
                }
                if (left.isEmpty()) {
                    assertThat(form.mayEnd()).as("after %s", out).isTrue();
                    break;
                }
                assertThat(left).doesNotContain(256);
                // Inside a string nearly everything is left; the quote ends it, elsewhere a bracket.
                int end = left.size() > 100
                        ? left.indexOf((int) '"')
                        : left.stream()
                                .filter(t -> t == '}' || t == ']')
                                .findFirst()
                                .map(left::indexOf)
                                .orElse(-1);
                int chosen = left.get(i > 60 && end >= 0 ? end : random.nextInt(left.size()));
                form.accept(chosen);
                out.write(tokens.get(chosen));
            }
            String document = out.toString(StandardCharsets.UTF_8);
            assertThat(document).doesNotContain("\ufffd");
            JsonNode value = JSON.reader()
                    .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .readTree(document);
            assertThat(value).isNotNull();
        }
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of("{\"type\":\"strng\"}", "types are"),
                Arguments.of("{\"type\":\"string\",\"minItems\":1}", "'minItems', which cannot be enforced"),
                Arguments.of("{\"allOf\":[]}", "allOf"),
                Arguments.of("{\"not\":{}}", "not"),
                Arguments.of("{\"type\":\"object\",\"properties\":{},\"required\":[\"a\"]}", "requires 'a'"),
                Arguments.of("{\"$ref\":\"https://example.org/x\"}", "must stay inside"),
                Arguments.of("{\"$ref\":\"#/$defs/x\"}", "no such place"),
                Arguments.of("{\"$ref\":\"#\"}", "itself"),
                Arguments.of("{\"anyOf\":[{\"type\":\"null\"},{\"$ref\":\"#\"}]}", "itself"),
                Arguments.of("{\"type\":\"string\",\"pattern\":\"(a\"}", "not closed"),
                Arguments.of("{\"type\":\"string\",\"pattern\":\"(?=a)\"}", "looks around"),
                Arguments.of("{\"type\":\"string\",\"pattern\":\"\\\\bword\"}", "word boundary"),
                Arguments.of("{\"type\":\"string\",\"pattern\":\"((a{200}){200}){200}\"}", "repeats too much"),
                Arguments.of("{\"type\":\"string\",\"maxLength\":-1}", "maxLength"),
                Arguments.of("{\"type\":\"string\",\"maxLength\":1e40}", "maxLength"),
                Arguments.of("{\"type\":\"string\",\"format\":\"color\"}", "supported are date"),
                Arguments.of("{\"type\":\"integer\",\"minimum\":3,\"maximum\":2}", "no number at all"),
                Arguments.of("{\"type\":\"integer\",\"minimum\":1e300}", "minimum"),
                Arguments.of("{\"type\":\"integer\",\"multipleOf\":0}", "multipleOf"),
                Arguments.of("[]", "must be an object"),
                Arguments.of("{\"type\":\"array\",\"items\":[{}]}", "is no schema"));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void whatCannotBeEnforcedIsRefusedInOneSentence(String schema, String said) {
        assertThatThrownBy(() -> grammar(schema))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining(said)
                .hasMessageEndingWith(".");
    }

    @Test
    void anyObjectIsAnObject() {
        JsonGrammar grammar = JsonGrammar.ofAnyObject(VOCABULARY);
        assertThat(accepts(grammar, " {\"a\": [1, true, {\"b\": \"c\"}]}")).isTrue();
        assertThat(accepts(grammar, "[1]")).isFalse();
        assertThat(accepts(grammar, "{}{")).isFalse();
        assertThat(accepts(grammar, "{\"a\":\n" + " ".repeat(70) + "1}")).isFalse();
    }

    @Test
    void nestedChoicesAreBounded() {
        StringBuilder schema = new StringBuilder("{\"type\":\"string\"}");
        for (int i = 0; i < 12; i++) {
            schema = new StringBuilder("{\"anyOf\":[" + schema + "," + schema + "]}");
            if (schema.length() > 60_000) {
                break;
            }
        }
        String deep = schema.toString();
        assertThatThrownBy(() -> grammar(deep)).hasMessageContaining("ways open");
    }
}

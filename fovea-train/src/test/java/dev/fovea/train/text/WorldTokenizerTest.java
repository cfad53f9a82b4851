package dev.fovea.train.text;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class WorldTokenizerTest {
    private static final String FILE = WorldTokenizer.learn(30, 200);
    private static final HuggingFaceTokenizer TOKENIZER = open();

    private static HuggingFaceTokenizer open() {
        try {
            return HuggingFaceTokenizer.newInstance(
                    new ByteArrayInputStream(FILE.getBytes(StandardCharsets.UTF_8)), Map.of());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long[] encode(String text) {
        return TOKENIZER.encode(text, false, false).getIds();
    }

    @Provide
    Arbitrary<String> anything() {
        Arbitrary<Integer> points = Arbitraries.oneOf(
                Arbitraries.integers().between(0, 0x7F),
                Arbitraries.integers().between(0x80, 0xD7FF),
                Arbitraries.integers().between(0xE000, 0xFFFF),
                Arbitraries.integers().between(0x10000, 0x10FFFF));
        return points.list()
                .ofMaxSize(30)
                .map(list -> list.stream()
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString());
    }

    @Property(tries = 300)
    void anyTextComesBackAsItWas(@ForAll("anything") String text) {
        Assume.that(WorldTokenizer.SPECIAL.stream().noneMatch(text::contains));
        assertThat(TOKENIZER.decode(encode(text))).isEqualTo(text);
    }

    @Example
    void theSameWorldGivesTheSameFile() {
        assertThat(WorldTokenizer.learn(30, 200)).isEqualTo(FILE);
    }

    @Example
    void specialTokensHaveTheIdsOfTheirConstants() {
        for (int id = 0; id < WorldTokenizer.SPECIAL.size(); id++) {
            assertThat(encode(WorldTokenizer.SPECIAL.get(id))).containsExactly(id);
        }
        assertThat(WorldTokenizer.SPECIAL.get(WorldTokenizer.PAD)).isEqualTo("<pad>");
        assertThat(WorldTokenizer.SPECIAL.get(WorldTokenizer.ASSISTANT)).isEqualTo("<assistant>");
        assertThat(WorldTokenizer.SPECIAL.get(WorldTokenizer.IMAGE)).isEqualTo("<image>");
    }

    @Example
    void theVocabularyIsSpecialTokensBytesAndMergesAndTheEndOfTextFollowsIt() throws IOException {
        JsonNode root = new ObjectMapper().readTree(FILE);
        int words = root.at("/model/vocab").size();
        int merges = root.at("/model/merges").size();
        assertThat(merges).isLessThanOrEqualTo(200);
        // Two merges may make the same word, which then has one id.
        assertThat(words).isBetween(6 + 256 + 1, 6 + 256 + merges);
        assertThat(encode(WorldTokenizer.END_OF_TEXT)).containsExactly(words);
        assertThat(root.at("/model/vocab"))
                .allSatisfy(id -> assertThat(id.asInt()).isLessThan(words));
    }

    @Example
    void wordsOfTheWorldAreFewTokens() {
        assertThat(encode("Is there a red circle?")).hasSizeLessThan(12);
    }
}

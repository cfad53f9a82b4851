package dev.fovea.train.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

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

    /** Up to 30 characters, as many of ASCII as of what one, two and three further bytes hold. */
    private static String anything(SplittableRandom random) {
        int[][] ranges = {{0, 0x80}, {0x80, 0xD800}, {0xE000, 0x10000}, {0x10000, 0x110000}};
        return random.ints(random.nextInt(31), 0, ranges.length)
                .map(i -> random.nextInt(ranges[i][0], ranges[i][1]))
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    @RepeatedTest(300)
    void anyTextComesBackAsItWas(RepetitionInfo trial) {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        String text = anything(random);
        assumeTrue(WorldTokenizer.SPECIAL.stream().noneMatch(text::contains));
        assertThat(TOKENIZER.decode(encode(text))).isEqualTo(text);
    }

    @Test
    void theSameWorldGivesTheSameFile() {
        assertThat(WorldTokenizer.learn(30, 200)).isEqualTo(FILE);
    }

    @Test
    void specialTokensHaveTheIdsOfTheirConstants() {
        for (int id = 0; id < WorldTokenizer.SPECIAL.size(); id++) {
            assertThat(encode(WorldTokenizer.SPECIAL.get(id))).containsExactly(id);
        }
        assertThat(WorldTokenizer.SPECIAL.get(WorldTokenizer.PAD)).isEqualTo("<pad>");
        assertThat(WorldTokenizer.SPECIAL.get(WorldTokenizer.ASSISTANT)).isEqualTo("<assistant>");
        assertThat(WorldTokenizer.SPECIAL.get(WorldTokenizer.IMAGE)).isEqualTo("<image>");
    }

    @Test
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

    @Test
    void wordsOfTheWorldAreFewTokens() {
        assertThat(encode("Is there a red circle?")).hasSizeLessThan(12);
    }
}

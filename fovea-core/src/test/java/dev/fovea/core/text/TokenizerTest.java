package dev.fovea.core.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TokenizerTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");
    private static final Tokenizer LLAVA = Tokenizer.open(GOLDEN.resolve("llava-gqa"));
    private static final Tokenizer CLIP = Tokenizer.open(GOLDEN.resolve("clip"));

    @TempDir
    Path dir;

    static Stream<Arguments> golden() throws IOException {
        return Stream.concat(cases("llava-gqa"), cases("clip"));
    }

    private static Stream<Arguments> cases(String folder) throws IOException {
        JsonNode json = new ObjectMapper()
                .readTree(GOLDEN.resolve(folder).resolve("golden.json").toFile());
        return StreamSupport.stream(json.path("tokenizer").spliterator(), false)
                .map(c -> Arguments.of(folder, c.path("text").asText(), c));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("golden")
    void encodesAndDecodesAsTransformersDoes(String folder, String text, JsonNode golden) {
        Tokenizer tokenizer = folder.equals("clip") ? CLIP : LLAVA;
        int[] ids = ints(golden.path("ids"));
        assertThat(tokenizer.encode(text, true)).isEqualTo(ids);
        assertThat(tokenizer.encode(text, false)).isEqualTo(ints(golden.path("ids_without_special_tokens")));
        assertThat(tokenizer.decode(ids, false))
                .isEqualTo(golden.path("decoded").asText());
        assertThat(tokenizer.decode(ids))
                .isEqualTo(golden.path("decoded_without_special_tokens").asText());
        for (int i = 0; i < ids.length; i++) {
            assertThat(tokenizer.piece(ids[i]))
                    .isEqualTo(golden.path("tokens").get(i).asText());
        }
    }

    private static int[] ints(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false)
                .mapToInt(JsonNode::asInt)
                .toArray();
    }

    @Test
    void specialTokensHaveTextsAndIds() {
        assertThat(LLAVA.specialTokens()).isEqualTo(new SpecialTokens("<s>", "</s>", "<pad>", "<unk>", "<image>"));
        assertThat(LLAVA.requireId("<image>")).isEqualTo(4);
        assertThat(LLAVA.endId()).hasValue(2);
        assertThat(LLAVA.id("<video>")).isEmpty();
        assertThatThrownBy(() -> LLAVA.requireId("<imaeg>"))
                .isInstanceOf(TextException.class)
                .hasMessageEndingWith("has no special token '<imaeg>' (did you mean '<image>'?)");
        assertThat(LLAVA.piece(1_000_000)).isEmpty();
    }

    @Test
    void picturesAreOneTokenEach() {
        assertThat(LLAVA.encode("<image><image>", false)).containsExactly(4, 4);
        assertThat(LLAVA.decode(LLAVA.encode("a<image>b", false), false)).contains("<image>");
    }

    @Test
    void renderedPromptsGetNoSecondBeginning() {
        assertThat(LLAVA.encodePrompt("<s>a")[0]).isEqualTo(1);
        assertThat(LLAVA.encodePrompt("<s>a")[1]).isNotEqualTo(1);
        assertThat(LLAVA.encodePrompt("a")).isEqualTo(LLAVA.encode("a", true));
    }

    @Test
    void longTextsAreNotTruncated() {
        assertThat(LLAVA.encode("red ".repeat(5000), true)).hasSizeGreaterThan(5000);
        assertThat(CLIP.encode("red ".repeat(500), true)).hasSize(502);
    }

    @Test
    void manyThreadsGetWhatOneGets() {
        int[] alone = LLAVA.encode("What colour is the star?", true);
        assertThat(Stream.generate(() -> "What colour is the star?")
                        .limit(200)
                        .parallel()
                        .map(t -> LLAVA.encode(t, true)))
                .allSatisfy(ids -> assertThat(ids).isEqualTo(alone));
    }

    @Test
    void aClosedTokenizerSaysSo() {
        Tokenizer tokenizer = Tokenizer.open(GOLDEN.resolve("clip"));
        tokenizer.close();
        tokenizer.close();
        assertThatThrownBy(() -> tokenizer.encode("a", true))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("The tokenizer has been closed");
    }

    @Test
    void textThatIsNotUnicodeIsNoProblem() {
        assertThat(LLAVA.encode("a\ud83db\udc00 \0 c", false)).isNotEmpty();
    }

    @Test
    void missingAndBrokenFilesAreSaidInOneSentence() throws IOException {
        assertThatThrownBy(() -> Tokenizer.open(dir))
                .hasMessage(dir + " holds no tokenizer.json; is it the folder of a checkpoint?");
        Files.createFile(dir.resolve("tokenizer.model"));
        assertThatThrownBy(() -> Tokenizer.open(dir)).hasMessageContaining("convert its tokenizer.model");
        Files.writeString(dir.resolve("tokenizer.json"), "{\"added_tokens\": [");
        assertThatThrownBy(() -> Tokenizer.open(dir)).hasMessageContaining("is not valid JSON near line 1");
        Files.writeString(dir.resolve("tokenizer.json"), "[]");
        assertThatThrownBy(() -> Tokenizer.open(dir)).hasMessageContaining("does not hold a tokenizer");
        Files.writeString(dir.resolve("tokenizer.json"), "{\"model\": {\"type\": \"nonsense\"}}");
        assertThatThrownBy(() -> Tokenizer.open(dir))
                .isInstanceOf(TextException.class)
                .hasMessageContaining("is not a tokenizer that Fovea can use");
    }
}

package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.generate.FinishReason;
import dev.fovea.core.generate.SamplingOptions;
import dev.fovea.core.text.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers held to a form, by models of random weights, which would never find it by themselves. */
class JsonAnswerTest {
    private static final Path ROOT = Path.of("src/test/resources/golden");

    private static final String SCHEMA = """
            {"type": "object", "additionalProperties": false, "required": ["name", "count", "tags"],
             "properties": {"name": {"type": "string", "maxLength": 6}, "count": {"type": "integer", "maximum": 9,
             "minimum": -3}, "tags": {"type": "array", "maxItems": 2, "items": {"enum": ["red", "ä"]}}}}""";

    /** One tokenizer is byte-level, the other of SentencePiece's kind. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-gqa", "qwen2-5-vl"})
    void tokensStandForTheBytesOfTheirText(String name) {
        try (Tokenizer tokenizer = Tokenizer.open(ROOT.resolve(name))) {
            List<byte[]> bytes = tokenizer.tokenBytes();
            String text = "Where is {\"a\": [1, 2.5]}\n  the ä€😀 star?";
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            for (int id : tokenizer.encodeText(text, false)) {
                out.writeBytes(Objects.requireNonNull(bytes.get(id), () -> "token " + id));
            }
            assertThat(out.toString(StandardCharsets.UTF_8).strip()).isEqualTo(text);
            assertThat(bytes.get(tokenizer.requireId(special(tokenizer)))).isNull();
        }
    }

    private static String special(Tokenizer tokenizer) {
        return Objects.requireNonNull(tokenizer.specialTokens().end());
    }

    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-gqa"})
    void answersAreDocumentsOfTheSchema(String name) throws Exception {
        try (VisionLanguageModel model = VisionLanguageModel.open(
                ROOT.resolve(name), OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32))) {
            AskOptions greedy = AskOptions.defaults();
            AskOptions form = greedy.withGeneration(
                    greedy.generation().withGrammar(model.json(SCHEMA)).withMaxTokens(300));
            for (int seed = 0; seed < 6; seed++) {
                AskOptions options = seed == 0 ? form : form.withSampling(SamplingOptions.at(1.5, seed));
                Answer answer = model.ask(List.of(), "Which?", options);
                assertThat(answer.finish()).isEqualTo(FinishReason.END);
                JsonNode value = new ObjectMapper().readTree(answer.text());
                assertThat(value.path("name")
                                .textValue()
                                .codePointCount(
                                        0, value.path("name").textValue().length()))
                        .isLessThanOrEqualTo(6);
                assertThat(value.path("count").intValue()).isBetween(-3, 9);
                assertThat(value.path("tags").size()).isLessThanOrEqualTo(2);
            }
            assertThatThrownBy(() -> model.json("{\"type\":")).hasMessage("The schema is not valid JSON.");
        }
    }

    @Test
    void theLikeliestTokensAreNotedBesideTheChosen() {
        try (VisionLanguageModel model = VisionLanguageModel.open(ROOT.resolve("llava-mha"))) {
            AskOptions greedy = AskOptions.defaults().withMaxTokens(5);
            Answer answer = model.ask(
                    List.of(),
                    "Which?",
                    greedy.withGeneration(greedy.generation().withLikeliest(3)));
            assertThat(answer.tokens()).isNotEmpty().allSatisfy(token -> {
                assertThat(token.likeliest()).hasSize(3);
                assertThat(token.likeliest().getFirst().token()).isEqualTo(token.id());
                assertThat(token.likeliest().getFirst().logProbability()).isEqualTo(token.logProbability());
                assertThat(token.likeliest().get(1).logProbability()).isLessThanOrEqualTo(token.logProbability());
            });
        }
    }
}

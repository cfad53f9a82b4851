package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.generate.Generated;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Attribution;
import dev.fovea.core.path.Attribution.Over;
import dev.fovea.core.path.Continuation;
import dev.fovea.core.technique.Techniques;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What answers are weighed at is what they are given with. */
class WeighingTest {
    private static final Path MODELS = Path.of("src/test/resources/golden");
    private static final String QUESTION = "Is there a star?";

    private static VisionLanguageModel open(String name) {
        return VisionLanguageModel.open(
                MODELS.resolve(name),
                OpenOptions.defaults()
                        .withPrecision(OpenOptions.Precision.F32)
                        .withTechniques(Techniques.of(List.of())));
    }

    private static RgbImage picture() {
        return new PictureReader()
                .read(MODELS.resolve("llava-mha/images/wide.png"))
                .image();
    }

    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "qwen2-vl", "gemma3", "paligemma", "text-qwen3"})
    void anAnswerIsAsLikelyAsItWasGiven(String name) {
        List<RgbImage> shown = name.startsWith("text") ? List.of() : List.of(picture());
        AskOptions options = AskOptions.defaults().withMaxTokens(4);
        try (VisionLanguageModel model = open(name);
                Weighing weighing = model.weigh(shown, QUESTION, options)) {
            Answer answer = model.ask(shown, QUESTION, options);
            int[] ids = answer.tokens().stream().mapToInt(Generated.Token::id).toArray();
            double given = answer.tokens().stream()
                    .mapToDouble(Generated.Token::logProbability)
                    .sum();
            assertThat(weighing.logProbability(ids)).isCloseTo(given, offset(1e-3));
            assertThat(weighing.tokens()).isEqualTo(answer.promptTokens());
            assertThat(weighing.states(ids, List.of(new int[0])).getFirst().rows())
                    .isEqualTo(model.shape().decoderLayers());
            float[] shares = weighing.attribution(Continuation.of(ids), new Attribution.Gradient(), Over.PROMPT);
            assertThat(shares).hasSize(weighing.tokens());
            assertThat(weighing.layout().visualCount() > 0).isEqualTo(!shown.isEmpty());
        }
    }

    /** Whether a turn is marked with a word or with a token: what is weighed is what would be written. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "qwen2-vl", "paligemma"})
    void answersAreWrittenAsTheModelWould(String name) {
        try (VisionLanguageModel model = open(name);
                Weighing weighing = model.weigh(List.of(picture()), QUESTION, AskOptions.defaults())) {
            int[] ids = weighing.answer(" yes ");
            assertThat(model.asking().tokenizer().decode(ids).strip()).isEqualTo("yes");
            assertThatThrownBy(() -> weighing.answer(" ")).hasMessageContaining("give at least one");
        }
    }

    @Test
    void aClosedModelSaysSo() {
        VisionLanguageModel model = open("llava-mha");
        try (Weighing weighing = model.weigh(List.of(picture()), QUESTION, AskOptions.defaults())) {
            model.close();
            assertThatThrownBy(() -> weighing.logProbability(7)).hasMessageContaining("has been closed");
        }
    }
}

package dev.fovea.techniques;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.Answer;
import dev.fovea.core.AskOptions;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.Question;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Technique;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every technique decides and answers the same where layers take a few tokens and the encoder one tile at a time. */
class InBlocksOnFamilyTest {
    private static final Path MODELS = Path.of("..", "fovea-core", "src", "test", "resources", "golden");
    private static final int FEW = 6;

    /** Those that these small models and pictures cannot have, each for a reason that it says. */
    private static final Set<String> REFUSED = Set.of("tca", "adaptvision-scaling", "downsample");

    private static VisionLanguageModel open(String name, int rows) {
        return VisionLanguageModel.open(
                MODELS.resolve(name),
                OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32).withRowsAtOnce(rows));
    }

    private static RgbImage picture(String model, String name) {
        return new PictureReader()
                .read(MODELS.resolve(model).resolve("images/" + name + ".png"))
                .image();
    }

    /** Nobody has trained anything for these models. */
    private static String spec(Technique technique) {
        String id = technique.card().id();
        String knobs = Set.of("llava-sp", "vlora").contains(id) ? ",side=4" : "";
        return id + (technique.card().trained() ? ":weights=untrained" + knobs : "");
    }

    @ParameterizedTest
    @ValueSource(strings = {"llava-next", "qwen3-vl"})
    void everyTechnique(String name) {
        RgbImage wide = picture(name, "wide");
        RgbImage tall = picture(name, "tall");
        List<Question> questions = List.of(
                new Question(List.of(wide), "How many red circles are there?"),
                new Question(List.of(tall, wide), "Is there a star?"));
        try (VisionLanguageModel whole = open(name, 100_000);
                VisionLanguageModel few = open(name, FEW)) {
            for (Technique technique : Models.techniques()) {
                if (REFUSED.contains(technique.card().id())) {
                    continue;
                }
                AskOptions options = AskOptions.defaults()
                        .withTechniques(List.of(spec(technique)), Budget.share(0.5))
                        .withMaxTokens(3);
                List<Answer> expected = whole.askAll(questions, options);
                List<Answer> actual = few.askAll(questions, options);
                for (int i = 0; i < expected.size(); i++) {
                    same(spec(technique), actual.get(i), expected.get(i));
                }
            }
        }
    }

    private static void same(String what, Answer actual, Answer expected) {
        assertThat(fates(actual)).as(what).isEqualTo(fates(expected));
        assertThat(actual.tokens()).as(what).hasSameSizeAs(expected.tokens());
        for (int i = 0; i < expected.tokens().size(); i++) {
            assertThat(actual.tokens().get(i).id())
                    .as(what)
                    .isEqualTo(expected.tokens().get(i).id());
            assertThat((double) actual.tokens().get(i).logProbability())
                    .as(what)
                    .isCloseTo(expected.tokens().get(i).logProbability(), within(1e-4));
        }
    }

    private static List<Ledger.Fate> fates(Answer answer) {
        return answer.ledger().tokens().stream().map(Ledger.Token::fate).toList();
    }
}

package dev.fovea.techniques.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.Answer;
import dev.fovea.core.AskOptions;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.Question;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Part;
import dev.fovea.core.technique.Budget;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** AdaptVision on a tiny model that sees pictures of 56 pixels as 4 x 4 tokens. */
class AdaptVisionOnModelTest {
    private static final Path FOLDER = Path.of("..", "fovea-core", "src", "test", "resources", "golden", "llava-mha");
    private static final VisionLanguageModel MODEL =
            VisionLanguageModel.open(FOLDER, OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32));

    @AfterAll
    static void close() {
        MODEL.close();
    }

    private static AskOptions options(String knobs, Budget budget) {
        return AskOptions.defaults()
                .withMaxTokens(3)
                .withTechniques(List.of("adaptvision-scaling:weights=untrained" + knobs), budget);
    }

    private static RgbImage picture(int width, int height) {
        RgbImage picture = RgbImage.filled(width, height, 0, 0, 0);
        for (int i = 0; i < picture.rgb().length; i++) {
            picture.rgb()[i] = (byte) (i * 131 % 253);
        }
        return picture;
    }

    /** 19 positions for the thumbnail with its place and both brackets, five for each tile. */
    @ParameterizedTest
    @CsvSource({"30, 20, 1, 24", "57, 20, 2, 29", "80, 100, 4, 39", "400, 500, 9, 64", "20, 300, 3, 34"})
    void theNumberOfTokensFollowsThePicture(int width, int height, int tiles, int tokens) {
        for (Budget budget : List.of(Budget.full(), Budget.share(0.5), Budget.count(12))) {
            Answer answer = MODEL.ask(List.of(picture(width, height)), "Is there a star?", options("", budget));
            Ledger ledger = answer.ledger();
            assertThat(ledger.images()).hasSize(1 + tiles);
            assertThat(ledger.kept()).isEqualTo(tokens);
            assertThat(ledger.decoderTokens()).containsOnly(tokens);
            assertThat(ledger.plainTotal()).isEqualTo(16);
            assertThat(ledger.images().getFirst().part()).isEqualTo(new Part.Overview());
        }
        assertThat(MODEL.ask(List.of(picture(width, height)), "?", options(",cut=none", Budget.full()))
                        .ledger()
                        .kept())
                .isEqualTo(19);
        assertThat(MODEL.ask(List.of(picture(width, height)), "?", options(",cut=fixed,places=off", Budget.full()))
                        .ledger()
                        .kept())
                .isEqualTo(18 + 36);
    }

    /** A prompt's pictures are cut each for itself, and what other prompts show changes nothing. */
    @Test
    void batchesDoNotMix() {
        AskOptions options = options("", Budget.full());
        RgbImage wide = picture(150, 40);
        RgbImage small = picture(40, 40);
        Question both = new Question(List.of(small, wide), "Is there a star?");
        Question one = new Question(List.of(wide), "How many rings are there?");
        List<Answer> together = MODEL.askAll(List.of(both, one), options);
        assertThat(together.getFirst().ledger().images()).hasSize(2 + 4);
        for (Question question : List.of(both, one)) {
            Answer alone = MODEL.ask(question.images(), question.text(), options);
            Answer batched = together.get(question == both ? 0 : 1);
            assertThat(batched.text()).isEqualTo(alone.text());
            for (int i = 0; i < alone.tokens().size(); i++) {
                assertThat((double) batched.tokens().get(i).logProbability())
                        .isCloseTo(alone.tokens().get(i).logProbability(), within(1e-4));
            }
        }
    }

    /** Other techniques act on the thumbnail and on every tile, and on all of them in the language model. */
    @Test
    void otherTechniquesActBehindIt() {
        AskOptions options = AskOptions.defaults()
                .withMaxTokens(2)
                .withTechniques(List.of("adaptvision-scaling:weights=untrained", "fastv:k=2"), Budget.share(0.5));
        Ledger ledger = MODEL.ask(List.of(picture(150, 40)), "Is there a star?", options)
                .ledger();
        assertThat(ledger.decoderTokens()).startsWith(34, 34);
        assertThat(ledger.decoderTokens().get(2)).isLessThan(34);
    }
}

package dev.fovea.techniques.learned;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.Answer;
import dev.fovea.core.AskOptions;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.generate.Generated;
import dev.fovea.core.generate.Speculation;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.learned.LearnedPlanner;
import dev.fovea.core.learned.OwnWeights;
import dev.fovea.core.learned.TechniqueFolder;
import dev.fovea.core.learned.TrainedCard;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.tensor.Scope;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** FLASH's draft with random weights beside tiny models: their answers are what they are without it. */
class FlashOnModelTest {
    private static final Path MODELS = Path.of("..", "fovea-core", "src", "test", "resources", "golden");
    private static final RgbImage WIDE = picture("wide");
    private static final RgbImage TALL = picture("tall");
    private static final String DRAFT = "flash:weights=untrained,k=3,c=4";

    @TempDir
    Path folder;

    private static RgbImage picture(String name) {
        return new PictureReader()
                .read(MODELS.resolve("llava-mha/images/" + name + ".png"))
                .image();
    }

    private static VisionLanguageModel open(String name) {
        return VisionLanguageModel.open(
                MODELS.resolve(name), OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32));
    }

    private static List<Integer> ids(Answer answer) {
        return answer.tokens().stream().map(Generated.Token::id).toList();
    }

    private static void sameAnswers(VisionLanguageModel model, AskOptions options, String draft) {
        for (List<RgbImage> images : List.of(List.<RgbImage>of(), List.of(WIDE), List.of(WIDE, TALL))) {
            Answer plain = model.ask(images, "What do you see?", options);
            Answer guessed = model.ask(images, "What do you see?", options.withSpeculation(draft));
            assertThat(ids(guessed))
                    .as("%s with %s", draft, options.techniques())
                    .isEqualTo(ids(plain));
            assertThat(guessed.text()).isEqualTo(plain.text());
            assertThat(guessed.ledger().cachedTokens()).isEqualTo(plain.ledger().cachedTokens());
            Speculation told = requireNonNull(guessed.speculation());
            assertThat(told.passes()).isLessThanOrEqualTo(plain.tokens().size());
        }
    }

    /** One model of each way in which families lay out pictures, positions and windows. */
    @ParameterizedTest
    @CsvSource({
        "llava-gqa",
        "llava-next",
        "llava-onevision",
        "qwen2-vl",
        "qwen3-vl",
        "gemma3",
        "idefics3",
        "internvl",
        "mistral3"
    })
    void everyFamily(String name) {
        try (VisionLanguageModel model = open(name)) {
            AskOptions options = AskOptions.defaults().withMaxTokens(14);
            sameAnswers(model, options, DRAFT);
            sameAnswers(model, options, DRAFT + ",before=paper,most=2");
        }
    }

    /** With techniques that drop, merge, steer, rewrite words, forget keys or add words of a thought. */
    @ParameterizedTest
    @CsvSource({
        "hiprune, 50%",
        "fastv, 50%",
        "pyramiddrop, 50%",
        "tome, 50%",
        "grains:weights=untrained, full",
        "dyvte:weights=untrained, 50%",
        "matryoshka:weights=untrained, 25%",
        "voco-llama:weights=untrained, 50%",
        "llava-mini:weights=untrained, full",
        "covt:weights=untrained, 50%"
    })
    void besideTechniques(String technique, String budget) {
        try (VisionLanguageModel model = open("llava-gqa")) {
            AskOptions options =
                    AskOptions.defaults().withMaxTokens(10).withTechniques(List.of(technique), Budget.parse(budget));
            Answer plain = model.ask(List.of(WIDE), "What do you see?", options);
            Answer guessed = model.ask(List.of(WIDE), "What do you see?", options.withSpeculation(DRAFT));
            assertThat(ids(guessed)).isEqualTo(ids(plain));
            assertThat(guessed.ledger().cachedTokens()).isEqualTo(plain.ledger().cachedTokens());
        }
    }

    @ParameterizedTest
    @CsvSource({"m3id", "vista", "attention-rebalancing"})
    void techniquesThatDecideAboutLogitsAreRefused(String technique) {
        try (VisionLanguageModel model = open("llava-gqa")) {
            AskOptions options = AskOptions.defaults()
                    .withTechniques(List.of(technique), Budget.full())
                    .withSpeculation(DRAFT);
            assertThatThrownBy(() -> model.ask(List.of(WIDE), "What?", options))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'" + technique + "' decides about the logits");
        }
    }

    /** Weights that were written are those that guess; another model's, and those of another vocabulary, are refused. */
    @Test
    void weightsBelongToAModel() {
        Flash flash = new Flash();
        Path own = folder.resolve("own");
        try (VisionLanguageModel model = open("llava-mha");
                VisionLanguageModel other = open("llava-gqa")) {
            Knobs knobs = Knobs.of(flash.card(), Map.of("k", "3", "c", "4"));
            Map<String, Tensor> tensors = new HashMap<>();
            try (Scope ignored = Scope.inference();
                    OwnWeights fresh = OwnWeights.initial("flash", flash.declaration(model.shape(), knobs), 4)) {
                flash.declaration(model.shape(), knobs)
                        .parameters()
                        .forEach(p -> tensors.put(p.name(), fresh.tensor(p.name(), p.sizes())));
                String base = LearnedPlanner.base(model.folder());
                new TechniqueFolder(own)
                        .write(
                                tensors,
                                new TrainedCard(
                                        "flash",
                                        "tiny",
                                        base,
                                        "by hand",
                                        "nothing",
                                        0,
                                        0,
                                        0,
                                        0,
                                        Map.of("k", "3", "c", "4"),
                                        Map.of()));
            }
            sameAnswers(model, AskOptions.defaults().withMaxTokens(9), "flash:weights=" + own);
            assertThatThrownBy(() -> other.ask(
                            List.of(WIDE), "What?", AskOptions.defaults().withSpeculation("flash:weights=" + own)))
                    .hasMessageContaining("train")
                    .hasMessageMatching("(?s)[^\\n]+");
            assertThatThrownBy(() -> model.ask(
                            List.of(WIDE), "What?", AskOptions.defaults().withSpeculation("flash")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("fovea train flash --from");
            assertThatThrownBy(() -> model.ask(
                            List.of(WIDE), "What?", AskOptions.defaults().withSpeculation("hiprune")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("flash");
        }
    }
}

package dev.fovea.techniques;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.Answer;
import dev.fovea.core.AskOptions;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.Question;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Part;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Technique;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every technique on families without a class token, with merged patches, windows, deep features, tiles, and pictures of different
 * sizes in one prompt: it answers, or says in one sentence what the model lacks.
 */
class OnFamilyTest {
    private static final Path MODELS = Path.of("..", "fovea-core", "src", "test", "resources", "golden");
    private static final String QUESTION = "How many red circles are there?";

    /** What cannot run on a model, and a part of the sentence that says why. */
    private static @Nullable String refusal(String id, String model, ModelShape shape) {
        if (id.equals("tca")) {
            // These encoders and pictures are too small for it.
            return shape.hasCls() ? "Technique 'tca'" : "this model's encoder has none";
        }
        if (id.equals("adaptvision-scaling") && !model.startsWith("paligemma")) {
            return shape.traits().tiles() ? "this model cuts them itself" : "cannot be cut by a technique";
        }
        if (id.equals("voco-llama") && model.startsWith("paligemma")) {
            return "see each other both ways";
        }
        if (id.equals("downsample") && model.startsWith("llava-")) {
            return "cannot be resized by a technique";
        }
        // The one picture that is asked about is interpolated behind the encoder.
        boolean interpolated = model.equals("llava-onevision");
        return interpolated && Set.of("tome", "turbo", "flowcut", "pixelprune").contains(id)
                ? "interpolates to a smaller grid behind its encoder"
                : null;
    }

    /** Those whose cards promise as many tokens as the budget says. */
    private static final Set<String> EXACT =
            Set.of("random", "grid", "tome", "turbo", "flowcut", "hiprune", "vtc-cls", "holov", "fastv");

    /** Those that change the matrices of a connector. */
    private static final Set<String> FINETUNED =
            Set.of("matryoshka", "llavolta", "llava-sp", "llava-mini", "voco-llama");

    /** Those that decide about the size of a picture, which the frames of a video do not leave to them. */
    private static final Set<String> RESIZING = Set.of("downsample");

    /** One adds a token to every image. */
    private static int most(String id, Ledger ledger) {
        return ledger.total() + (id.equals("llava-sp") ? ledger.images().size() : 0);
    }

    private record Case(Technique technique, String name, VisionLanguageModel model, RgbImage wide, RgbImage tall) {
        /** Nobody has trained anything for these models. */
        String spec() {
            String id = technique.card().id();
            String knobs = Set.of("llava-sp", "vlora").contains(id) ? ",side=4" : "";
            return id + (technique.card().trained() ? ":weights=untrained" + knobs : "");
        }

        @Override
        public String toString() {
            return technique.card().id() + " on " + name;
        }
    }

    private static final List<VisionLanguageModel> OPEN = new ArrayList<>();
    private static List<Case> cases = List.of();

    @BeforeAll
    static void open() {
        List<Case> all = new ArrayList<>();
        for (String name : List.of(
                "qwen2-5-vl",
                "qwen3-vl",
                "idefics3",
                "gemma3-pas",
                "paligemma2",
                "llava-next",
                "llava-onevision",
                "internvl",
                "mistral3")) {
            Path folder = MODELS.resolve(name);
            VisionLanguageModel model =
                    VisionLanguageModel.open(folder, OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32));
            OPEN.add(model);
            RgbImage wide = picture(folder, "wide");
            RgbImage tall = picture(folder, "tall");
            Models.techniques().forEach(t -> all.add(new Case(t, name, model, wide, tall)));
        }
        cases = all;
    }

    @AfterAll
    static void close() {
        OPEN.forEach(VisionLanguageModel::close);
    }

    static List<Case> cases() {
        return cases;
    }

    private static RgbImage picture(Path folder, String name) {
        return new PictureReader()
                .read(folder.resolve("images/" + name + ".png"))
                .image();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void halfTheTokens(Case c) {
        AskOptions options = AskOptions.defaults()
                .withTechniques(List.of(c.spec()), Budget.share(0.5))
                .withMaxTokens(3);
        String id = c.technique.card().id();
        String refusal = refusal(id, c.name, c.model.shape());
        if (refusal != null) {
            assertThatThrownBy(() -> c.model.ask(List.of(c.wide), QUESTION, options))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(refusal);
            return;
        }
        if (FINETUNED.contains(id) && c.name.startsWith("gemma3")) {
            // Its connector keeps its matrix the other way round, under another name.
            assertThatThrownBy(() -> c.model.ask(List.of(c.wide), QUESTION, options))
                    .hasMessageContaining("which this model does not have");
            return;
        }
        Answer wide = c.model.ask(List.of(c.wide), QUESTION, options);
        Ledger ledger = wide.ledger();
        assertThat(ledger.total())
                .isEqualTo(
                        ledger.images().stream().mapToInt(Ledger.Grid::tokens).sum());
        assertThat(ledger.kept()).isLessThanOrEqualTo(most(id, ledger));
        if (EXACT.contains(id)) {
            // Half of each view where they act before the language model, of the prompt behind that: both round up.
            int ofViews =
                    ledger.images().stream().mapToInt(g -> (g.tokens() + 1) / 2).sum();
            assertThat(ledger.kept()).isIn(ofViews, (ledger.total() + 1) / 2);
        }
        List<Answer> together = c.model.askAll(
                List.of(
                        new Question(List.of(c.wide), QUESTION),
                        new Question(List.of(c.tall, c.wide), "Is there a star?"),
                        new Question(List.of(c.tall), QUESTION)),
                options);
        same(together.getFirst(), wide);
        same(together.getLast(), c.model.ask(List.of(c.tall), QUESTION, options));
        assertThat(together.get(1).ledger().images().getLast().picture()).isEqualTo(1);
    }

    /** Three frames are two moments, each an image: techniques act on them, or say in one sentence that they cannot. */
    @ParameterizedTest
    @MethodSource("films")
    void halfOfAVideo(Case c) {
        String id = c.technique.card().id();
        AskOptions options = AskOptions.defaults()
                .withTechniques(List.of(c.spec()), Budget.share(0.5))
                .withFramesPerSecond(2)
                .withMaxTokens(2);
        List<RgbImage> frames = List.of(c.wide, c.wide, c.wide);
        if (id.equals("tca") || RESIZING.contains(id)) {
            assertThatThrownBy(() -> c.model.ask(frames, QUESTION, options))
                    .isInstanceOf(IllegalArgumentException.class)
                    .message()
                    .containsAnyOf("this model's encoder has none", "cannot be resized by a technique");
            return;
        }
        Ledger ledger = c.model.ask(frames, QUESTION, options).ledger();
        assertThat(ledger.images()).hasSize(2).allMatch(grid -> grid.part() instanceof Part.Frame);
        assertThat(ledger.kept()).isLessThanOrEqualTo(most(id, ledger));
        if (EXACT.contains(id)) {
            assertThat(ledger.kept()).isEqualTo(ledger.total() / 2);
        }
    }

    static List<Case> films() {
        return cases.stream().filter(c -> c.name.startsWith("qwen")).toList();
    }

    /** A count is for the whole prompt: it is divided over pictures of different sizes in proportion. */
    @Test
    void countsAreDividedOverPicturesOfDifferentSizes() {
        Case c = cases.stream()
                .filter(x -> x.name.equals("qwen2-5-vl"))
                .filter(x -> x.technique.card().id().equals("grid"))
                .findFirst()
                .orElseThrow();
        for (int count : new int[] {2, 3, 7, 15, 16}) {
            AskOptions options = AskOptions.defaults()
                    .withTechniques(List.of("grid"), Budget.count(count))
                    .withMaxTokens(1);
            Ledger ledger =
                    c.model.ask(List.of(c.wide, c.tall), QUESTION, options).ledger();
            assertThat(ledger.images()).extracting(Ledger.Grid::tokens).containsExactly(6, 10);
            assertThat(ledger.kept()).isEqualTo(count);
        }
        assertThatThrownBy(() -> c.model.ask(
                        List.of(c.wide, c.tall),
                        QUESTION,
                        AskOptions.defaults().withTechniques(List.of("grid"), Budget.count(17))))
                .hasMessageContaining("above the 16 visual tokens of this prompt");
        assertThatThrownBy(() -> c.model.ask(
                        List.of(c.wide, c.tall),
                        QUESTION,
                        AskOptions.defaults().withTechniques(List.of("grid"), Budget.count(1))))
                .hasMessageContaining("cannot be divided over 2 images");
    }

    private static void same(Answer actual, Answer expected) {
        assertThat(actual.tokens()).hasSameSizeAs(expected.tokens());
        for (int i = 0; i < expected.tokens().size(); i++) {
            assertThat(actual.tokens().get(i).id())
                    .isEqualTo(expected.tokens().get(i).id());
            assertThat((double) actual.tokens().get(i).logProbability())
                    .isCloseTo(expected.tokens().get(i).logProbability(), within(1e-4));
        }
    }
}

package dev.fovea.core.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.AskOptions;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.Viewing;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.model.Weights;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.technique.Techniques;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A technique with weights of its own beside a tiny model: saved, opened, missing, foreign, damaged. */
class LearnedTechniqueTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/llava-mha");

    @TempDir
    Path folder;

    private Path model;

    /** Queries look at the projected tokens, and what they gather takes their place. */
    public static final class Queries implements LearnedTechnique {
        private static final Card CARD = Card.of("""
                id        queries
                title     Learned queries
                summary   A few learned queries gather what the language model sees.
                stations  connector
                budget    Ignored.
                full      acts
                trained   yes
                knob      n = 2, whole 1..64: Queries.
                """);

        @Override
        public Card card() {
            return CARD;
        }

        @Override
        public Declaration declaration(ModelShape shape, Knobs knobs) {
            return Declaration.begin()
                    .normal("queries", 0.2, knobs.integer("n"), shape.decoderWidth())
                    .linear("out", shape.decoderWidth(), shape.decoderWidth())
                    .build();
        }

        @Override
        public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs, Weights own) {
            int n = knobs.integer("n");
            int width = shape.decoderWidth();
            return List.of(new Step(new Station.Projector(), List.of(new Signal.Projected()), signals -> {
                Tensor tokens = signals.tensor(new Signal.Projected());
                Tensor scores = own.tensor("queries", n, width).matmul(tokens.transpose(0, 1));
                Tensor gathered = own.linear("out", width, width, true)
                        .forward(Tensors.softmax(scores).matmul(tokens));
                return Outcome.of(new Decision.Resample(new TensorRows(gathered), new int[] {0, 1}));
            }));
        }
    }

    private static final Techniques TECHNIQUES = Techniques.of(List.<Technique>of(new Queries()));

    @BeforeEach
    void aModel() throws IOException {
        model = Files.createDirectories(folder.resolve("tiny"));
        try (Stream<Path> files = Files.list(GOLDEN)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, model.resolve(file.getFileName()));
            }
        }
    }

    private VisionLanguageModel open() {
        return VisionLanguageModel.open(
                model,
                OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32).withTechniques(TECHNIQUES));
    }

    private float[] state(String spec) {
        RgbImage picture =
                new PictureReader().read(GOLDEN.resolve("images/wide.png")).image();
        try (VisionLanguageModel opened = open();
                Viewing viewing = opened.view(
                        List.of(picture), AskOptions.defaults().withTechniques(List.of(spec), Budget.full()))) {
            return viewing.finalState("What is there?");
        }
    }

    private static TrainedCard card(String technique, String base, Map<String, String> knobs) {
        return new TrainedCard(
                technique,
                "tiny",
                base,
                "fovea train " + technique,
                "none",
                7,
                1.25,
                0,
                0,
                knobs,
                Map.of("accuracy", 0.5));
    }

    private Map<String, Tensor> tensors(int n, int width) {
        torch.manual_seed(n);
        Map<String, Tensor> all = new LinkedHashMap<>();
        all.put("queries", torch.randn(n, width));
        all.put("out.weight", torch.randn(width, width));
        all.put("out.bias", torch.randn(width));
        return all;
    }

    private Path write(Path target, int n, int width, String technique, Map<String, String> knobs) {
        try (Scope ignored = Scope.inference()) {
            new TechniqueFolder(target).write(tensors(n, width), card(technique, LearnedPlanner.base(model), knobs));
        }
        return target;
    }

    private Path beside() {
        return TechniqueFolder.beside(model, "queries").path();
    }

    @Test
    void weightsBesideTheModelAreFoundAndThoseOfAFolderToo() {
        write(beside(), 2, 48, "queries", Map.of());
        float[] own = state("queries");
        assertThat(state("queries")).containsExactly(own);
        Path elsewhere = write(folder.resolve("mine"), 2, 48, "queries", Map.of());
        assertThat(state("queries:weights=" + elsewhere)).containsExactly(own);
        assertThat(state("queries:weights=untrained")).isNotEqualTo(own);
        assertThat(state("queries:weights=untrained")).containsExactly(state("queries:weights=untrained"));
    }

    /** A knob that shapes the weights is that of the weights. */
    @Test
    void knobsOfTheCardHold() {
        write(beside(), 2, 48, "queries", Map.of("n", "2"));
        assertThat(state("queries")).containsExactly(state("queries:n=2"));
        write(folder.resolve("three"), 3, 48, "queries", Map.of("n", "3"));
        assertThatThrownBy(() -> state("queries:weights=" + folder.resolve("three")))
                .hasMessageContaining("3 tokens for 2 anchors"); // so three queries were read
        assertThatThrownBy(() -> state("queries:n=5"))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("Tensor 'queries' in " + beside().resolve("model.safetensors")
                        + " has shape [2, 48], but technique 'queries' needs it for this model with shape [5, 48]; train"
                        + " such weights with 'fovea train queries --from " + model + "'");
    }

    @Test
    void theCardSaysWhatWasWritten() {
        write(beside(), 2, 48, "queries", Map.of("n", "2"));
        TrainedCard card = new TechniqueFolder(beside()).card();
        assertThat(card.parameters()).isEqualTo(2 * 48 + 48 * 48 + 48);
        assertThat(card.bytes())
                .isEqualTo(beside().resolve("model.safetensors").toFile().length());
        assertThat(card.knobs()).containsEntry("n", "2");
        assertThat(card.figures()).containsEntry("accuracy", 0.5);
        assertThat(card.minutes()).isEqualTo(1.3);
    }

    @Test
    void missingForeignAndDamagedWeightsAreOneSentence() throws IOException {
        assertThatThrownBy(() -> state("queries"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "Technique 'queries' needs trained weights, and " + beside() + " holds none; train them with"
                                + " 'fovea train queries --from " + model
                                + "', or name a folder with 'queries:weights=DIR'.");
        write(beside(), 2, 32, "queries", Map.of());
        assertThatThrownBy(() -> state("queries")).hasMessageContaining("has shape [2, 32], but technique 'queries'");
        write(beside(), 2, 48, "others", Map.of());
        assertThatThrownBy(() -> state("queries"))
                .hasMessageContaining("are those of technique 'others', not of 'queries'");
        try (Scope ignored = Scope.inference()) {
            new TechniqueFolder(beside()).write(tensors(2, 48), card("queries", "0123456789abcdef", Map.of()));
        }
        assertThatThrownBy(() -> state("queries"))
                .hasMessageContaining(
                        "extend the model 'tiny' as it was (0123456789abcdef), but this model's weights are"
                                + " others");
        Map<String, Tensor> more = tensors(2, 48);
        more.put("extra", Tensors.zeros(DType.F32, 1));
        new TechniqueFolder(beside()).write(more, card("queries", LearnedPlanner.base(model), Map.of()));
        assertThatThrownBy(() -> state("queries"))
                .hasMessageContaining("holds 'extra', which technique 'queries' does not have");
        more = tensors(2, 48);
        more.remove("out.bias");
        new TechniqueFolder(beside()).write(more, card("queries", LearnedPlanner.base(model), Map.of()));
        assertThatThrownBy(() -> state("queries"))
                .hasMessageContaining("Tensor 'out.bias' is missing in ")
                .hasMessageContaining("with shape [48]");
        Files.writeString(beside().resolve("model.safetensors"), "no");
        assertThatThrownBy(() -> state("queries")).isInstanceOf(CheckpointException.class);
    }

    @Test
    void aDamagedCardIsOneSentence() throws IOException {
        write(beside(), 2, 48, "queries", Map.of());
        Path card = beside().resolve("card.json");
        for (Map.Entry<String, String> damage : Map.of(
                        "{", "is not valid JSON",
                        "{}", "does not say 'technique'",
                        "{\"technique\": \"queries\", \"model\": 4}", "does not say 'model'",
                        "{\"technique\": \"queries\", \"technique\": \"a\"}", "twice")
                .entrySet()) {
            Files.writeString(card, damage.getKey());
            assertThatThrownBy(() -> state("queries"))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining(damage.getValue())
                    .hasMessageNotContaining("\n");
        }
        Files.delete(card);
        assertThatThrownBy(() -> state("queries")).hasMessageContaining("has no card.json");
    }

    @Test
    void aPlanWithoutWeightsIsForShapesAlone() {
        try (VisionLanguageModel opened = open()) {
            var plan = new Queries().plan(opened.shape(), Budget.full(), Knobs.defaults(Queries.CARD));
            assertThat(plan.steps()).hasSize(1);
            assertThatThrownBy(() -> opened.ask(
                            List.of(new PictureReader()
                                    .read(GOLDEN.resolve("images/wide.png"))
                                    .image()),
                            "?",
                            AskOptions.defaults().withPlan(plan)))
                    .hasMessageContaining("was planned without its trained weights");
        }
    }

    /** Zeros stand in where shapes are all that matters; no memory is taken for them. */
    @Test
    void aBlankPlanCanBeWalkedThrough() {
        try (VisionLanguageModel opened = open()) {
            var techniques = TECHNIQUES.plannedBy(LearnedPlanner.blank());
            var plan = techniques.plan(List.of("queries"), opened.shape(), Budget.full(), 1);
            RgbImage picture =
                    new PictureReader().read(GOLDEN.resolve("images/wide.png")).image();
            try (Viewing viewing =
                    opened.view(List.of(picture), AskOptions.defaults().withPlan(plan))) {
                assertThat(viewing.finalState("?")).hasSize(48).doesNotContain(Float.NaN);
            }
            try (Scope ignored = Scope.inference()) {
                Tensor huge = new BlankWeights().under("any.").tensor("thing", 1L << 30, 1L << 20);
                assertThat(huge.numel()).isEqualTo(1L << 50);
            }
        }
    }

    @Test
    void weightsOfATechniqueThatHasNoneAreRefused() {
        try (VisionLanguageModel opened = open()) {
            assertThatThrownBy(() -> opened.plan(List.of("queries:rank=3"), Budget.full(), 1))
                    .hasMessageContaining("has no knob 'rank'");
        }
        assertThatThrownBy(() -> dev.fovea.core.technique.TechniqueSpec.parse("plain:weights=here")
                        .knobsOf(Card.of("""
                                id        plain
                                title     Plain
                                summary   Nothing.
                                stations  none
                                budget    Ignored.
                                """)))
                .hasMessage("Technique 'plain' has no weights of its own; leave 'weights=here' out.");
    }

    @Test
    void aDeclarationStartsTheSameFromTheSameSeed() {
        Declaration.Parameter p = new Declaration.Parameter("a", List.of(3L, 4L), new Declaration.Start.Normal(0.5));
        assertThat(p.initial(1)).containsExactly(p.initial(1)).hasSize(12);
        assertThat(p.initial(2)).isNotEqualTo(p.initial(1));
        float[] glorot = Declaration.begin()
                .xavier("x", 50, 100)
                .build()
                .parameters()
                .getFirst()
                .initial(1);
        double bound = Math.sqrt(6.0 / 150);
        double square = 0;
        for (float v : glorot) {
            assertThat((double) v).isBetween(-bound, bound);
            square += (double) v * v / glorot.length;
        }
        assertThat(square).isCloseTo(bound * bound / 3, within(1e-4));
        assertThatThrownBy(() -> Declaration.begin()
                        .constant("a", 0, 1)
                        .constant("a", 1, 2)
                        .build())
                .hasMessage("The parameter 'a' is declared twice");
    }
}

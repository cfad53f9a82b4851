package dev.fovea.techniques.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.Answer;
import dev.fovea.core.AskOptions;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.Question;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.generate.Generated;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.learned.LearnedPlanner;
import dev.fovea.core.learned.SteeringFile;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.weights.CheckpointException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Vectors of a file on a tiny model: alone, beside reducers, and files that are for something else or damaged. */
class GrainsOnModelTest {
    private static final Path MODELS = Path.of("..", "fovea-core", "src", "test", "resources", "golden");
    private static final Path MODEL = MODELS.resolve("llava-mha");
    private static final String QUESTION = "Is there a star?";
    private static VisionLanguageModel model;

    @TempDir
    Path folder;

    @BeforeAll
    static void open() {
        model = VisionLanguageModel.open(MODEL, OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32));
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static RgbImage picture() {
        return new PictureReader().read(MODEL.resolve("images/wide.png")).image();
    }

    private static SteeringFile.About about(Map<String, String> knobs) {
        return new SteeringFile.About(
                "grains",
                "llava-mha",
                LearnedPlanner.base(MODEL),
                model.shape().decoderLayers(),
                model.shape().decoderWidth(),
                "f32",
                5,
                "fovea steer fit grains",
                knobs,
                Map.of("preference", 1.5));
    }

    private static Map<String, Matrix> vectors(int layers, int width) {
        SplittableRandom random = new SplittableRandom(4);
        Map<String, Matrix> all = new LinkedHashMap<>();
        for (String name : GrainsVectors.NAMES) {
            float[] data = new float[layers * width];
            for (int i = 0; i < data.length; i++) {
                data[i] = (float) (random.nextGaussian() / Math.sqrt(width));
            }
            all.put(name, new Matrix(layers, width, data));
        }
        return all;
    }

    private Path write(Map<String, String> knobs) {
        Path file = folder.resolve("vector.safetensors");
        SteeringFile.write(
                file, vectors(model.shape().decoderLayers(), model.shape().decoderWidth()), about(knobs));
        return file;
    }

    private static Answer ask(Budget budget, String... techniques) {
        return model.ask(
                List.of(picture()),
                QUESTION,
                AskOptions.defaults()
                        .withTechniques(List.of(techniques), budget)
                        .withMaxTokens(6));
    }

    private static List<Double> said(Answer answer) {
        return answer.tokens().stream().map(Generated.Token::logProbability).toList();
    }

    @Test
    void theFilesKnobsHoldUnlessSet() {
        Path file = write(Map.of("lambda", "5", "k", "7"));
        Ledger fitted = ask(Budget.full(), "grains:vector=" + file).ledger();
        assertThat(fitted.steered())
                .hasSize(model.shape().decoderLayers())
                .allSatisfy(s -> assertThat(s.strength()).isEqualTo(5));
        Ledger set =
                ask(Budget.full(), "grains:layer=1,lambda=9,k=7,vector=" + file).ledger();
        assertThat(set.steered())
                .singleElement()
                .satisfies(s -> assertThat(s.strength()).isEqualTo(9));
        assertThatThrownBy(() -> ask(Budget.full(), "grains:k=8,vector=" + file))
                .hasMessageContaining("were fitted with k=7; leave k=8 out");
    }

    @Test
    void noStrengthIsThePlainModelToTheBit() {
        Path file = write(Map.of());
        Answer plain = ask(Budget.full());
        assertThat(said(ask(Budget.full(), "grains:lambda=0,vector=" + file))).isEqualTo(said(plain));
        assertThat(said(ask(Budget.full(), "grains:lambda=3,vector=" + file))).isNotEqualTo(said(plain));
        assertThat(said(ask(Budget.full(), "grains:lambda=3,mode=pos,vector=" + file)))
                .isNotEqualTo(said(ask(Budget.full(), "grains:lambda=3,vector=" + file)));
    }

    /** A pruned model is steered too, and in a batch as alone. */
    @ParameterizedTest
    @ValueSource(strings = {"hiprune", "fastv", "pyramiddrop", "dyvte:weights=untrained"})
    void reducersCompose(String reducer) {
        String steering = "grains:lambda=3,vector=" + write(Map.of());
        Answer pruned = ask(Budget.share(0.5), reducer);
        Answer both = ask(Budget.share(0.5), reducer, steering);
        assertThat(both.ledger().steered()).hasSize(model.shape().decoderLayers());
        assertThat(said(both)).isNotEqualTo(said(pruned));
        AskOptions options = AskOptions.defaults()
                .withTechniques(List.of(reducer, steering), Budget.share(0.5))
                .withMaxTokens(6);
        List<Answer> batch = model.askAll(
                List.of(new Question(List.of(picture()), QUESTION), new Question(List.of(picture()), "How many?")),
                options);
        assertThat(batch.getFirst().text()).isEqualTo(both.text());
        assertThatThrownBy(() -> ask(Budget.full(), steering, steering))
                .hasMessageContaining("both act at station residual[0]");
        assertThatThrownBy(() -> ask(Budget.full(), steering, "vista:form=stream"))
                .hasMessageContaining("'grains' and 'vista' both act at station residual[0]");
    }

    // ---- files ----

    private static void refused(Path file, String... parts) {
        assertThatThrownBy(() -> ask(Budget.full(), "grains:vector=" + file))
                .isInstanceOf(CheckpointException.class)
                .satisfies(e -> assertThat(e.getMessage()).contains(parts).doesNotContain("\n"));
    }

    @Test
    void filesThatAreNotThere() {
        assertThatThrownBy(() -> ask(Budget.full(), "grains"))
                .hasMessageContaining("Technique 'grains' needs steering vectors, and")
                .hasMessageContaining("fit some with 'fovea steer fit grains --model");
        refused(folder.resolve("none"), "no such file is there", "fovea steer fit grains");
        refused(folder, "is a folder, not a file of steering vectors");
        assertThatThrownBy(() -> ask(Budget.full(), "vista:vector=" + folder))
                .hasMessage("Technique 'vista' has no vector of its own; leave 'vector=" + folder + "' out.");
        assertThatThrownBy(() -> ask(Budget.full(), "dyvte:vector=" + folder))
                .hasMessageContaining("has weights, not a vector");
        assertThatThrownBy(() -> ask(Budget.full(), "grains:weights=a,vector=b"))
                .hasMessageContaining("name one");
    }

    @Test
    void filesOfAnotherModelOrTechnique() {
        int layers = model.shape().decoderLayers();
        int width = model.shape().decoderWidth();
        Path file = folder.resolve("other.safetensors");
        SteeringFile.About own = about(Map.of());
        SteeringFile.write(file, vectors(layers + 1, width), with(own, layers + 1, width));
        refused(
                file,
                "are for a language model of " + (layers + 1) + " layers and " + width,
                "but this one has " + layers);
        SteeringFile.write(file, vectors(layers, 8), with(own, layers, 8));
        refused(file, "and 8 channels, but this one has");
        SteeringFile.write(file, vectors(layers + 1, width), own);
        refused(file, "lacks the steering vectors");
    }

    private static SteeringFile.About with(SteeringFile.About a, int layers, int width) {
        return new SteeringFile.About(
                a.technique(), a.model(), a.base(), layers, width, a.dtype(), 5, a.recipe(), a.knobs(), a.figures());
    }

    @Test
    void filesOfOtherWeightsOrSettings() {
        SteeringFile.About a = about(Map.of());
        Map<String, Matrix> fitting = vectors(a.layers(), a.width());
        Path file = folder.resolve("other.safetensors");
        SteeringFile.write(
                file,
                fitting,
                new SteeringFile.About(
                        "grains", "cousin", "0123", a.layers(), a.width(), "f32", 5, "", Map.of(), Map.of()));
        refused(file, "were fitted to the model 'cousin' as it was (0123)", "this model's weights are others");
        SteeringFile.write(
                file,
                fitting,
                new SteeringFile.About(
                        "vista", "m", a.base(), a.layers(), a.width(), "f32", 5, "", Map.of(), Map.of()));
        refused(file, "are those of technique 'vista', not of 'grains'");
        SteeringFile.write(file, fitting, about(Map.of("lambda", "1e9")));
        refused(file, "was fitted with knobs that do not fit: Knob 'lambda' of technique 'grains' must be in 0..1000");
        SteeringFile.write(file, fitting, about(Map.of("nonsense", "1")));
        refused(file, "has no knob 'nonsense'");
        Map<String, Matrix> less = new HashMap<>(fitting);
        less.remove("difference");
        SteeringFile.write(file, less, a);
        refused(file, "lacks the steering vectors 'difference' of shape");
        float[] broken =
                Objects.requireNonNull(fitting.get("difference")).data().clone();
        broken[3] = Float.NaN;
        Map<String, Matrix> infinite = new HashMap<>(fitting);
        infinite.put("difference", new Matrix(a.layers(), a.width(), broken));
        SteeringFile.write(file, infinite, a);
        refused(file, "holds a value in 'difference' that is no finite number");
        Map<String, Matrix> more = new HashMap<>(fitting);
        more.put("more", new Matrix(1, 1, new float[1]));
        SteeringFile.write(file, more, a);
        refused(file, "holds more than the steering vectors of this technique");
    }

    @Test
    void filesThatAreDamagedOrHuge() throws IOException {
        Path file = write(Map.of());
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length / 2));
        refused(file, "is truncated");
        Files.write(file, "no vectors at all".getBytes(StandardCharsets.UTF_8));
        refused(file, file.toString());
        Files.write(file, new byte[0]);
        refused(file, "is empty");
        try (RandomAccessFile huge = new RandomAccessFile(file.toFile(), "rw")) {
            huge.setLength(1L << 33);
        }
        refused(file, "has 8589934592 bytes, but steering vectors for this model take at most");
        refused(MODEL.resolve("model.safetensors"), "model.safetensors");
    }
}

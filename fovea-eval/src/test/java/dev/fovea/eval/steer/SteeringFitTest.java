package dev.fovea.eval.steer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.AskOptions;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.learned.SteeringFile;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.eval.EvalException;
import dev.fovea.eval.suite.PictureSource;
import dev.fovea.techniques.learned.Grains;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** GrAInS on a tiny model, fitted in one go, stopped and gone on with. */
class SteeringFitTest {
    private static final Path MODEL = Path.of("..", "fovea-core", "src", "test", "resources", "golden", "llava-mha");
    private static final Grains GRAINS = new Grains();
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

    private static List<Preference> pairs(int count) {
        String[][] texts = {
            {"Is there a star?", "yes", "no"},
            {"What color is it?", "red", "blue"},
            {"How many are there?", "three", "one"},
            {"Where is the circle?", "left", "right"},
            {"Which shape is it?", "square", "ring"},
            {"Is it large?", "no", "yes"}
        };
        List<Preference> pairs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String picture = i % 2 == 0 ? "wide" : "tall";
            String[] text = texts[i];
            pairs.add(new Preference(
                    "pair-" + i,
                    PictureSource.ofFile(picture, MODEL.resolve("images/" + picture + ".png")),
                    text[0],
                    text[1],
                    text[2]));
        }
        return pairs;
    }

    private static SteeringFit fit(String... knobs) {
        Map<String, String> set = new LinkedHashMap<>();
        for (String knob : knobs) {
            int equals = knob.indexOf('=');
            set.put(knob.substring(0, equals), knob.substring(equals + 1));
        }
        return new SteeringFit(model, "tiny", GRAINS, Knobs.of(GRAINS.card(), set), "fovea steer fit grains");
    }

    private Path file(String name) {
        return folder.resolve(name);
    }

    @Test
    void aFileIsTakenByTheModelItIsFor() {
        Path file = file("whole.safetensors");
        List<String> said = new ArrayList<>();
        SteeringFile.About about = Objects.requireNonNull(
                fit("k=4", "steps=3").run(pairs(3), file, (done, figure) -> said.add(done + figure)));
        assertThat(about.pairs()).isEqualTo(3);
        assertThat(about.layers()).isEqualTo(model.shape().decoderLayers());
        assertThat(about.knobs()).containsEntry("k", "4").containsKey("lambda").doesNotContainKey("layer");
        assertThat(about.figures()).containsOnlyKeys(GRAINS.figures());
        assertThat(SteeringFile.about(file)).isEqualTo(about);
        assertThat(said).startsWith("0", "1", "2", "3").anyMatch(text -> text.contains("lambda=0.25"));
        assertThat(file("whole.safetensors.part")).doesNotExist();
        var answer = model.ask(
                List.of(pairs(1).getFirst().picture().open()),
                "Is there a star?",
                AskOptions.defaults()
                        .withTechniques(List.of("grains:vector=" + file), Budget.full())
                        .withMaxTokens(2));
        double lambda = Double.parseDouble(about.knobs().getOrDefault("lambda", ""));
        assertThat(answer.ledger().steered())
                .hasSize(about.layers())
                .allSatisfy(s -> assertThat(s.strength()).isEqualTo(lambda));
    }

    /** Stopped after every single step, the file is the same to the byte. */
    @Test
    void nothingIsLostWhenItIsStopped() throws IOException {
        Path whole = file("whole.safetensors");
        fit("k=4", "steps=3").run(pairs(3), whole, (done, figure) -> true);
        Path stopped = file("stopped.safetensors");
        SteeringFile.About about = null;
        int runs = 0;
        while (about == null) {
            assertThat(runs++).isLessThan(30);
            int[] calls = {0};
            about = fit("k=4", "steps=3").run(pairs(3), stopped, (done, figure) -> calls[0]++ < 1);
            assertThat(Files.exists(stopped)).isEqualTo(about != null);
        }
        assertThat(runs).isGreaterThan(5);
        assertThat(stopped).hasSameBinaryContentAs(whole);
        assertThat(file("stopped.safetensors.part")).doesNotExist();
    }

    @Test
    void whatAnotherFitHasDoneIsNotTaken() throws IOException {
        Path file = file("a.safetensors");
        assertThat(fit("k=4", "steps=3").run(pairs(2), file, (done, figure) -> done < 1))
                .isNull();
        for (Runnable other : List.<Runnable>of(
                () -> fit("k=5", "steps=3").run(pairs(2), file, (done, figure) -> true),
                () -> fit("k=4", "steps=3").run(pairs(3), file, (done, figure) -> true))) {
            assertThatThrownBy(other::run)
                    .isInstanceOf(EvalException.class)
                    .hasMessageContaining("a.safetensors.part holds what another fit has done so far");
        }
        Files.writeString(file("a.safetensors.part"), "damaged");
        assertThatThrownBy(() -> fit("k=4", "steps=3").run(pairs(2), file, (done, figure) -> true))
                .hasMessageContaining("cannot be read")
                .hasMessageContaining("to begin anew");
    }

    /** A given strength is not searched for. */
    @Test
    void givenStrengthsAndForms() {
        for (String form : List.of("form=code", "attribution=smooth", "attribution=gradient")) {
            List<Integer> steps = new ArrayList<>();
            SteeringFile.About about = Objects.requireNonNull(fit("k=3", "steps=2", "lambda=2", form)
                    .run(pairs(2), file("f.safetensors"), (done, figure) -> steps.add(done)));
            assertThat(about.knobs()).containsEntry("lambda", "2");
            assertThat(steps).containsExactly(0, 1, 2);
        }
    }

    /**
     * Without the token that speaks most for the preferred answers they lose, and lose more than without any other. What
     * speaks against them is told by gradients towards nothing; what stands in a masked place instead is something, so that
     * on random weights nothing follows from masking it.
     */
    @Test
    void maskingMeansSomething() {
        SteeringFile.About about = Objects.requireNonNull(
                fit("k=1", "steps=64", "lambda=1").run(pairs(6), file("m.safetensors"), (done, figure) -> true));
        Map<String, Double> f = about.figures();
        assertThat(f.get("without-preferred"))
                .isLessThan(f.getOrDefault("preference", Double.NaN))
                .isLessThan(f.getOrDefault("without-random", Double.NaN));
        assertThat(f.get("preference")).isNotCloseTo(0.0, offset(1e-3));
    }
}

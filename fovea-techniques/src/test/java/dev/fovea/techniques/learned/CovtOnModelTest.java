package dev.fovea.techniques.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.Answer;
import dev.fovea.core.AskOptions;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.generate.Thought;
import dev.fovea.core.generate.ThoughtMap;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.Wording;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Plans;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** CoVT's plan on a tiny model that nobody has trained: logits follow a script that writes whole thoughts. */
class CovtOnModelTest {
    private static final Path MODEL = Path.of("..", "fovea-core", "src", "test", "resources", "golden", "llava-mha");
    private static final String SPEC = "covt:weights=untrained,experts=all";
    private static final int[] SAID = {203, 339};

    private static VisionLanguageModel model;
    private static RgbImage picture;
    private static int first;

    @BeforeAll
    static void open() {
        model = VisionLanguageModel.open(MODEL, OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32));
        picture = new PictureReader().read(MODEL.resolve("images/wide.png")).image();
        first = model.shape().vocabulary();
    }

    @AfterAll
    static void close() {
        model.close();
    }

    /** A thought of all groups, then two words of the model's own. */
    private static List<Integer> script() {
        Wording wording = Covt.wording(Knobs.of(new Covt().card(), Map.of("experts", "all")));
        List<Integer> all = new ArrayList<>(List.of(first + wording.open()));
        for (Wording.Group group : wording.groups()) {
            all.add(first + wording.begin());
            for (int i = 0; i < group.count(); i++) {
                all.add(first + group.word());
            }
            all.add(first + wording.finish());
        }
        all.addAll(List.of(first + wording.close(), first + wording.answer(), SAID[0], SAID[1], first + wording.end()));
        return all;
    }

    private static Plan thinking() {
        Signal.NextLogits next = new Signal.NextLogits();
        Signal.AnswerTokens written = new Signal.AnswerTokens();
        List<Integer> script = script();
        Plan scripted = Plan.of("scripted", new Step(new Station.Logits(), List.of(next, written), s -> {
            int at = (int) s.get(written)[0];
            float[] logits = new float[s.get(next).length];
            logits[at < script.size() ? script.get(at) : 2] = 50;
            return Outcome.of(new Decision.Replace(logits));
        }));
        return Plans.compose(List.of(model.plan(List.of(SPEC), Budget.full(), 1), scripted));
    }

    private static Answer ask() {
        return model.ask(List.of(picture), "How many?", AskOptions.defaults().withPlan(thinking()));
    }

    /** Answers are generated without experts; drawing reads the states of the thought and changes nothing. */
    @Test
    void drawingLooksAtTheThoughtAndChangesNothing() {
        Answer before = ask();
        List<ThoughtMap> maps = model.thoughtMaps(before, picture, SPEC);
        Answer after = ask();
        assertThat(before.text()).isNotEmpty().isEqualTo(after.text());
        assertThat(before.tokens()).isEqualTo(after.tokens()).hasSize(2);
        Thought thought = Objects.requireNonNull(before.thought());
        assertThat(thought.text())
                .isEqualTo("<thought>" + "<seg>".repeat(8) + "</thought><thought>" + "<depth>".repeat(4)
                        + "</thought><thought>" + "<feature>".repeat(4) + "</thought><thought>" + "<edge>".repeat(4)
                        + "</thought>");
        assertThat(thought.text())
                .isEqualTo(Objects.requireNonNull(after.thought()).text());
        assertThat(maps).hasSize(10);
        assertThat(maps.stream().map(ThoughtMap::name))
                .startsWith("seg 1")
                .contains("seg 8", "depth", "edge")
                .doesNotContain("feature");
        int side = model.shape().gridRows();
        for (ThoughtMap map : maps) {
            assertThat(map.values()).hasSize(map.rows() * map.columns());
            for (float v : map.values()) {
                assertThat(v).isBetween(0f, 1f);
            }
            assertThat(map.name().equals("edge") || map.rows() == side).isTrue();
        }
    }

    @Test
    void withoutAThoughtNothingIsDrawn() {
        AskOptions plain =
                AskOptions.defaults().withTechniques(List.of("covt:weights=untrained,thoughts=off"), Budget.full());
        Answer answer = model.ask(List.of(picture), "How many?", plain);
        assertThat(answer.thought()).isNull();
        assertThat(model.thoughtMaps(answer, picture, SPEC)).isEmpty();
        assertThat(answer.text())
                .as("additions start as nothing")
                .isEqualTo(model.ask(List.of(picture), "How many?").text());
        assertThatThrownBy(() -> model.thoughtMaps(ask(), picture, "hiprune"))
                .hasMessage("Technique 'hiprune' has nobody think, so that no thought of it can be drawn.");
    }
}

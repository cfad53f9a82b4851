package dev.fovea.eval.subject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.OpenOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PictureDependenceTest {
    private static final Path GOLDEN = Path.of("..", "fovea-core", "src", "test", "resources", "golden");

    private static float[] logs(double... p) {
        float[] out = new float[p.length];
        for (int i = 0; i < p.length; i++) {
            out[i] = (float) Math.log(p[i]);
        }
        return out;
    }

    /** Worked numbers of M3ID's measure: a half and a half against nine tenths and a tenth; the same; nothing in common. */
    @Test
    void hellinger() {
        assertThat(PictureDependence.hellinger(logs(.5, .5), logs(.9, .1))).isCloseTo(0.3249, within(5e-5));
        assertThat(PictureDependence.hellinger(logs(.9, .1), logs(.5, .5))).isCloseTo(0.3249, within(5e-5));
        assertThat(PictureDependence.hellinger(logs(.2, .3, .5), logs(.2, .3, .5)))
                .isZero();
        assertThat(PictureDependence.hellinger(logs(.4, .6, 0, 0), logs(0, 0, .7, .3)))
                .isCloseTo(1, within(1e-7));
        assertThatThrownBy(() -> PictureDependence.hellinger(logs(1), logs(.5, .5)))
                .hasMessageContaining("over 1 and 2 tokens");
    }

    private static OpenedModel open(String name) {
        return new OpenedModel(name, VisionLanguageModel.open(GOLDEN.resolve(name), OpenOptions.defaults()));
    }

    private static RgbImage picture(int red) {
        return RgbImage.filled(56, 56, red, 120, 40);
    }

    /**
     * Every token of an answer has a distance, the next question has its own, and a technique that changes what is expected
     * is seen before it does.
     */
    @ParameterizedTest
    @CsvSource({"llava-mha, full", "llava-gqa, full", "llava-mha, random"})
    void everyTokenHasItsDistance(String name, String technique) {
        try (OpenedModel model = open(name)) {
            Budget budget = technique.equals("full") ? Budget.full() : Budget.count(8);
            Plan plan = technique.equals("full") ? Plan.plain() : half();
            assertThat(budget).isNotNull();
            try (Subject.Viewing viewing = model.view(picture(200), plan)) {
                Reply first = viewing.ask("What is it?", 6);
                List<Double> own = viewing.dependence("What is it?", 6);
                assertThat(own)
                        .hasSize(first.tokens().size())
                        .allSatisfy(d -> assertThat(d).isBetween(0.0, 1.0));
                assertThat(own.getFirst()).isPositive();
                List<Double> other = viewing.dependence("Where?", 4);
                assertThat(other).hasSizeLessThanOrEqualTo(4).isNotEqualTo(own);
                assertThat(viewing.dependence("What is it?", 6)).isEqualTo(own);
                assertThat(viewing.ask("What is it?", 6).tokens()).isEqualTo(first.tokens());
            }
            try (Subject.Viewing viewing = model.view(picture(10), plan)) {
                assertThat(viewing.dependence("What is it?", 1).getFirst()).isBetween(0.0, 1.0);
            }
        }
    }

    private static Plan half() {
        return Plan.of(
                "half",
                new Step(
                        new Station.Connector(), List.of(), s -> Outcome.of(Decision.Keep.of(0, 1, 2, 3, 4, 5, 6, 7))));
    }

    /** What a later step of the plan makes of the logits is not looked at; the step still acts. */
    @Test
    void looksBeforeTheTechniqueDoes() {
        Signal.NextLogits next = new Signal.NextLogits();
        List<Integer> acted = new ArrayList<>();
        Plan forced = Plan.of("forced", new Step(new Station.Logits(), List.of(next), s -> {
            float[] only = new float[s.get(next).length];
            only[60 + acted.size() % 3] = 100;
            acted.add(1);
            return Outcome.of(new Decision.Replace(only));
        }));
        try (OpenedModel model = open("llava-mha");
                Subject.Viewing plain = model.view(picture(200), Plan.plain());
                Subject.Viewing changed = model.view(picture(200), forced)) {
            List<Double> own = plain.dependence("What is it?", 2);
            List<Double> other = changed.dependence("What is it?", 2);
            assertThat(acted).isNotEmpty();
            assertThat(other.getFirst()).as("nothing is written yet").isCloseTo(own.getFirst(), within(1e-6));
        }
    }

    @Test
    void aSubjectThatCannotTellSaysSo() {
        Subject.Viewing mute = new Subject.Viewing() {
            @Override
            public double encodeMs() {
                return 0;
            }

            @Override
            public Reply ask(String prompt, int maxTokens) {
                throw new IllegalStateException("not asked");
            }

            @Override
            public void close() {}
        };
        assertThatThrownBy(() -> mute.dependence("?", 1)).hasMessageContaining("cannot be asked how far an answer");
    }
}

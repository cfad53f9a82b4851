package dev.fovea.core.technique;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PlansTest {
    private static Plan at(String id, Station... stations) {
        return Plan.of(
                id,
                List.of(stations).stream()
                        .map(s -> new Step(s, List.of(), signals -> Outcome.of(new Decision.Unchanged())))
                        .toList());
    }

    @Test
    void differentStationsRunTogetherInPathOrder() {
        Plan plan = Plans.compose(List.of(
                at("late", new Station.Decoder(2)),
                at("early", new Station.Connector(), new Station.Decoder(1)),
                Plan.plain()));
        assertThat(plan.technique()).isEqualTo("late+early");
        assertThat(plan.steps().stream().map(s -> s.station().label()))
                .containsExactly("connector", "decoder[1]", "decoder[2]");
    }

    @Test
    void oneStationForTwoIsRefusedWithBothNames() {
        assertThatThrownBy(() -> Plans.compose(
                        List.of(at("fastv", new Station.Decoder(2)), at("pyramiddrop", new Station.Decoder(2)))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'fastv'")
                .hasMessageContaining("'pyramiddrop'")
                .hasMessageContaining("decoder[2]");
    }

    @Test
    void oneTechniqueMayActTwiceAtAStation() {
        Plan twice = at("a", new Station.Connector(), new Station.Connector());
        assertThat(Plans.compose(List.of(twice, at("b", new Station.Prompt()))).steps())
                .hasSize(3);
    }

    @Test
    void composedPlansCannotReadEachOthersNotes() {
        Signal.Noted note = new Signal.Noted("score");
        Plan writer = Plan.of(
                "writer",
                new Step(
                        new Station.Connector(),
                        List.of(),
                        s -> Outcome.of(new Decision.Unchanged()).noting("score", new float[] {1})));
        Plan reader = Plan.of("reader", new Step(new Station.Prompt(), List.of(note), s -> {
            s.get(note);
            return Outcome.of(new Decision.Unchanged());
        }));
        List<Step> steps = Plans.compose(List.of(writer, reader)).steps();
        Outcome outcome = steps.getFirst().rule().decide(new Given(Map.of()));
        Signal<?> needed = steps.get(1).needs().getFirst();
        assertThat(outcome.notes()).hasSize(1);
        assertThat(((Signal.Noted) needed).name())
                .isNotEqualTo(outcome.notes().keySet().iterator().next());
        assertThat(steps.get(1).rule().decide(new Given(Map.of(needed, new float[] {2}))))
                .isNotNull();
    }

    @Test
    void norWhatTheyNotedOfTheText() {
        Signal.NotedText note = new Signal.NotedText("raters");
        Step writes = new Step(
                new Station.Prompt(),
                List.of(),
                s -> Outcome.of(new Decision.Unchanged()).notingText("raters", new float[] {1}));
        Step reads = new Step(new Station.Decoder(1), List.of(note), s -> Outcome.of(new Decision.Unchanged()));
        List<Step> steps = Plans.compose(List.of(Plan.of("writer", writes), Plan.of("reader", reads)))
                .steps();
        Outcome outcome = steps.getFirst().rule().decide(new Given(Map.of()));
        Signal<?> needed = steps.get(1).needs().getFirst();
        assertThat(outcome.textNotes()).hasSize(1);
        assertThat(((Signal.NotedText) needed).name())
                .isNotEqualTo(outcome.textNotes().keySet().iterator().next());
    }

    private record Given(Map<Signal<?>, Object> values) implements Signals {
        @Override
        @SuppressWarnings("unchecked")
        public <T> T get(Signal<T> signal) {
            Object value = values.get(signal);
            if (value == null) {
                throw new IllegalArgumentException("not declared: " + signal);
            }
            return (T) value;
        }

        @Override
        public Layout layout() {
            return Layout.ofGrid(1, 1);
        }
    }

    @Test
    void aPlanLooksAtTheQuestionInTheLanguageModelOrThroughItsEmbedding() {
        assertThat(Plans.looksAtQuestion(at("a", new Station.Connector(), new Station.EncoderOutput(3))))
                .isFalse();
        assertThat(Plans.looksAtQuestion(at("b", new Station.Decoder(2)))).isTrue();
        Plan text = Plan.of(
                "c",
                new Step(
                        new Station.Projector(),
                        List.of(new Signal.QuestionTokensMean()),
                        s -> Outcome.of(new Decision.Unchanged())));
        assertThat(Plans.looksAtQuestion(text)).isTrue();
    }

    /** Visual tokens see no word behind them, so what is decided by them alone holds for every question. */
    @Test
    void aStepAmongTheLayersThatSeesVisualTokensAlone() {
        Signal.DecoderAttention visual =
                new Signal.DecoderAttention(2, Signal.DecoderQueries.VISUAL, Signal.KeyScope.ALL, true);
        Signal.DecoderAttention last =
                new Signal.DecoderAttention(2, Signal.DecoderQueries.LAST, Signal.KeyScope.VISUAL, true);
        Signal<?> keys = new Signal.DecoderProjection(2, Signal.Projection.KEY, true);
        assertThat(Plans.looksAtQuestion(inDecoder(visual, keys, new Signal.DecoderHidden(), new Signal.Noted("a"))))
                .isFalse();
        for (Signal<?> one : List.of(
                last,
                new Signal.DecoderAttentionMap(2),
                new Signal.DecoderPositions(),
                new Signal.NotedText("a"),
                new Signal.DecoderHidden(Signal.PromptTokens.TEXT, false),
                new Signal.QuestionEmbedding())) {
            assertThat(Plans.looksAtQuestion(inDecoder(visual, one)))
                    .as("%s", one)
                    .isTrue();
        }
        assertThat(Plans.looksAtQuestion(inDecoder())).isTrue();
    }

    private static Plan inDecoder(Signal<?>... needs) {
        return Plan.of(
                "a", new Step(new Station.Decoder(2), List.of(needs), s -> Outcome.of(new Decision.Unchanged())));
    }
}

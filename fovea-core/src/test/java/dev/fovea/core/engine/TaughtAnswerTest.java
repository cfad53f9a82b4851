package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.path.AttentionEdges;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Decision.Positions;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.DecoderQueries;
import dev.fovea.core.path.Signal.KeyScope;
import dev.fovea.core.path.Signal.PromptTokens;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Steps in the loop of training see the prompt and not the answer behind it, which follows what they decide. */
class TaughtAnswerTest {
    private static final Golden GOLDEN = Golden.mha();
    private static final int IMAGE = 4;
    private static final int[] LEAD = {1, 9};
    private static final int[] WORDS = {30, 31, 32};
    private static final int[] ANSWER = {33, 77};

    private static PlanRun run(Step... steps) {
        return PlanRun.of(Plan.of("test", steps), PlanRun.Question.none(), null);
    }

    /** What is expected behind the last word of the prompt and behind each of the answer, as learned from. */
    private static float[] taught(PlanRun run) {
        EncodedImage image = GOLDEN.engine.encode(List.of(GOLDEN.image(0, run))).getFirst();
        try (Scope ignored = Scope.training()) {
            TrainingPath.Prompt prompt = new TrainingPath.Prompt(
                    List.of(
                            new TrainingPath.Span.Words(LEAD),
                            new TrainingPath.Span.Picture(image),
                            new TrainingPath.Span.Words(IntStream.concat(Arrays.stream(WORDS), Arrays.stream(ANSWER))
                                    .toArray())),
                    run,
                    null,
                    null,
                    new int[] {4, 5, 6},
                    ANSWER.length);
            return Tensors.floats(TrainingPath.of(GOLDEN.model).logits(List.of(prompt)));
        } finally {
            image.close();
        }
    }

    /** The same while the network answers. */
    private static float[] answered(PlanRun run) {
        EncodedImage image = GOLDEN.engine.encode(List.of(GOLDEN.image(0, run))).getFirst();
        int[] ids = {LEAD[0], LEAD[1], IMAGE, WORDS[0], WORDS[1], WORDS[2]};
        List<float[]> logits = new ArrayList<>();
        try (PromptState state = GOLDEN.engine
                .prefill(List.of(new PathEngine.Prompt("", ids, List.of(image), run, 4)))
                .getFirst()) {
            logits.add(state.logits());
            for (int token : ANSWER) {
                GOLDEN.engine.extend(List.of(state), List.of(new int[] {token}));
                logits.add(state.logits());
            }
        } finally {
            image.close();
        }
        float[] all = new float[3 * logits.getFirst().length];
        IntStream.range(0, 3).forEach(i -> System.arraycopy(logits.get(i), 0, all, i * all.length / 3, all.length / 3));
        return all;
    }

    /** Those that the last word, all words behind the picture, or the map as a whole look at most. */
    private static Step mostSeen(Positions positions, List<Layout> layouts) {
        var last = new Signal.DecoderAttention(1, DecoderQueries.LAST, KeyScope.ALL, true);
        var words = new Signal.DecoderInstructionAttention(1, false);
        var map = new Signal.DecoderAttentionMap(1);
        var place = new Signal.DecoderPositions();
        var states = new Signal.DecoderHidden(PromptTokens.TEXT, false);
        return new Step(new Station.Decoder(2), List.of(last, words, map, place, states), s -> {
            layouts.add(s.layout());
            assertThat(s.get(states).rows()).isEqualTo(s.layout().text().length);
            assertThat(s.get(place)).hasSize(s.layout().length());
            Matrix all = s.get(map);
            float[] scores = new float[s.layout().visualCount()];
            for (int v = 0; v < scores.length; v++) {
                int at = s.layout().visual()[v];
                scores[v] = s.get(last)[at];
                for (int t = 0; t < s.get(words).rows(); t++) {
                    scores[v] += s.get(words).get(t, v);
                }
                for (int q = 0; q < all.rows(); q++) {
                    scores[v] += all.get(q, at);
                }
            }
            int[] kept = IntStream.range(0, scores.length)
                    .boxed()
                    .sorted(Comparator.comparing(v -> -scores[v]))
                    .limit(4)
                    .mapToInt(Integer::intValue)
                    .sorted()
                    .toArray();
            return Outcome.of(new Decision.Keep(kept, positions));
        });
    }

    @ParameterizedTest
    @EnumSource(
            value = Positions.class,
            names = {"ORIGINAL", "RENUMBERED"})
    void whatIsDecidedIsWhatWouldBeDecidedWithoutTheAnswer(Positions positions) {
        List<Layout> layouts = new ArrayList<>();
        PlanRun run = run(mostSeen(positions, layouts));
        Golden.assertClose(taught(run), answered(run), "logits");
        assertThat(layouts).hasSize(2);
        assertThat(layouts.get(0).length()).isEqualTo(layouts.get(1).length());
        assertThat(layouts.get(0).instruction()).hasSize(WORDS.length);
    }

    /** An answer is of the group of the last word, as it is when it is being answered. */
    @Test
    void edgesOfThePromptHoldForTheAnswer() {
        boolean[][] sees = {{true, false}, {true, true}};
        for (Station station : List.of(new Station.Attention(1), new Station.Prompt())) {
            PlanRun run = run(new Step(station, List.of(), s -> {
                int[] groups = new int[s.layout().length()];
                Arrays.stream(s.layout().visual()).forEach(v -> groups[v] = 1);
                return Outcome.of(new Decision.Edges(new AttentionEdges(groups, sees)));
            }));
            Golden.assertClose(taught(run), answered(run), station.label());
            assertThat(taught(run)).isNotEqualTo(taught(PlanRun.plain()));
        }
    }

    /** Behind the last layer stands what the norm and the head make the logits of. */
    @Test
    void theStatesAreThoseThatTheLogitsAreMadeOf() {
        try (Scope ignored = Scope.inference()) {
            TrainingPath.Read made = TrainingPath.of(GOLDEN.model)
                    .read(List.of(new TrainingPath.Prompt(
                            List.of(new TrainingPath.Span.Words(new int[] {1, 30, 31, 32})),
                            PlanRun.plain(),
                            null,
                            null,
                            new int[] {1, 3})));
            assertThat(Tensors.shape(made.states())).containsExactly(2, 48);
            Tensor again =
                    GOLDEN.model.decoder().predict(GOLDEN.model.decoder().norm().forward(made.states()));
            assertThat(Tensors.floats(again)).containsExactly(Tensors.floats(made.logits()));
        }
    }

    @Test
    void anAnswerThatIsNotThereIsOneSentence() {
        List<TrainingPath.Span> spans = List.of(new TrainingPath.Span.Words(new int[] {1, 2}));
        for (int answer : new int[] {3, -1}) {
            assertThatThrownBy(() -> new TrainingPath.Prompt(spans, PlanRun.plain(), null, null, new int[] {0}, answer))
                    .hasMessage("A prompt says that its last " + answer
                            + " words are an answer, but does not end with as many words");
        }
    }
}

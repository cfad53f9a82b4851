package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.layer.PackedAttention;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Recording;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Plans;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Steps that see signals as tensors and decide with tensors. */
class TensorStepsTest {
    private static final Golden GOLDEN = Golden.mha();

    private static Step step(Station station, Function<Signals, Decision> rule, Signal<?>... needs) {
        return new Step(station, List.of(needs), signals -> Outcome.of(rule.apply(signals)));
    }

    private static PlanRun run(Step... steps) {
        return PlanRun.of(Plan.of("test", steps), PlanRun.Question.none(), null);
    }

    private static float[] logits(PlanRun run) {
        try (PromptState state = GOLDEN.read("one_image", run)) {
            return state.logits();
        }
    }

    private static Tensor mean(Tensor rows) {
        return torch.mean(rows, new long[] {0}, true, new org.bytedeco.pytorch.ScalarTypeOptional());
    }

    private static Decision.Merge meanOfAll(int tokens) {
        float[] weights = new float[tokens];
        Arrays.fill(weights, 1f / tokens);
        return new Decision.Merge(
                new int[] {0, tokens},
                IntStream.range(0, tokens).toArray(),
                weights,
                new int[] {0},
                Decision.Positions.ORIGINAL);
    }

    @Test
    void aTensorHoldsWhatTheArrayDoes() {
        List<Signal<?>> signals = List.of(
                new Signal.Features(), new Signal.Projected(), new Signal.TokenSizes(), new Signal.EncoderHidden(1));
        List<float[]> arrays = new ArrayList<>();
        List<float[]> tensors = new ArrayList<>();
        logits(run(step(
                new Station.Projector(),
                s -> {
                    assertThat(s.training()).isFalse();
                    for (Signal<?> signal : signals) {
                        tensors.add(Tensors.floats(s.tensor(signal)));
                        Object value = s.get(signal);
                        arrays.add(value instanceof Matrix m ? m.data() : (float[]) value);
                    }
                    return new Decision.Unchanged();
                },
                signals.toArray(Signal<?>[]::new))));
        assertThat(tensors).hasSize(4);
        for (int i = 0; i < arrays.size(); i++) {
            assertThat(tensors.get(i)).containsExactly(arrays.get(i));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void tokensInPlaceOfOthersActLikeAMergeOfThem(boolean behindTheProjector) {
        Station station = behindTheProjector ? new Station.Projector() : new Station.Connector();
        Signal<Matrix> seen = behindTheProjector ? new Signal.Projected() : new Signal.Features();
        PlanRun merged = run(step(station, s -> meanOfAll(16)));
        PlanRun replaced = run(step(
                station, s -> new Decision.Resample(new TensorRows(mean(s.tensor(seen))), new int[] {0}), seen));
        Golden.assertClose(logits(replaced), logits(merged), "logits");
        try (PromptState state = GOLDEN.read("one_image", replaced)) {
            Ledger ledger = state.ledger();
            assertThat(ledger.kept()).isEqualTo(1);
            assertThat(ledger.count(Ledger.Fate.DROPPED)).isEqualTo(15);
            assertThat(state.sequence().layout().cells()).containsExactly(0);
        }
    }

    @Test
    void moreTokensThanThereWereAndTokensOfNoPlace() {
        int[] anchors = new int[20];
        Arrays.fill(anchors, Decision.CLS);
        PlanRun more = run(step(new Station.Projector(), s -> {
            Tensor tokens = Tensors.full(0.1, DType.F32, 20, 48);
            return new Decision.Resample(new TensorRows(tokens), anchors);
        }));
        try (PromptState state = GOLDEN.read("one_image", more)) {
            assertThat(state.sequence().visual().count()).isEqualTo(20);
            assertThat(state.logits()).isNotEqualTo(logits(PlanRun.plain()));
        }
    }

    @Test
    void addedTokensMayBeTensorsOrArrays() {
        float[] token = new float[48];
        for (int i = 0; i < token.length; i++) {
            token[i] = (float) Math.sin(i);
        }
        PlanRun array = run(step(new Station.Projector(), s -> new Decision.Append(new Matrix(1, 48, token))));
        PlanRun tensor =
                run(step(new Station.Projector(), s -> new Decision.Append(new TensorRows(Tensors.of(token, 1, 48)))));
        assertThat(logits(tensor)).containsExactly(logits(array));
    }

    /** What stands behind tokens that a step inserted is forgotten and read again in the right places. */
    @Test
    void wordsBehindInsertedTokensAreReadAgain() {
        float[] tokens = new float[2 * 48];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = (float) Math.cos(i);
        }
        PlanRun inserting = run(step(new Station.Prompt(), s -> new Decision.Append(new Matrix(2, 48, tokens))));
        try (PromptState whole = GOLDEN.read("one_image", inserting);
                PromptState again = GOLDEN.read("one_image", inserting)) {
            int n = whole.ids().length;
            assertThat(whole.places()[n]).isEqualTo(whole.length());
            again.truncate(n - 2);
            assertThat(again.length()).isEqualTo(whole.length() - 2);
            GOLDEN.engine.extend(List.of(again), List.of(Arrays.copyOfRange(whole.ids(), n - 2, n)));
            Golden.assertClose(again.logits(), whole.logits(), "logits");
            assertThat(again.places()).isEqualTo(whole.places());
        }
    }

    @Test
    void composedPlansSeeTensorsToo() {
        Plan first = Plan.of("one", step(new Station.Connector(), s -> new Decision.Unchanged()));
        Plan second = Plan.of(
                "two",
                step(
                        new Station.Projector(),
                        s -> new Decision.Resample(
                                new TensorRows(mean(s.tensor(new Signal.Projected()))), new int[] {0}),
                        new Signal.Projected()));
        PlanRun both = PlanRun.of(Plans.compose(List.of(first, second)), PlanRun.Question.none(), null);
        Golden.assertClose(logits(both), logits(run(step(new Station.Projector(), s -> meanOfAll(16)))), "logits");
    }

    @Test
    void theyAreRecordedAsArrays() {
        Recording recording = new Recording();
        Step step = step(
                new Station.Projector(),
                s -> new Decision.Resample(new TensorRows(mean(s.tensor(new Signal.Projected()))), new int[] {3}),
                new Signal.Projected());
        PlanRun run = PlanRun.of(Plan.of("test", step), PlanRun.Question.none(), recording);
        logits(run);
        assertThat(recording.entries().values().stream().map(e -> Arrays.toString(e.shape())))
                .contains("[16, 48]", "[1, 48]", "[1]");
    }

    private static Tensor trained(PlanRun run) {
        EncodedImage image =
                GOLDEN.engine.encode(List.of(GOLDEN.image(0, PlanRun.plain()))).getFirst();
        return TrainingPath.of(GOLDEN.model)
                .logits(List.of(new TrainingPath.Prompt(
                        List.of(
                                new TrainingPath.Span.Words(new int[] {1, 9}),
                                new TrainingPath.Span.Picture(image),
                                new TrainingPath.Span.Words(new int[] {30, 31, 32, 33})),
                        run,
                        new int[] {0, 0, 1, 1, 2, 2},
                        null,
                        new int[] {3, 5})));
    }

    private static Step gate(Station station, Tensor gates) {
        return step(station, s -> new Decision.Gate(new TensorRows(gates)));
    }

    private static final List<Station> GATED =
            List.of(new Station.Prompt(), new Station.Decoder(0), new Station.Decoder(2));

    /** Open and shut gates are what the plain model and a selection are; the logarithm leaves a millionth. */
    @Test
    void softGatesMeanWhatHardOnesDo() {
        float[] half = new float[16];
        int[] kept = IntStream.range(0, 8).map(i -> 2 * i).toArray();
        Arrays.stream(kept).forEach(i -> half[i] = 1);
        for (Station station : GATED) {
            try (Scope ignored = Scope.training()) {
                Tensor gates = Tensors.of(half, 16, 1).set_requires_grad(true);
                float[] soft = Tensors.floats(trained(run(gate(station, gates))));
                Decision keep = new Decision.Keep(kept, Decision.Positions.ORIGINAL);
                float[] hard = Tensors.floats(trained(
                        run(step(station instanceof Station.Prompt ? new Station.Decoder(0) : station, s -> keep))));
                Tensor open = Tensors.full(1, DType.F32, 16, 1);
                float[] opened = Tensors.floats(trained(run(gate(station, open))));
                float[] plain = Tensors.floats(trained(PlanRun.plain()));
                for (int i = 0; i < soft.length; i++) {
                    assertThat(soft[i]).isCloseTo(hard[i], within(2e-3f));
                    assertThat(opened[i]).isCloseTo(plain[i], within(1e-4f));
                }
            }
            Decision.Gate decided = new Decision.Gate(new Matrix(16, 1, half));
            float[] answered = logits(run(step(station, s -> decided)));
            assertThat(answered).containsExactly(logits(run(step(station, s -> Decision.Keep.of(kept)))));
        }
    }

    /** Scores 1, 2 and 0 with gates 1, 0.5 and 0.01; open ones are the plain softmax, and shut ones are not there. */
    @Test
    void theLogarithmOfAGateIsAddedToTheScores() {
        assertThat(shares(1, 0.5f, 0.01f)).containsExactly(new float[] {0.4232f, 0.5752f, 0.0016f}, within(1e-4f));
        assertThat(shares(1, 1, 1)).containsExactly(new float[] {0.2447f, 0.6652f, 0.0900f}, within(1e-4f));
        assertThat(shares(1, 0, 1)).containsExactly(new float[] {0.7311f, 0, 0.2689f}, within(1e-4f));
    }

    private static float[] shares(float... gates) {
        try (Scope ignored = Scope.inference()) {
            Tensor q = Tensors.of(new float[] {1, 0, 0}, 1, 1, 3).expand(1, 3, 3);
            Tensor k = Tensors.of(new float[] {1, 0, 0, 2, 0, 0, 0, 0, 0}, 1, 3, 3);
            Tensor v = Tensors.of(new float[] {1, 0, 0, 0, 1, 0, 0, 0, 1}, 1, 3, 3);
            Tensor logs = torch.log(Tensors.add(Tensors.of(gates, 3), Decision.Gate.LEAST));
            Tensor out = PackedAttention.explicit(q, k, v, new int[] {3}, List.of(logs.expand(3, 3)), 1);
            return Arrays.copyOf(Tensors.floats(out), 3);
        }
    }

    @Test
    void gradientsReachGatesAndAreThoseOfSmallSteps() {
        for (Station station : GATED) {
            float[] at = new float[16];
            Arrays.fill(at, 0.4f);
            double[] sums = new double[2];
            for (int side = 0; side < 2; side++) {
                float[] moved = at.clone();
                moved[5] += side == 0 ? -0.02f : 0.02f;
                try (Scope ignored = Scope.inference()) {
                    sums[side] = loss(gate(station, Tensors.of(moved, 16, 1)), true);
                }
            }
            try (Scope ignored = Scope.training()) {
                Tensor gates = Tensors.of(at, 16, 1).set_requires_grad(true);
                trained(run(gate(station, gates))).square().mean().backward();
                float gradient = Tensors.floats(gates.grad())[5];
                assertThat((double) gradient)
                        .isCloseTo((sums[1] - sums[0]) / 0.04, within(5e-2 * Math.abs(gradient) + 1e-6));
                assertThat(gradient).isNotZero();
            }
        }
    }

    private static double loss(Step step, boolean soft) {
        try (Scope ignored = soft ? Scope.training() : Scope.inference()) {
            return trained(run(step)).square().mean().item_float();
        }
    }

    @Test
    void gradientsReachWhatAStepMakesOfATensor() {
        try (Scope ignored = Scope.training()) {
            Tensor scale = Tensors.full(1, DType.F32, 1, 48).set_requires_grad(true);
            List<Boolean> training = new ArrayList<>();
            PlanRun run = run(step(
                    new Station.Projector(),
                    s -> {
                        training.add(s.training());
                        return new Decision.Resample(
                                new TensorRows(
                                        mean(s.tensor(new Signal.Projected())).mul(scale)),
                                new int[] {0});
                    },
                    new Signal.Projected()));
            EncodedImage image = GOLDEN.engine
                    .encode(List.of(GOLDEN.image(0, PlanRun.plain())))
                    .getFirst();
            TrainingPath.of(GOLDEN.model)
                    .logits(List.of(new TrainingPath.Prompt(
                            List.of(
                                    new TrainingPath.Span.Words(new int[] {1}),
                                    new TrainingPath.Span.Picture(image),
                                    new TrainingPath.Span.Words(new int[] {30, 31})),
                            run,
                            null,
                            null,
                            new int[] {2})))
                    .square()
                    .sum()
                    .backward();
            assertThat(training).containsExactly(true);
            assertThat(scale.grad().norm().item_float()).isPositive();
        }
    }

    @Test
    void wrongWidthsCountsAndPlacesAreOneSentence() {
        assertThatThrownBy(() -> logits(run(step(
                        new Station.Projector(),
                        s -> new Decision.Resample(new TensorRows(Tensors.zeros(DType.F32, 1, 7)), new int[] {0})))))
                .hasMessage("A step gave tokens of width 7 at projector, where tokens have width 48.");
        assertThatThrownBy(() -> logits(run(step(
                        new Station.Projector(),
                        s -> new Decision.Resample(new TensorRows(Tensors.zeros(DType.F32, 2, 48)), new int[] {0})))))
                .hasMessageContaining("2 tokens for 1 anchors");
        assertThatThrownBy(() -> logits(run(step(
                        new Station.Prompt(),
                        s -> new Decision.Resample(new TensorRows(Tensors.zeros(DType.F32, 1, 48)), new int[] {0})))))
                .hasMessage("Technique 'test' decided Resample, which this station cannot do at prompt.");
        assertThatThrownBy(() -> logits(run(step(new Station.Weights(), s -> Decision.Keep.of(0)))))
                .hasMessageContaining("decided Keep, which this station cannot do");
        assertThatThrownBy(() -> logits(run(step(new Station.Projector(), s -> {
                    s.tensor(new Signal.Features());
                    return new Decision.Unchanged();
                }))))
                .hasMessageContaining("without declaring it");
    }
}

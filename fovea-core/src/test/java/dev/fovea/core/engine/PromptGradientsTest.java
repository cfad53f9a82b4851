package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Attribution;
import dev.fovea.core.path.Attribution.Over;
import dev.fovea.core.path.Branch;
import dev.fovea.core.path.Continuation;
import dev.fovea.core.path.Continuation.Worth;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever the family: values, states and gradients are those of a network without caches or packing. */
class PromptGradientsTest {
    private static final int[] ANSWER = {9, 45, 81};
    private static final int FILLER = 3;
    private static final List<int[]> AS_IT_IS = List.of(new int[0]);

    private static PromptGradients of(FamilyGolden golden, int filler) {
        return golden.engine.gradients(golden.prompt(WholePrompt.name(golden.name()), PlanRun.plain()), filler);
    }

    /** The prompt with the answer behind it. */
    private static WholePrompt answered(FamilyGolden golden) {
        WholePrompt whole = WholePrompt.of(golden);
        for (int token : ANSWER) {
            whole = whole.with(golden, token);
        }
        return whole;
    }

    /** Log-probability of the answer in plain arithmetic. */
    private static Tensor likelihood(FamilyGolden golden, WholePrompt whole, Tensor rows, NaiveDecoder naive) {
        Tensor logits = naive.allLogits(rows, whole.positions(), whole.blocks());
        int n = whole.length() - ANSWER.length;
        Tensor own = Tensors.logSoftmax(logits.narrow(0, n - 1, ANSWER.length))
                .gather(1, Tensors.indices(ANSWER).view(ANSWER.length, 1));
        assertThat(golden.model.decoder().dtype()).isNotNull();
        return own.sum(new ScalarTypeOptional());
    }

    @ParameterizedTest
    @MethodSource("dev.fovea.core.engine.FamilyGolden#ofEveryKind")
    void valuesAreThoseOfAnAnswer(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        double expected = 0;
        float[] behind;
        try (PromptState state = golden.read(WholePrompt.name(name), PlanRun.plain())) {
            for (int token : ANSWER) {
                expected += PromptState.logProbabilities(state.logits())[token];
                golden.engine.answer(List.of(state), List.of(new int[] {token}));
            }
            behind = PromptState.logProbabilities(state.logits());
        }
        try (PromptGradients prompt = of(golden, FILLER)) {
            double[] values = prompt.values(Continuation.of(ANSWER), List.of(new int[0], new int[] {0}, new int[0]));
            assertThat(values[0]).isCloseTo(expected, offset(1e-4));
            assertThat(values[2]).isCloseTo(expected, offset(1e-4));
            assertThat(values[1]).as("something is masked").isNotCloseTo(expected, offset(1e-5));
            int last = ANSWER[ANSWER.length - 1];
            assertThat(prompt.values(new Continuation(ANSWER, Worth.LAST_AGAIN), AS_IT_IS)[0])
                    .isCloseTo(behind[last], offset(1e-4));
            assertThat(prompt.tokens()).isEqualTo(prompt.layout().length());
        }
    }

    @ParameterizedTest
    @MethodSource("dev.fovea.core.engine.FamilyGolden#ofEveryKind")
    void gradientsAreThoseOfThePlainNetwork(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        WholePrompt whole = answered(golden);
        float[] expected;
        try (Scope ignored = Scope.training()) {
            Tensor rows = whole.embeddings().detach().clone().set_requires_grad(true);
            Tensor given = whole.deep();
            Tensor deep = given == null ? null : given.detach().clone().set_requires_grad(true);
            likelihood(golden, whole, rows, new NaiveDecoder(golden.model.decoder(), deep))
                    .backward();
            Tensor shares = rows.grad().mul(rows).sum(new long[] {1}, false, new ScalarTypeOptional());
            if (deep != null) {
                shares = shares.add(deep.grad().mul(deep).sum(new long[] {1}, false, new ScalarTypeOptional()));
            }
            expected = Tensors.floats(shares);
        }
        try (PromptGradients prompt = of(golden, FILLER)) {
            float[] all = prompt.attribution(Continuation.of(ANSWER), new Attribution.Gradient(), Over.ALL);
            float[] own = prompt.attribution(Continuation.of(ANSWER), new Attribution.Gradient(), Over.PROMPT);
            float scale = 0;
            for (float share : expected) {
                scale = Math.max(scale, Math.abs(share));
            }
            assertThat(scale).isPositive();
            assertThat(all).containsExactly(expected, offset(1e-4f * Math.max(1, scale)));
            assertThat(own)
                    .containsExactly(Arrays.copyOf(expected, prompt.tokens()), offset(1e-4f * Math.max(1, scale)));
        }
    }

    /**
     * From nothing but zeros, what tokens add up to is what they make of them. Behind norms of root mean squares nearly all of
     * that happens close to the zeros, so that it takes many points.
     */
    @Test
    void integratedGradientsAreComplete() {
        try (PromptGradients prompt = of(FamilyGolden.of("qwen2-5-vl"), -1)) {
            int[] everything = IntStream.range(0, prompt.tokens()).toArray();
            double[] ends = prompt.values(Continuation.of(ANSWER), List.of(new int[0], everything));
            double error = error(prompt, ends, 1024);
            assertThat(error).isLessThan(0.01 * Math.abs(ends[0] - ends[1]));
            assertThat(error).isLessThan(error(prompt, ends, 64) / 10);
        }
    }

    private static double error(PromptGradients prompt, double[] ends, int steps) {
        float[] shares = prompt.attribution(Continuation.of(ANSWER), new Attribution.Integrated(steps), Over.PROMPT);
        double sum = 0;
        for (float share : shares) {
            sum += share;
        }
        return Math.abs(sum - (ends[0] - ends[1]));
    }

    /** States of the last token are those that a branch tells; masked tokens are other embeddings and nothing more. */
    @ParameterizedTest
    @MethodSource("dev.fovea.core.engine.FamilyGolden#ofEveryKind")
    void statesAndMasks(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        List<Matrix> told = new ArrayList<>();
        Signal.LastStates own = new Signal.LastStates(new Branch.Unsteered());
        Step listen = new Step(new Station.Residual(0, Station.Stream.LAYER), List.of(own), s -> {
            told.add(s.get(own));
            return Outcome.of(new Decision.Unchanged());
        });
        golden.read(WholePrompt.name(name), PlanRun.of(Plan.of("listen", listen), PlanRun.Question.none(), null))
                .close();
        try (PromptGradients prompt = of(golden, FILLER);
                Scope ignored = Scope.inference()) {
            Matrix states = prompt.states(new int[0], AS_IT_IS).getFirst();
            Golden.assertClose(states.data(), told.getFirst().data(), "states");
            WholePrompt whole = answered(golden);
            int[] mask = {1, whole.visual()[1], whole.length() - 2};
            Tensor fill = golden.model
                    .decoder()
                    .embed(new int[] {FILLER})
                    .expand(3, whole.embeddings().size(1));
            Tensor covered = whole.embeddings().index_copy(0, Tensors.indices(mask), fill);
            Tensor given = whole.deep();
            Tensor deep = given == null ? null : given.index_fill(0, Tensors.indices(mask), zero());
            double expected = Tensors.floats(
                    likelihood(golden, whole, covered, new NaiveDecoder(golden.model.decoder(), deep)))[0];
            assertThat(prompt.values(Continuation.of(ANSWER), List.of(mask))[0]).isCloseTo(expected, offset(1e-4));
            List<Matrix> both = prompt.states(ANSWER, List.of(new int[0], mask));
            assertThat(both.getFirst().rows())
                    .isEqualTo(golden.model.decoder().layers().size());
            assertThat(both.getFirst().data()).isNotEqualTo(both.getLast().data());
        }
    }

    private static org.bytedeco.pytorch.Scalar zero() {
        return new org.bytedeco.pytorch.Scalar(0.0);
    }

    /** The prompt's plan acts: what is steered has other gradients, what is pruned has none. */
    @Test
    void plansAct() {
        FamilyGolden golden = FamilyGolden.of("llava-mha");
        int width = golden.model.decoder().options().width();
        float[] vector = new float[width];
        Arrays.fill(vector, 0.5f);
        Step steer = new Step(
                new Station.Residual(1, Station.Stream.LAYER),
                List.of(),
                s -> Outcome.of(new Decision.Steer(vector, 2, Decision.Push.KEEP_LENGTH, Decision.Pushed.ALL)));
        Step prune = new Step(new Station.Decoder(0), List.of(), s -> Outcome.of(Decision.Keep.of(0, 2)));
        Plan plan = Plan.of("test", prune, steer);
        PlanRun run = PlanRun.of(plan, PlanRun.Question.none(), null);
        double expected = 0;
        try (PromptState state = golden.read("two_images", run)) {
            for (int token : ANSWER) {
                expected += PromptState.logProbabilities(state.logits())[token];
                golden.engine.answer(List.of(state), List.of(new int[] {token}));
            }
        }
        try (PromptGradients prompt = golden.engine.gradients(golden.prompt("two_images", run), -1);
                PromptGradients plain = of(golden, -1)) {
            assertThat(prompt.values(Continuation.of(ANSWER), AS_IT_IS)[0]).isCloseTo(expected, offset(1e-4));
            assertThat(plain.values(Continuation.of(ANSWER), AS_IT_IS)[0]).isNotCloseTo(expected, offset(1e-4));
            float[] shares = prompt.attribution(Continuation.of(ANSWER), new Attribution.Gradient(), Over.PROMPT);
            int[] visual = prompt.layout().visual();
            assertThat(shares[visual[0]]).isNotZero();
            assertThat(shares[visual[1]]).isZero();
        }
    }

    @Test
    void badInputIsOneSentence() {
        FamilyGolden golden = FamilyGolden.of("llava-mha");
        try (PromptGradients prompt = of(golden, -1)) {
            int all = prompt.tokens() + 1;
            assertThatThrownBy(() -> prompt.values(Continuation.of(7), List.of(new int[] {all})))
                    .hasMessage("Token " + all + " cannot be masked: there are " + all + " of them.");
            assertThatThrownBy(() -> Continuation.of()).hasMessageContaining("at least one token");
            int[] endless = new int[golden.model.decoder().options().contextLength()];
            assertThatThrownBy(() -> prompt.values(Continuation.of(endless), AS_IT_IS))
                    .hasMessageContaining("more than the");
        }
    }
}

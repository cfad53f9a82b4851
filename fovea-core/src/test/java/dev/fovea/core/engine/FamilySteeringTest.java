package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.model.language.Beside;
import dev.fovea.core.path.Branch;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Decision.Push;
import dev.fovea.core.path.Decision.Pushed;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Station.Stream;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever the family: what is added to hidden states is what a network without caches or packing gives when it is added
 * there, also to a pruned prompt and to an answer; branches go along; hidden states are those behind the layers.
 */
class FamilySteeringTest {
    private static final int[] ANSWER = {9, 45, 81};

    /** Something to be added in a layer. */
    private record At(int layer, Stream of, Push push, Pushed tokens, double strength) {
        float[] vector(int width) {
            SplittableRandom random = new SplittableRandom(31L * layer + of.ordinal());
            float[] v = new float[width];
            for (int i = 0; i < width; i++) {
                v[i] = (float) random.nextGaussian();
            }
            return v;
        }

        Step step(int width) {
            return new Step(
                    new Station.Residual(layer, of),
                    List.of(),
                    s -> Outcome.of(new Decision.Steer(vector(width), strength, push, tokens)));
        }

        /** The same in plain arithmetic, from a row on. */
        Tensor on(Tensor x, int first) {
            int width = (int) x.size(1);
            float[] all = Tensors.floats(x);
            float[] v = vector(width);
            for (int row = tokens == Pushed.ALL ? 0 : first; row < x.size(0); row++) {
                push(all, row * width, v);
            }
            return Tensors.of(all, x.size(0), width);
        }

        private void push(float[] all, int from, float[] v) {
            double[] h = new double[v.length];
            for (int i = 0; i < h.length; i++) {
                h[i] = all[from + i];
            }
            double length = length(h);
            double lv = 0;
            double dot = 0;
            for (int i = 0; i < h.length; i++) {
                lv += (double) v[i] * v[i];
                dot += h[i] * v[i];
            }
            lv = Math.sqrt(lv);
            double[] there = new double[h.length];
            for (int i = 0; i < h.length; i++) {
                double opposed = 1 + Math.max(0, -dot / (length * lv));
                there[i] = push == Push.UNIT ? h[i] / length + strength * opposed * v[i] / lv : h[i] + strength * v[i];
            }
            double scale = push == Push.ADD ? 1 : length / length(there);
            for (int i = 0; i < h.length; i++) {
                all[from + i] = (float) (there[i] * scale);
            }
        }

        private static double length(double[] v) {
            return Math.sqrt(Arrays.stream(v).map(x -> x * x).sum());
        }
    }

    private static List<At> everywhere(int layers) {
        List<At> all = new ArrayList<>();
        for (int l = 0; l < layers; l++) {
            all.add(new At(l, Stream.MLP, Push.UNIT, Pushed.ALL, 0.2));
        }
        all.add(new At(0, Stream.LAYER, Push.ADD, Pushed.LAST, 0.3));
        all.add(new At(layers - 1, Stream.LAYER, Push.KEEP_LENGTH, Pushed.ALL, 0.4));
        all.add(new At(layers - 1, Stream.LAYER, Push.KEEP_LENGTH, Pushed.LAST, 0.4));
        return all;
    }

    private static NaiveDecoder naive(FamilyGolden golden, WholePrompt now, List<At> all, int answered) {
        return new NaiveDecoder(golden.model.decoder(), now.deep(), l -> Beside.NOTHING, new NaiveDecoder.Streams() {
            @Override
            public Tensor mlp(int layer, Tensor branch) {
                return pushed(layer, Stream.MLP, branch);
            }

            @Override
            public Tensor behind(int layer, Tensor states) {
                return pushed(layer, Stream.LAYER, states);
            }

            private Tensor pushed(int layer, Stream of, Tensor x) {
                Tensor out = x;
                for (At at : all) {
                    if (at.layer() == layer && at.of() == of) {
                        out = at.on(out, (int) x.size(0) - 1 - answered);
                    }
                }
                return out;
            }
        });
    }

    private static boolean kept(int token) {
        return token % 3 != 1;
    }

    @ParameterizedTest
    @MethodSource("dev.fovea.core.engine.FamilyGolden#ofEveryKind")
    void addsWhereItSays(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        int width = golden.model.decoder().options().width();
        int layers = golden.model.decoder().layers().size();
        List<At> all = everywhere(layers);
        List<Step> steps = new ArrayList<>();
        steps.add(new Step(
                new Station.Decoder(1),
                List.of(),
                s -> Outcome.of(Decision.Keep.of(IntStream.range(0, s.layout().visualCount())
                        .filter(FamilySteeringTest::kept)
                        .toArray()))));
        all.forEach(at -> steps.add(at.step(width)));
        PlanRun run = PlanRun.of(Plan.of("steered", steps), PlanRun.Question.none(), null);
        try (Scope scope = Scope.inference();
                PromptState state = golden.read(WholePrompt.name(name), run)) {
            WholePrompt now = WholePrompt.of(golden);
            int[] leaves = new int[now.length()];
            Arrays.fill(leaves, Integer.MAX_VALUE);
            for (int i = 0; i < now.visual().length; i++) {
                leaves[now.visual()[i]] = kept(i) ? Integer.MAX_VALUE : 1;
            }
            Golden.assertClose(state.logits(), logits(golden, now, all, 0, leaves), "prefill");
            for (int t = 0; t < ANSWER.length; t++) {
                golden.engine.answer(List.of(state), List.of(new int[] {ANSWER[t]}));
                now = now.with(golden, ANSWER[t]);
                leaves = Arrays.copyOf(leaves, leaves.length + 1);
                leaves[leaves.length - 1] = Integer.MAX_VALUE;
                Golden.assertClose(state.logits(), logits(golden, now, all, t + 1, leaves), "token " + t);
            }
            assertThat(state.ledger().steered()).hasSize(all.size());
            inBlocks(golden, run, state.logits());
            assertThat(scope).isNotNull();
        }
    }

    /** The same where a layer takes a few tokens at once. */
    private static void inBlocks(FamilyGolden golden, PlanRun run, float[] expected) {
        PathEngine few = golden.engine.takingAtOnce(7);
        try (PromptState state = few.prefill(List.of(golden.prompt(WholePrompt.name(golden.name()), run)))
                .getFirst()) {
            for (int token : ANSWER) {
                few.answer(List.of(state), List.of(new int[] {token}));
            }
            Golden.assertClose(state.logits(), expected, "in blocks");
        }
    }

    private static float[] logits(FamilyGolden golden, WholePrompt now, List<At> all, int answered, int[] leaves) {
        return naive(golden, now, all, answered)
                .logits(now.embeddings(), leaves, now.positions(), Integer.MAX_VALUE, now.blocks());
    }

    /** Branches of every kind with an answer, beside prompts of their own; and the states of the last token. */
    @ParameterizedTest
    @MethodSource("dev.fovea.core.engine.FamilyGolden#ofEveryKind")
    void branchesAreReadings(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        List<Signal.BranchLogProbabilities> branches = List.of(
                new Signal.BranchLogProbabilities(new Branch.Unsteered()),
                new Signal.BranchLogProbabilities(new Branch.Masked("hide")));
        List<float[]> seen = new ArrayList<>();
        Step note = new Step(
                new Station.Connector(),
                List.of(),
                s -> Outcome.of(new Decision.Unchanged())
                        .noting("hide", hidden(s.layout().visualCount())));
        Step compare = new Step(new Station.Logits(), List.copyOf(branches), s -> {
            branches.forEach(b -> seen.add(s.get(b)));
            return Outcome.of(new Decision.Unchanged());
        });
        int width = golden.model.decoder().options().width();
        Step push = new At(0, Stream.LAYER, Push.ADD, Pushed.ALL, 0.5).step(width);
        PlanRun run = PlanRun.of(Plan.of("beside", note, push, compare), PlanRun.Question.none(), null);
        Step gone = new Step(new Station.Decoder(0), List.of(new Signal.Noted("hide")), s -> {
            float[] hide = s.get(new Signal.Noted("hide"));
            return Outcome.of(Decision.Keep.of(
                    IntStream.range(0, hide.length).filter(i -> hide[i] == 0).toArray()));
        });
        String prompt = WholePrompt.name(name);
        try (PromptState state = golden.read(prompt, run);
                PromptState plain = golden.read(prompt, PlanRun.plain());
                PromptState pruned =
                        golden.read(prompt, PlanRun.of(Plan.of("gone", note, gone), PlanRun.Question.none(), null))) {
            assertThat(state.logits()).isNotEqualTo(plain.logits());
            for (int t = 0; t <= ANSWER.length; t++) {
                Golden.assertClose(seen.get(2 * t), PromptState.logProbabilities(plain.logits()), "unsteered " + t);
                Golden.assertClose(seen.get(2 * t + 1), PromptState.logProbabilities(pruned.logits()), "masked " + t);
                if (t < ANSWER.length) {
                    int[] token = {ANSWER[t]};
                    golden.engine.answer(List.of(state, plain, pruned), List.of(token, token, token));
                }
            }
            assertThat(state.ledger().branches()).hasSize(2);
        }
    }

    private static float[] hidden(int tokens) {
        float[] hide = new float[tokens];
        for (int i = 0; i < tokens; i++) {
            hide[i] = kept(i) ? 0 : 1;
        }
        return hide;
    }
}

package dev.fovea.techniques.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.engine.TrainingPath;
import dev.fovea.core.engine.TrainingPath.Prompt;
import dev.fovea.core.engine.TrainingPath.Span;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.learned.OwnWeights;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Decision.Positions;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.PromptTokens;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.tensor.Work;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.PathSimulator;
import dev.fovea.techniques.primitives.TopK;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** CoViPAL, arXiv 2508.17243: its module, what stays, and what is learned from. */
class CoViPalTest {
    private static final CoViPal TECHNIQUE = new CoViPal();
    private static final TinyLlava TINY = TinyLlava.open();
    private static final ModelShape SHAPE = TINY.shape();
    private static final Signal.DecoderHidden VISUAL = new Signal.DecoderHidden();
    private static final Signal.DecoderHidden WORDS = new Signal.DecoderHidden(PromptTokens.TEXT, false);

    private static Knobs knobs(String... set) {
        Map<String, String> all = new java.util.LinkedHashMap<>();
        for (String s : set) {
            all.put(s.substring(0, s.indexOf('=')), s.substring(s.indexOf('=') + 1));
        }
        return Knobs.of(TECHNIQUE.card(), all);
    }

    private static OwnWeights untrained(Knobs knobs) {
        return TinyLlava.untrained(TECHNIQUE, SHAPE, knobs, 1);
    }

    private static Plan plan(Budget budget, OwnWeights own, String... set) {
        return TECHNIQUE.plan(SHAPE, budget, knobs(set), own);
    }

    /** Cells of the first picture that are left. */
    private static int[] kept(Plan plan, String prompt) {
        try (PromptState state = TINY.read(plan, prompt).getFirst()) {
            return state.ledger().survivors().stream()
                    .mapToInt(Ledger.Group::anchor)
                    .filter(cell -> cell < SHAPE.visualTokens())
                    .toArray();
        }
    }

    @Test
    void aFullBudgetIsThePlainModel() {
        try (OwnWeights own = untrained(knobs())) {
            for (Budget all : List.of(Budget.full(), Budget.share(1), Budget.count(16))) {
                assertThat(plan(all, own).steps()).isEmpty();
            }
        }
    }

    /** {@code int(r n)}: 16 tokens at 0.3 are 4, at 0.9 14, at 0.01 one; 29 % of 100 are 29 although 0.29 * 100 is below it. */
    @ParameterizedTest
    @CsvSource({
        "4, 4, 0.3, 4",
        "4, 4, 0.01, 1",
        "4, 4, 0.9, 14",
        "10, 10, 0.29, 29",
        "4, 4, 0.25, 4",
        "24, 24, 0.5, 288"
    })
    void countsAreRoundedDown(int rows, int cols, double share, int count) {
        ModelShape shape = Models.shape(rows, cols, true, 1, 1, 8, 1, false, 2, 8, 1, 1);
        Matrix visual = PathSimulator.gaussian(new Random(3), rows * cols, 8);
        Matrix words = PathSimulator.gaussian(new Random(4), 5, 8);
        try (Scope ignored = Scope.inference();
                OwnWeights own = TinyLlava.untrained(TECHNIQUE, shape, knobs(), 1)) {
            Step step = Models.only(TECHNIQUE.plan(shape, Budget.share(share), knobs(), own));
            Outcome outcome = FakeSignals.ofPrompt(2, rows, cols, 3)
                    .with(VISUAL, visual)
                    .with(WORDS, words)
                    .run(step);
            int[] kept = Models.kept(outcome);
            assertThat(kept).hasSize(count).isSorted().doesNotHaveDuplicates();
            assertThat(kept).containsExactly(TopK.largestInOrder(Objects.requireNonNull(outcome.scores()), count));
        }
    }

    /** All words stay as they are, in front of the picture and behind it; several pictures share what stays. */
    @ParameterizedTest
    @ValueSource(strings = {"one_image", "two_images"})
    void wordsStay(String prompt) {
        try (OwnWeights own = untrained(knobs());
                PromptState state =
                        TINY.read(plan(Budget.share(0.25), own), prompt).getFirst()) {
            int pictures = prompt.equals("two_images") ? 2 : 1;
            assertThat(state.ledger().kept()).isEqualTo(4 * pictures);
            assertThat(state.ledger().decoderTokens()).containsOnly(4 * pictures);
            assertThat(state.held()).isEqualTo(TINY.ids(prompt).length - pictures + 4 * pictures);
        }
    }

    /** In front of a deeper layer the layers before hold everything; positions are renumbered or kept as one likes. */
    @ParameterizedTest
    @CsvSource({
        "0, by-depth, prompt, ORIGINAL", "0, renumbered, prompt, RENUMBERED", "0, original, decoder[0], ORIGINAL",
        "2, by-depth, decoder[2], ORIGINAL", "2, renumbered, decoder[2], RENUMBERED",
                "2, original, decoder[2], ORIGINAL"
    })
    void theModuleMaySitInFrontOfAnyLayer(int layer, String positions, String station, Positions rule) {
        String[] set = {"layer=" + layer, "positions=" + positions};
        try (OwnWeights own = untrained(knobs(set));
                PromptState state = TINY.read(plan(Budget.share(0.25), own, set), "one_image")
                        .getFirst()) {
            Step step = Models.only(plan(Budget.share(0.25), own, set));
            assertThat(step.station().label()).isEqualTo(station);
            List<Integer> held = new ArrayList<>();
            for (int l = 0; l < SHAPE.decoderLayers(); l++) {
                held.add(l < layer ? 16 : 4);
            }
            assertThat(state.ledger().decoderTokens()).isEqualTo(held);
            assertThat(decided(step)).isEqualTo(rule);
        }
    }

    private static Positions decided(Step step) {
        try (Scope ignored = Scope.inference()) {
            return ((Decision.Keep) FakeSignals.ofPrompt(2, 4, 4, 3)
                            .with(VISUAL, PathSimulator.gaussian(new Random(3), 16, SHAPE.decoderWidth()))
                            .with(WORDS, PathSimulator.gaussian(new Random(4), 5, SHAPE.decoderWidth()))
                            .run(step)
                            .decision())
                    .positions();
        }
    }

    /** The kept set follows the question: the same picture with other words keeps other tokens. */
    @Test
    void theChoiceDependsOnTheWords() {
        try (Scope ignored = Scope.inference();
                OwnWeights own = untrained(knobs())) {
            Step step = Models.only(plan(Budget.share(0.25), own));
            int other = 0;
            for (int picture = 0; picture < 8; picture++) {
                Matrix visual = PathSimulator.gaussian(new Random(picture), 16, SHAPE.decoderWidth());
                List<int[]> kept = new ArrayList<>();
                for (int question = 0; question < 2; question++) {
                    Matrix words = PathSimulator.gaussian(new Random(90 + question), 5, SHAPE.decoderWidth());
                    kept.add(Models.kept(FakeSignals.ofPrompt(2, 4, 4, 3)
                            .with(VISUAL, visual)
                            .with(WORDS, words)
                            .run(step)));
                }
                other += Arrays.equals(kept.get(0), kept.get(1)) ? 0 : 1;
            }
            assertThat(other).isGreaterThanOrEqualTo(2);
        }
        // On the model: the same picture under two questions.
        try (OwnWeights own = untrained(knobs())) {
            Plan half = plan(Budget.share(0.5), own);
            assertThat(kept(half, "one_image")).hasSize(8).isSorted().isNotEqualTo(kept(half, "two_turns"));
        }
    }

    /** Attention, norms and matrices written out with loops. */
    @Test
    void theModuleIsAPreNormTransformerOverWordsAndPicture() {
        PruningModule module = new PruningModule(6, 8, 1);
        Declaration.Builder declared = Declaration.begin();
        module.declare(declared);
        try (Scope ignored = Scope.inference();
                OwnWeights own = OwnWeights.initial("covipal", declared.build(), 5)) {
            Matrix visual = PathSimulator.gaussian(new Random(1), 3, 6);
            Matrix words = PathSimulator.gaussian(new Random(2), 2, 6);
            float[] scores =
                    Tensors.floats(module.score(own, Tensors.of(visual.data(), 3, 6), Tensors.of(words.data(), 2, 6)));
            assertThat(scores).hasSize(3);
            double[] expected = new WrittenOut(own).scores(visual, words);
            for (int i = 0; i < 3; i++) {
                assertThat((double) scores[i]).isCloseTo(expected[i], within(1e-4));
            }
            // A prompt without words is one too.
            assertThat(Tensors.floats(
                            module.score(own, Tensors.of(visual.data(), 3, 6), Tensors.zeros(DType.F32, 0, 6))))
                    .hasSize(3)
                    .doesNotContain(Float.NaN);
        }
    }

    /** The module of one block, 6 channels inside 8, in f64. */
    private record WrittenOut(OwnWeights own) {
        private double[] w(String name, long... shape) {
            float[] f = Tensors.floats(own.tensor(name, shape));
            double[] d = new double[f.length];
            Arrays.setAll(d, i -> f[i]);
            return d;
        }

        private double[] linear(String name, double[] x, int out) {
            double[] weight = w(name + ".weight", out, x.length);
            double[] y = w(name + ".bias", out);
            for (int o = 0; o < out; o++) {
                for (int i = 0; i < x.length; i++) {
                    y[o] += weight[o * x.length + i] * x[i];
                }
            }
            return y;
        }

        private double[] norm(String name, double[] x) {
            double mean = Arrays.stream(x).average().orElseThrow();
            double variance =
                    Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
            double[] weight = w(name + ".weight", x.length);
            double[] bias = w(name + ".bias", x.length);
            double[] y = new double[x.length];
            Arrays.setAll(y, i -> weight[i] * (x[i] - mean) / Math.sqrt(variance + 1e-5) + bias[i]);
            return y;
        }

        private static double[] plus(double[] a, double[] b) {
            double[] y = new double[a.length];
            Arrays.setAll(y, i -> a[i] + b[i]);
            return y;
        }

        double[] scores(Matrix visual, Matrix words) {
            int n = visual.rows() + words.rows();
            double[][] x = new double[n][];
            double[] modality = w("modality", 2, 8);
            for (int t = 0; t < n; t++) {
                boolean word = t < words.rows();
                float[] row = word ? words.row(t) : visual.row(t - words.rows());
                double[] wide = new double[6];
                Arrays.setAll(wide, i -> row[i]);
                double[] kind = Arrays.copyOfRange(modality, word ? 0 : 8, word ? 8 : 16);
                x[t] = plus(linear("in", norm("norm", wide), 8), kind);
            }
            double[][] q = new double[n][];
            double[][] k = new double[n][];
            double[][] v = new double[n][];
            for (int t = 0; t < n; t++) {
                double[] seen = norm("blocks.0.attention_norm", x[t]);
                q[t] = linear("blocks.0.query", seen, 8);
                k[t] = linear("blocks.0.key", seen, 8);
                v[t] = linear("blocks.0.value", seen, 8);
            }
            double[] out = new double[visual.rows()];
            for (int t = words.rows(); t < n; t++) {
                double[] y = plus(x[t], linear("blocks.0.out", attended(q[t], k, v), 8));
                double[] up = linear("blocks.0.mlp.up", norm("blocks.0.mlp_norm", y), 32);
                Arrays.setAll(up, i -> 0.5 * up[i] * (1 + erf(up[i] / Math.sqrt(2))));
                out[t - words.rows()] = linear("score", plus(y, linear("blocks.0.mlp.down", up, 8)), 1)[0];
            }
            return out;
        }

        private static double[] attended(double[] query, double[][] k, double[][] v) {
            double[] out = new double[8];
            for (int head = 0; head < 4; head++) {
                double[] share = new double[k.length];
                for (int t = 0; t < k.length; t++) {
                    share[t] = Math.exp((query[2 * head] * k[t][2 * head] + query[2 * head + 1] * k[t][2 * head + 1])
                            / Math.sqrt(2));
                }
                double sum = Arrays.stream(share).sum();
                for (int t = 0; t < k.length; t++) {
                    out[2 * head] += share[t] / sum * v[t][2 * head];
                    out[2 * head + 1] += share[t] / sum * v[t][2 * head + 1];
                }
            }
            return out;
        }

        /** Abramowitz and Stegun 7.1.26, to 1.5e-7. */
        private static double erf(double x) {
            double t = 1 / (1 + 0.3275911 * Math.abs(x));
            double p =
                    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
            return Math.signum(x) * (1 - p * Math.exp(-x * x));
        }
    }

    /** tau is the score at rank int(r n): the last that would be kept is half there, a temperature further on sigmoid(1). */
    @Test
    void retentionIsASigmoidAroundTheLastScoreKept() {
        try (Scope ignored = Scope.training()) {
            float[] values = {0.1f, 0.9f, 0.5f, 0.3f};
            Tensor scores = Tensors.of(values, 4, 1).set_requires_grad(true);
            float[] m = Tensors.floats(CoViPal.retention(scores, values, 2, 0.4));
            assertThat(m[2]).isEqualTo(0.5f);
            assertThat(m[1]).isCloseTo((float) (1 / (1 + Math.exp(-1))), within(1e-6f));
            assertThat(m[0]).isCloseTo((float) (1 / (1 + Math.exp(1))), within(1e-6f));
            // No gradient goes through tau: the derivative is that of the sigmoid alone.
            CoViPal.retention(scores, values, 2, 0.4).sum().backward();
            float[] gradient = Tensors.floats(scores.grad());
            assertThat(gradient[2]).isCloseTo(0.25f / 0.4f, within(1e-5f));
        }
    }

    private static float[] taught(Plan plan, boolean learning) {
        PlanRun run = TinyLlava.run(plan);
        EncodedImage image = TINY.pictures("one_image", run).getFirst();
        try (Scope ignored = learning ? Scope.training() : Scope.inference()) {
            return Tensors.floats(TrainingPath.of(TINY.model())
                    .logits(List.of(new Prompt(
                            List.of(
                                    new Span.Words(new int[] {1, 346}),
                                    new Span.Picture(image),
                                    new Span.Words(new int[] {203, 339, 225, 277})),
                            run,
                            null,
                            null,
                            new int[] {3, 4, 5},
                            2))));
        } finally {
            image.close();
        }
    }

    private static Plan fixed(Decision decision) {
        return Plan.of("fixed", new Step(new Station.Decoder(0), List.of(), s -> Outcome.of(decision)));
    }

    /** With retention 1 for some tokens and 0 for the others, what is learned from is what the choice answers. */
    @Test
    void aDecidedSoftChoiceIsTheHardOne() {
        int[] kept = {0, 2, 3, 7, 8, 9, 10, 15};
        float[] m = new float[16];
        Arrays.stream(kept).forEach(i -> m[i] = 1);
        float[] soft = taught(fixed(new Decision.Gate(new Matrix(16, 1, m))), true);
        float[] hard = taught(fixed(Decision.Keep.of(kept)), false);
        float[] full = taught(Plan.plain(), false);
        double apart = 0;
        for (int i = 0; i < soft.length; i++) {
            assertThat(soft[i]).isCloseTo(hard[i], within(1e-4f));
            apart = Math.max(apart, Math.abs(full[i] - hard[i]));
        }
        assertThat(apart).isGreaterThan(0.1);
    }

    /** The plan is soft while it learns, by the module's own scores, and hard when it answers. */
    @Test
    void thePlanIsSoftWhileItLearns() {
        String[] set = {"positions=original", "temperature=0.3"};
        List<float[]> scores = new ArrayList<>();
        try (OwnWeights own = untrained(knobs(set))) {
            Plan plan = plan(Budget.share(0.25), own, set);
            Step step = Models.only(plan);
            Plan told = Plan.of("told", new Step(step.station(), step.needs(), s -> {
                Outcome outcome = step.rule().decide(s);
                scores.add(outcome.scores());
                return outcome;
            }));
            float[] soft = taught(told, true);
            float[] hard = taught(plan, false);
            float[] s = scores.getFirst();
            int[] kept = TopK.largestInOrder(s, 4);
            float tau = s[TopK.largest(s, 4)[3]];
            float[] m = new float[16];
            for (int i = 0; i < 16; i++) {
                m[i] = (float) (1 / (1 + Math.exp(-(s[i] - tau) / 0.3)));
            }
            TinyLlava.assertClose(soft, taught(fixed(new Decision.Gate(new Matrix(16, 1, m))), true));
            TinyLlava.assertClose(hard, taught(fixed(Decision.Keep.of(kept)), false));
        }
    }

    /** What a step says that it multiplies is what it issues. */
    @Test
    void theModuleMultipliesWhatItSays() {
        try (Scope ignored = Scope.inference();
                OwnWeights own = untrained(knobs())) {
            Step step = Models.only(plan(Budget.share(0.25), own));
            long width = SHAPE.decoderWidth();
            try (Work issued = Work.count()) {
                Objects.requireNonNull(TECHNIQUE.predictors(SHAPE, knobs()).get("scores"))
                        .predict(own, Tensors.zeros(DType.F32, 16, width), Tensors.zeros(DType.F32, 7, width));
                assertThat(issued.flops()).isEqualTo(step.work().flops(16, 7));
            }
        }
    }

    /** For peek a tenth of a million, at 7B below three. */
    @Test
    void parameters() {
        ModelShape peek = Models.shape(16, 16, true, 6, 5, 192, 6, true, 6, 256, 8, 8);
        long small = TECHNIQUE.declaration(peek, knobs()).size();
        assertThat(small).isBetween(100_000L, 125_000L);
        long large = TECHNIQUE.declaration(Models.LLAVA, knobs()).size();
        // 256 channels: d * 256 and two blocks of 12 * 256 * 256.
        assertThat(large).isBetween(4096L * 256 + 24L * 256 * 256, 4096L * 256 + 24L * 256 * 256 + 40_000);
    }

    @Test
    void aWidthThatHeadsDoNotDivideIsOneSentence() {
        assertThatThrownBy(() -> TECHNIQUE.declaration(SHAPE, knobs("width=10")))
                .hasMessage("Knob 'width' of technique 'covipal' must be a multiple of 4, the module's heads, got 10.");
        assertThatThrownBy(() -> Models.plan(TECHNIQUE, SHAPE, Budget.share(0.5), "layer=9"))
                .hasMessageContaining("Knob 'layer' of technique 'covipal' must be in 0..3 for this model");
    }
}

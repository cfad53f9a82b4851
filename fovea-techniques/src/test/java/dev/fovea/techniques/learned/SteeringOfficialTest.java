package dev.fovea.techniques.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.PromptGradients;
import dev.fovea.core.learned.ContrastPair;
import dev.fovea.core.learned.OwnWeights;
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
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.logits.M3id;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.residual.Vista;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the authors' code of VISTA and GrAInS, and a third party's of M3ID, made of the tiny LLaVA checkpoint: recorded by
 * {@code reference/steering_cases.py}; what was run of whose stands in docs/results/README.md.
 */
class SteeringOfficialTest {
    private static final Checkpoint OFFICIAL =
            Checkpoint.open(Path.of("src", "test", "resources", "steering-official.safetensors"));
    private static final TinyLlava TINY = TinyLlava.open();
    private static final int[] IDS = TINY.ids("one_image");
    private static final int LAYERS = TINY.shape().decoderLayers();
    private static final int WIDTH = TINY.shape().decoderWidth();
    private static final int PADDING = 3;
    private static final int MASKED = 6;
    private static final int[] NOTHING = {};

    /** The answers of each pair; the first half of the pairs asks about one picture, the other about another. */
    private static final int[][] PREFERRED = {{263, 70}, {33, 56, 62}, {200}};

    private static final int[][] OTHER = {{71, 300, 9}, {315, 181}, {90, 12, 44, 151}};

    private static float[] official(String name) {
        return Tensors.floats(OFFICIAL.tensor(name));
    }

    private static Matrix matrix(String name) {
        return new Matrix(LAYERS, WIDTH, official(name));
    }

    private static int[] numbers(String name) {
        return Tensors.ints(OFFICIAL.tensor(name));
    }

    /** Says how far two rows are apart, and holds it to a bound. */
    private static void assertApart(String what, float[] actual, float[] expected, double most) {
        assertThat(actual).hasSameSizeAs(expected);
        double apart = 0;
        for (int i = 0; i < actual.length; i++) {
            if (expected[i] != Float.NEGATIVE_INFINITY) {
                apart = Math.max(apart, Math.abs(actual[i] - expected[i]));
            }
        }
        System.out.printf("official %s: largest difference %.2g%n", what, apart);
        assertThat(apart).as(what).isLessThan(most);
    }

    /** Given the tokens of a greedy answer one by one, the plan expects what the code expected, and would say the same. */
    private static void assertSays(String name, Plan plan, int picture) {
        assertSays(name, plan, picture, false, 1e-4);
    }

    /** @param relative whether only differences of logits count */
    private static void assertSays(String name, Plan plan, int picture, boolean relative, double most) {
        int[] tokens = numbers(name + ".tokens");
        float[] expected = official(name + ".logits");
        List<float[]> logits = TINY.logits(plan, IDS, picture, Arrays.copyOf(tokens, tokens.length - 1));
        int words = expected.length / tokens.length;
        float[] all = new float[expected.length];
        for (int i = 0; i < tokens.length; i++) {
            float[] row = logits.get(i);
            assertThat(TopK.best(row)).as(name + " token " + i).isEqualTo(tokens[i]);
            float constant = relative ? expected[i * words + tokens[i]] - row[tokens[i]] : 0;
            for (int word = 0; word < words; word++) {
                all[i * words + word] = row[word] + constant;
            }
        }
        assertApart(name + " logits", all, expected, most);
    }

    private static Plan plan(Technique technique, String knobs) {
        return Models.plan(technique, TINY.shape(), Budget.full(), knobs.split(";"));
    }

    private static PromptGradients prompt(Plan plan, boolean seen, int picture) {
        PlanRun run = TinyLlava.run(plan);
        List<EncodedImage> images = seen ? TINY.engine().encode(List.of(TINY.picture(picture, run))) : List.of();
        int[] ids = seen
                ? IDS
                : Arrays.stream(IDS)
                        .filter(id -> !TINY.model().isPlaceholder(id))
                        .toArray();
        try {
            return TINY.engine().gradients(new PathEngine.Prompt("own.", ids, images, run, 0), PADDING);
        } finally {
            images.forEach(EncodedImage::close);
        }
    }

    private static Matrix states(Plan plan, boolean seen, int picture) {
        try (PromptGradients prompt = prompt(plan, seen, picture)) {
            return prompt.states(NOTHING, List.of(NOTHING)).getFirst();
        }
    }

    /** States as {@code transformers} hands them out: those of the last layer behind the final norm. */
    private static Matrix normed(Matrix states) {
        try (Scope ignored = Scope.inference()) {
            float[] last =
                    Tensors.floats(TINY.model().decoder().norm().forward(Tensors.of(states.row(LAYERS - 1), 1, WIDTH)));
            float[] all = states.data().clone();
            System.arraycopy(last, 0, all, (LAYERS - 1) * WIDTH, WIDTH);
            return new Matrix(LAYERS, WIDTH, all);
        }
    }

    // ---- VISTA ----

    private static float[] vistaVector(int layer, Matrix seen, Matrix blind) {
        Step step = plan(new Vista(), "gamma=0").steps().get(layer);
        return ((Decision.Steer) FakeSignals.ofPrompt(2, 2, 2, 2)
                        .with(new Signal.LastStates(new Branch.Unsteered()), seen)
                        .with(new Signal.LastStates(new Branch.WithoutPictures()), blind)
                        .run(step)
                        .decision())
                .vector();
    }

    /**
     * The principal component that the code adds to what it takes the mean of has no sample to come from: it is 1 in one
     * channel of one layer, whatever the picture, and is left out here.
     */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void vistaVectors(int picture) {
        Matrix seen = states(Plan.plain(), true, picture);
        Matrix blind = states(Plan.plain(), false, picture);
        float[] all = new float[LAYERS * WIDTH];
        for (int layer = 0; layer < LAYERS; layer++) {
            System.arraycopy(vistaVector(layer, seen, blind), 0, all, layer * WIDTH, WIDTH);
        }
        assertApart("vista vectors", all, official("vista." + picture + ".vectors"), 1e-4);
        float[] component = official("vista." + picture + ".component");
        assertThat(component[0]).isEqualTo(1);
        assertThat(Arrays.copyOfRange(component, 1, component.length)).containsOnly(0);
    }

    /** Hidden states of the last token behind every layer, with what is added to what the MLPs add. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void vistaStates(int picture) {
        Matrix vectors = matrix("vista." + picture + ".vectors");
        List<Step> steps = IntStream.range(0, LAYERS)
                .mapToObj(layer -> new Step(
                        new Station.Residual(layer, Station.Stream.MLP),
                        List.of(),
                        s -> Outcome.of(
                                new Decision.Steer(vectors.row(layer), 0.17, Decision.Push.UNIT, Decision.Pushed.ALL))))
                .toList();
        Matrix states = states(Plan.of("vista", steps), true, picture);
        assertApart("vista states", normed(states).data(), official("vista." + picture + ".states"), 5e-5);
    }

    @ParameterizedTest
    @CsvSource({
        "vsv, gamma=0",
        "sla, lambda=0;w=2",
        "both, w=2",
        "stream, form=stream;gamma=0",
    })
    void vistaSays(String form, String knobs) {
        assertSays("vista.0." + form, plan(new Vista(), knobs), 0);
        assertSays("vista.1." + form, plan(new Vista(), knobs), 1);
    }

    // ---- GrAInS ----

    /**
     * A pair of answers.
     *
     * @param normed whether states are handed out as {@code transformers} does it
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Pair(PromptGradients prompt, int[] preferred, int[] other, boolean normed)
            implements ContrastPair, AutoCloseable {

        static Pair of(int number, boolean normed) {
            int which = number % PREFERRED.length;
            int picture = number / PREFERRED.length;
            return new Pair(
                    SteeringOfficialTest.prompt(Plan.plain(), true, picture), PREFERRED[which], OTHER[which], normed);
        }

        private int[] ids(boolean ofPreferred) {
            return ofPreferred ? preferred : other;
        }

        @Override
        public int tokens() {
            return prompt.tokens();
        }

        @Override
        public int length(boolean ofPreferred) {
            return ids(ofPreferred).length;
        }

        @Override
        public double[] values(boolean ofPreferred, Worth worth, List<int[]> masks) {
            return prompt.values(new Continuation(ids(ofPreferred), worth), masks);
        }

        @Override
        public float[] attribution(boolean ofPreferred, Worth worth, Attribution how, Over over) {
            return prompt.attribution(new Continuation(ids(ofPreferred), worth), how, over);
        }

        @Override
        public List<Matrix> states(boolean ofPreferred, List<int[]> masks) {
            List<Matrix> states = prompt.states(ids(ofPreferred), masks);
            return normed ? states.stream().map(SteeringOfficialTest::normed).toList() : states;
        }

        @Override
        public void close() {
            prompt.close();
        }
    }

    private static final int PAIRS = 2 * PREFERRED.length;
    private static final Grains GRAINS = new Grains();

    private static Knobs knobs(String... more) {
        List<String> all = new ArrayList<>(List.of("form=code", "k=" + MASKED));
        all.addAll(List.of(more));
        return Models.knobs(GRAINS, all.toArray(String[]::new));
    }

    /** What each token adds, those of the answers too; and which tokens are masked for that. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void grainsShares(int number) {
        String name = "grains." + number + ".";
        boolean[] endMasked = new boolean[2];
        try (Pair pair = Pair.of(number, true)) {
            for (boolean preferred : new boolean[] {true, false}) {
                String side = preferred ? "pos" : "neg";
                float[] gradient = pair.attribution(preferred, Worth.LAST_AGAIN, new Attribution.Gradient(), Over.ALL);
                float[] shares =
                        pair.attribution(preferred, Worth.LAST_AGAIN, new Attribution.Integrated(20), Over.ALL);
                for (int i = 0; i < shares.length && !preferred; i++) {
                    gradient[i] = -gradient[i];
                    shares[i] = -shares[i];
                }
                assertApart(name + "vanilla." + side, gradient, official(name + "vanilla." + side), 1e-4);
                assertApart(name + "integrated." + side, shares, official(name + "integrated_gradients." + side), 1e-3);
                int[] most = TopK.largest(shares, MASKED);
                int[] least = TopK.smallest(shares, MASKED);
                assertThat(most).isEqualTo(numbers(name + "pos." + side));
                assertThat(least).isEqualTo(numbers(name + "neg." + side));
                endMasked[0] |= Arrays.stream(most).anyMatch(token -> token == shares.length - 1);
                endMasked[1] |= Arrays.stream(least).anyMatch(token -> token == shares.length - 1);
            }
            float[] figures = Objects.requireNonNull(
                            GRAINS.rows(pair, number, knobs()).get(Grains.FIGURES))
                    .row(0);
            assertThat(figures[0]).isCloseTo(official(name + "pos.values")[0], offset(1e-4f));
            // Where the last token is masked, the code asks how likely the mask is.
            if (!endMasked[0]) {
                assertThat(figures[1]).isCloseTo(official(name + "pos.values")[1], offset(1e-4f));
            }
            if (!endMasked[1]) {
                assertThat(figures[2]).isCloseTo(official(name + "neg.values")[1], offset(1e-4f));
            }
        }
    }

    /** The rows of all pairs, one below the other. */
    private static Map<String, Matrix> rows(boolean normed) {
        Map<String, List<float[]>> rows = new LinkedHashMap<>();
        for (int number = 0; number < PAIRS; number++) {
            try (Pair pair = Pair.of(number, normed)) {
                GRAINS.rows(pair, number, knobs()).forEach((name, m) -> {
                    for (int r = 0; r < m.rows(); r++) {
                        rows.computeIfAbsent(name, fresh -> new ArrayList<>()).add(m.row(r));
                    }
                });
            }
        }
        Map<String, Matrix> all = new LinkedHashMap<>();
        rows.forEach((name, own) -> all.put(name, Matrix.of(own.toArray(float[][]::new))));
        return all;
    }

    /** The vectors of our technique with the signs that the code's principal components happen to have. */
    private static Map<String, Matrix> vectors(boolean normed) {
        Map<String, Matrix> vectors = new HashMap<>(GRAINS.vectors(rows(normed), TINY.shape(), knobs()));
        for (String[] side : new String[][] {{"pos", "preferred"}, {"neg", "dispreferred"}}) {
            float[] theirs = official("grains." + side[0] + ".pca");
            vectors.computeIfPresent("pca." + side[1], (name, ours) -> {
                float[] turned = ours.data().clone();
                for (int layer = 0; layer < LAYERS; layer++) {
                    double along = 0;
                    for (int i = layer * WIDTH; i < (layer + 1) * WIDTH; i++) {
                        along += turned[i] * theirs[i];
                    }
                    for (int i = layer * WIDTH; along < 0 && i < (layer + 1) * WIDTH; i++) {
                        turned[i] = -turned[i];
                    }
                }
                return new Matrix(LAYERS, WIDTH, turned);
            });
        }
        return vectors;
    }

    /**
     * Principal components and means of every layer. Those of the last one are the code's where its states are taken behind
     * the final norm; they are not, where vectors are to be added before it.
     */
    @Test
    void grainsVectors() {
        Map<String, Matrix> ours = vectors(true);
        Map<String, Matrix> raw = vectors(false);
        for (String[] side : new String[][] {{"pos", "preferred"}, {"neg", "dispreferred"}}) {
            for (String method : List.of("pca", "mean")) {
                String name = method + "." + side[1];
                float[] theirs = official("grains." + side[0] + "." + method);
                assertApart(
                        "grains " + name, Objects.requireNonNull(ours.get(name)).data(), theirs, 1e-4);
                int before = (LAYERS - 1) * WIDTH;
                float[] own = Objects.requireNonNull(raw.get(name)).data();
                assertApart(
                        "grains " + name + " before the norm",
                        Arrays.copyOf(own, before),
                        Arrays.copyOf(theirs, before),
                        1e-4);
                assertThat(Arrays.copyOfRange(own, before, own.length))
                        .isNotEqualTo(Arrays.copyOfRange(theirs, before, theirs.length));
            }
        }
    }

    /** One layer is steered with our own vectors; the code's strength is ten times what it is given. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void grainsSays(int layer) {
        Map<String, Tensor> vectors = new HashMap<>();
        try (Scope ignored = Scope.inference()) {
            vectors(true).forEach((name, m) -> vectors.put(name, Tensors.of(m.data(), m.rows(), m.cols())));
            try (OwnWeights own = OwnWeights.copyOf("grains", vectors)) {
                Plan plan = GRAINS.plan(TINY.shape(), Budget.full(), knobs("lambda=4", "layer=" + layer), own);
                assertSays("grains." + layer + ".0", plan, 0);
                assertSays("grains." + layer + ".1", plan, 1);
            }
        }
    }

    // ---- M3ID ----

    /**
     * The paper's formulas, and code that is always unsure, counts from 1 and forbids unlikely tokens. What is not changed
     * is left as logits, which are log-probabilities up to a constant. Weights of up to six make differences of rounding
     * as much larger.
     */
    @ParameterizedTest
    @CsvSource({
        "gated, lambda=0.2;alpha=0.6;t0=3",
        "always, lambda=0.2;alpha=2",
        "avisc, alpha=2;t0=1",
    })
    void m3idSays(String form, String knobs) {
        assertSays("m3id.0." + form, plan(new M3id(), knobs), 0, true, 1e-3);
        assertSays("m3id.1." + form, plan(new M3id(), knobs), 1, true, 1e-3);
    }
}

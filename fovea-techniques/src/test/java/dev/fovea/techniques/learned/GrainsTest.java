package dev.fovea.techniques.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.learned.ContrastPair;
import dev.fovea.core.learned.OwnWeights;
import dev.fovea.core.learned.SteeringTechnique;
import dev.fovea.core.path.Attribution;
import dev.fovea.core.path.Attribution.Over;
import dev.fovea.core.path.Continuation.Worth;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class GrainsTest {
    private static final Grains GRAINS = new Grains();

    private static Plan plan(String... knobs) {
        return Models.untrained(GRAINS, Models.LLAVA, Budget.full(), knobs);
    }

    // ---- what is added ----

    @Test
    void actsBehindEveryLayerOrOne() {
        assertThat(plan().steps().stream().map(Step::station))
                .hasSize(32)
                .first()
                .isEqualTo(new Station.Residual(0, Station.Stream.LAYER));
        assertThat(plan("layer=31/32").steps())
                .singleElement()
                .extracting(Step::station)
                .isEqualTo(new Station.Residual(31, Station.Stream.LAYER));
        assertThat(plan("lambda=0").steps()).isEmpty();
        assertThatThrownBy(() -> plan("layer=32")).hasMessageContaining("must be in 0..31 for this model");
        assertThatThrownBy(() -> plan("lambda=1001")).hasMessageContaining("must be in 0..1000");
        assertThatThrownBy(() -> plan("lambda=-1")).hasMessageContaining("must be in 0..1000");
    }

    /** Every kind of vector comes from where the knobs say. */
    @Test
    void directions() {
        Map<String, float[]> known = Map.of(
                "pca.preferred", new float[] {1, 0},
                "pca.dispreferred", new float[] {0, 1},
                "mean.preferred", new float[] {3, 4},
                "mean.dispreferred", new float[] {1, 1},
                "difference", new float[] {.6f, .8f});
        assertThat(GrainsVectors.direction(known::get, "pca", true)).containsExactly(1, -1);
        assertThat(GrainsVectors.direction(known::get, "pca", false)).containsExactly(1, 0);
        assertThat(GrainsVectors.direction(known::get, "mean", true)).containsExactly(2, 3);
        assertThat(GrainsVectors.direction(known::get, "mean", false)).containsExactly(3, 4);
        assertThat(GrainsVectors.direction(known::get, "difference", true)).containsExactly(.6f, .8f);
        assertThat(known.keySet()).containsExactlyInAnyOrderElementsOf(GrainsVectors.NAMES);
    }

    @Test
    void aStepAddsItsLayersVectorAndKeepsTheLength() {
        Knobs knobs = Models.knobs(GRAINS, "lambda=7", "mode=pos");
        try (Scope ignored = Scope.inference()) {
            Map<String, Tensor> vectors = new HashMap<>();
            GRAINS.declaration(Models.SMALL, knobs)
                    .parameters()
                    .forEach(p -> vectors.put(p.name(), Tensors.of(p.initial(3), p.sizes())));
            try (OwnWeights own = OwnWeights.copyOf("grains", vectors)) {
                Step step = GRAINS.plan(Models.SMALL, Budget.full(), knobs, own)
                        .steps()
                        .get(4);
                Decision.Steer steer = (Decision.Steer)
                        FakeSignals.ofPrompt(2, 2, 2, 2).run(step).decision();
                assertThat(steer.vector())
                        .containsExactly(Tensors.floats(
                                own.tensor("pca.preferred", 6, 64).select(0, 4)));
                assertThat(steer.strength()).isEqualTo(7);
                assertThat(steer.push()).isEqualTo(Decision.Push.KEEP_LENGTH);
                assertThat(steer.tokens()).isEqualTo(Decision.Pushed.ALL);
            }
        }
    }

    // ---- how it is fitted ----

    /**
     * A network of four tokens whose preference is linear in them: masking a token takes its share away. States are those of
     * one layer of three channels that hold the token numbers that are masked.
     */
    private static final class Linear implements ContrastPair {
        private final float[] preferred;
        private final float[] dispreferred;
        private final List<String> asked = new ArrayList<>();

        Linear(float[] preferred, float[] dispreferred) {
            this.preferred = preferred;
            this.dispreferred = dispreferred;
        }

        private float[] shares(boolean ofPreferred) {
            return ofPreferred ? preferred : dispreferred;
        }

        @Override
        public int tokens() {
            return 4;
        }

        @Override
        public int length(boolean ofPreferred) {
            return shares(ofPreferred).length - 4;
        }

        @Override
        public double[] values(boolean ofPreferred, Worth worth, List<int[]> masks) {
            return masks.stream()
                    .mapToDouble(mask -> {
                        double sum = 0;
                        for (float share : shares(ofPreferred)) {
                            sum += share;
                        }
                        for (int token : mask) {
                            sum -= shares(ofPreferred)[token];
                        }
                        return sum;
                    })
                    .toArray();
        }

        @Override
        public float[] attribution(boolean ofPreferred, Worth worth, Attribution how, Over over) {
            asked.add(worth + " " + over + " " + how);
            return over == Over.ALL ? shares(ofPreferred).clone() : Arrays.copyOf(shares(ofPreferred), 4);
        }

        @Override
        public List<Matrix> states(boolean ofPreferred, List<int[]> masks) {
            return masks.stream()
                    .map(mask -> {
                        float[] state = {ofPreferred ? 10 : 20, 0, 0};
                        for (int token : mask) {
                            state[1] += 1 << token;
                        }
                        return Matrix.of(state, new float[] {1, 1, 1});
                    })
                    .toList();
        }
    }

    /** The shares of the worked example, divided over two answers: for the one minus for the other. */
    private static Linear example() {
        return new Linear(new float[] {3, 1, .5f, .25f, 9}, new float[] {1, 3, .5f, 0, -9, -9});
    }

    @Test
    void masksWhatSpeaksForEitherAnswer() {
        Linear pair = example();
        Map<String, Matrix> rows = GRAINS.rows(pair, 0, Models.knobs(GRAINS, "k=1", "steps=7"));
        assertThat(pair.asked)
                .containsOnly("LIKELIHOOD PROMPT Integrated[steps=7]")
                .hasSize(2);
        assertThat(Objects.requireNonNull(rows.get("preferred")).data())
                .as("token 0 is masked for both")
                .containsExactly(0, -1, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0);
        assertThat(Objects.requireNonNull(rows.get("dispreferred")).data())
                .as("token 1")
                .containsExactly(0, -2, 0, 0, 0, 0, 0, -2, 0, 0, 0, 0);
        assertThat(Objects.requireNonNull(rows.get("difference")).data()).containsExactly(-10, 0, 0, 0, 0, 0);
        float[] figures =
                Objects.requireNonNull(rows.get(SteeringTechnique.FIGURES)).row(0);
        assertThat(figures).hasSameSizeAs(GRAINS.figures().toArray());
        assertThat(figures[1]).as("without what speaks for it").isCloseTo(figures[0] - 2, offset(1e-5f));
        assertThat(figures[2]).as("without what speaks against it").isCloseTo(figures[0] + 2, offset(1e-5f));
        assertThat(figures[3]).isBetween(figures[1], figures[2]);
    }

    /** The published code ranks the tokens of each answer's own sequence, by what comes behind it. */
    @Test
    void codeLooksAtEachAnswersOwnSequence() {
        Linear pair = example();
        Map<String, Matrix> rows = GRAINS.rows(pair, 0, Models.knobs(GRAINS, "k=1", "form=code"));
        assertThat(pair.asked)
                .containsOnly("LAST_AGAIN ALL Integrated[steps=20]")
                .hasSize(2);
        assertThat(Objects.requireNonNull(rows.get("preferred")).data())
                .as("its own answer speaks most for the one, and least against the other")
                .containsExactly(0, -16, 0, 0, 0, 0, 0, -16, 0, 0, 0, 0);
        assertThat(Objects.requireNonNull(rows.get("dispreferred")).data())
                .containsExactly(0, -8, 0, 0, 0, 0, 0, -2, 0, 0, 0, 0);
    }

    @Test
    void attributionIsChosen() {
        for (String[] each : new String[][] {
            {"attribution=gradient", "Gradient[]"},
            {"attribution=smooth", "Smooth[samples=20, deviation=0.01, seed=0]"}
        }) {
            Linear pair = example();
            GRAINS.rows(pair, 0, Models.knobs(GRAINS, "k=10000", each[0]));
            assertThat(pair.asked).containsOnly("LIKELIHOOD PROMPT " + each[1]);
        }
    }

    @Test
    void vectorsOfEveryLayer() {
        Map<String, Matrix> rows = Map.of(
                "preferred",
                Matrix.of(
                        new float[] {2, .1f, 5, 0},
                        new float[] {1.8f, -.1f, 7, 0},
                        new float[] {2.2f, 0, 5, 0},
                        new float[] {1.9f, .2f, 7, 0}),
                "dispreferred",
                Matrix.of(new float[] {0, 1, 0, 1}, new float[] {0, 3, 0, -3}),
                "difference",
                Matrix.of(new float[] {3, 4, 0, 0}));
        Map<String, Matrix> vectors = GrainsVectors.of(rows, 2, 2);
        assertThat(vectors.keySet()).containsExactlyInAnyOrderElementsOf(GrainsVectors.NAMES);
        assertThat(Objects.requireNonNull(vectors.get("pca.preferred")).data())
                .containsExactly(new float[] {.9915f, .1299f, 1, 0}, offset(1e-4f));
        assertThat(Objects.requireNonNull(vectors.get("pca.dispreferred")).data())
                .containsExactly(new float[] {0, 1, 0, -1}, offset(1e-6f));
        assertThat(Objects.requireNonNull(vectors.get("mean.preferred")).data())
                .containsExactly(new float[] {1.975f, .05f, 6, 0}, offset(1e-5f));
        assertThat(Objects.requireNonNull(vectors.get("difference")).data())
                .containsExactly(new float[] {.6f, .8f, 0, 0}, offset(1e-6f));
    }

    @Test
    void pairsThatShowNothing() {
        Map<String, Matrix> rows = Map.of(
                "preferred", new Matrix(2, 4, new float[8]),
                "dispreferred", new Matrix(2, 4, new float[8]),
                "difference", new Matrix(1, 4, new float[4]));
        assertThatThrownBy(() -> GrainsVectors.of(rows, 2, 2)).hasMessageContaining("changed no hidden state");
    }

    @Test
    void triesStrengthsUnlessOneIsGiven() {
        assertThat(GRAINS.trials(Models.knobs(GRAINS)))
                .hasSize(10)
                .contains(Map.of("lambda", "0.25"), Map.of("lambda", "128.0"));
        assertThat(GRAINS.trials(Models.knobs(GRAINS, "lambda=3"))).isEmpty();
    }
}

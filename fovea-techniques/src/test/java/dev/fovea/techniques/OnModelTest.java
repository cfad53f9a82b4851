package dev.fovea.techniques;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.ImageInput;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.model.AddedWeights;
import dev.fovea.core.model.MappedWeights;
import dev.fovea.core.model.Weights;
import dev.fovea.core.model.family.Description;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.weights.Checkpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every technique on tiny models with the real engine: one plain, one whose class token goes to the language model. */
class OnModelTest {
    private static final Path MODELS = Path.of("..", "fovea-core", "src", "test", "resources", "golden");
    private static final int[] FIRST = {1, 346, 30, 4, 203, 339, 225, 277};
    private static final int[] SECOND = {1, 30, 4, 203, 331, 35, 225, 335, 344, 345, 56};
    private static final int[] BOTH = {1, 346, 4, 203, 4, 225, 335, 56};

    private record Tiny(String name, PathEngine engine, List<Tensor> pictures) {}

    private record Case(Technique technique, Tiny tiny) {
        @Override
        public String toString() {
            return technique.card().id() + " on " + tiny.name;
        }
    }

    private static List<Case> cases = List.of();

    @BeforeAll
    static void open() {
        List<Case> all = new ArrayList<>();
        for (String name : List.of("llava-mha", "llava-gqa")) {
            Path folder = MODELS.resolve(name);
            Description description = Families.read(folder).description();
            Weights weights = MappedWeights.of(Checkpoint.open(folder), DType.F32, description.renames());
            Tensor pixels =
                    Checkpoint.open(folder.resolve("golden.safetensors")).tensor("vision.pixel_values");
            Tiny tiny = new Tiny(
                    name,
                    new PathEngine(
                            description.load(weights, null),
                            additions -> description.load(AddedWeights.of(weights, additions), null)),
                    List.of(pixels.select(0, 0), pixels.select(0, 1)));
            // One has pictures cut before a prompt is laid out for their parts, which here has been done: it has a test
            // of
            // its own.
            Models.techniques().stream()
                    .filter(t -> !t.card().id().equals("adaptvision-scaling"))
                    .forEach(t -> all.add(new Case(t, tiny)));
        }
        cases = all;
    }

    static List<Case> cases() {
        return cases;
    }

    private static Plan plan(Case c, Budget budget) {
        if (c.technique.card().id().equals("pixelprune")) {
            // Nothing repeats to the bit in these pictures.
            return Models.plan(c.technique, c.tiny.engine.model().shape(), budget, "metric=mae", "tau=0.002");
        }
        ModelShape shape = c.tiny.engine.model().shape();
        if (c.technique.card().id().equals("m3id")) {
            // Random weights are sure of whatever they say.
            return Models.plan(c.technique, shape, budget, "alpha=2", "t0=10");
        }
        return Models.untrained(c.technique, shape, budget);
    }

    private record Ask(int[] ids, int... pictures) {}

    /** Logits after each prompt and one more token, the prompts read together. */
    private static List<float[]> logits(Tiny tiny, Plan plan, Ask... asks) {
        int width = tiny.engine.model().shape().decoderWidth();
        float[] question = new float[width];
        for (int i = 0; i < width; i++) {
            question[i] = (float) Math.sin(i);
        }
        PlanRun run = PlanRun.of(plan, new PlanRun.Question(() -> new float[0], () -> question), null);
        List<PathEngine.Prompt> prompts = new ArrayList<>();
        for (Ask ask : asks) {
            List<ImageInput> images = Arrays.stream(ask.pictures)
                    .mapToObj(p -> {
                        Tensor pixels = tiny.pictures.get(p);
                        return new ImageInput(pixels, () -> pixels, "image.", run);
                    })
                    .toList();
            List<EncodedImage> encoded = tiny.engine.encode(images);
            prompts.add(new PathEngine.Prompt("", ask.ids, encoded, run, 4));
        }
        List<PromptState> states = tiny.engine.prefill(prompts);
        List<float[]> out = new ArrayList<>();
        states.forEach(s -> out.add(s.logits()));
        tiny.engine.answer(states, states.stream().map(s -> new int[] {77}).toList());
        states.forEach(s -> out.add(s.logits()));
        states.forEach(PromptState::close);
        return out;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void fullBudgetIsThePlainModelToTheBit(Case c) {
        if (Set.of("attention-rebalancing", "m3id", "vista", "grains", "llava-sp", "llava-mini", "vlora")
                .contains(c.technique.card().id())) {
            return; // their cards: the answer differs at every budget
        }
        Ask ask = new Ask(FIRST, 0);
        List<float[]> plain = logits(c.tiny, Plan.plain(), ask);
        List<float[]> full = logits(c.tiny, plan(c, Budget.full()), ask);
        for (int i = 0; i < plain.size(); i++) {
            // Behind the model's own words there may be some that a technique added.
            assertThat(Arrays.copyOf(full.get(i), plain.get(i).length)).containsExactly(plain.get(i));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void halfTheBudgetAnswersAndBatchesDoNotMix(Case c) {
        Plan half = plan(c, Budget.share(0.5));
        Ask one = new Ask(FIRST, 0);
        Ask two = new Ask(SECOND, 1);
        List<float[]> together = logits(c.tiny, half, one, two);
        List<float[]> first = logits(c.tiny, half, one);
        List<float[]> second = logits(c.tiny, half, two);
        assertClose(together.get(0), first.get(0));
        assertClose(together.get(1), second.get(0));
        assertClose(together.get(2), first.get(1));
        assertClose(together.get(3), second.get(1));
        if (!half.steps().isEmpty()) {
            assertThat(first.get(0))
                    .isNotEqualTo(logits(c.tiny, Plan.plain(), one).get(0));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void severalPicturesInOnePrompt(Case c) {
        for (float[] logits : logits(c.tiny, plan(c, Budget.share(0.5)), new Ask(BOTH, 0, 1))) {
            assertThat(logits).doesNotContain(Float.NaN);
        }
    }

    private static void assertClose(float[] actual, float[] expected) {
        for (int i = 0; i < expected.length; i++) {
            if (actual[i] != expected[i]) {
                assertThat((double) actual[i]).isBetween(expected[i] - 1e-4, expected[i] + 1e-4);
            }
        }
    }
}

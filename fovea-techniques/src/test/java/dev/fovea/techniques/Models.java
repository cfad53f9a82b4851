package dev.fovea.techniques;

import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.learned.OwnWeights;
import dev.fovea.core.model.Weights;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;

/** Shapes that tests plan for, and short ways to make plans. */
public final class Models {
    /** LLaVA-1.5-7B. */
    public static final ModelShape LLAVA = shape(24, 24, true, 24, 23, 1024, 16, true, 32, 4096, 32, 32);

    /** A small model with a class token and a text tower. */
    public static final ModelShape SMALL = shape(12, 12, true, 6, 5, 32, 4, true, 6, 64, 4, 2);

    /** The same without text tower. */
    public static final ModelShape SMALL_NO_TEXT = shape(12, 12, true, 6, 5, 32, 4, false, 6, 64, 4, 2);

    /** A small model whose encoder has no class token. */
    public static final ModelShape SMALL_NO_CLS = shape(12, 12, false, 6, 6, 32, 4, false, 6, 64, 4, 4);

    private Models() {}

    /** A shape with the sizes that matter to plans. */
    public static ModelShape shape(
            int rows,
            int cols,
            boolean cls,
            int encoderLayers,
            int featureLayers,
            int width,
            int heads,
            boolean text,
            int decoderLayers,
            int decoderWidth,
            int decoderHeads,
            int kvHeads) {
        return new ModelShape(
                "test",
                rows,
                cols,
                14,
                cls,
                false,
                encoderLayers,
                featureLayers,
                width,
                heads,
                4 * width,
                text,
                decoderLayers,
                decoderWidth,
                decoderHeads,
                kvHeads,
                decoderWidth / decoderHeads,
                3 * decoderWidth,
                101,
                4096);
    }

    /** LLaVA's depths with a grid of another size. */
    public static ModelShape withGrid(int rows, int cols) {
        return shape(rows, cols, true, 24, 23, 8, 1, true, 32, 8, 1, 1);
    }

    /** Every technique that has plans. */
    public static List<Technique> techniques() {
        return all().stream().filter(Technique::plans).toList();
    }

    /** Every technique. */
    public static List<Technique> all() {
        return ServiceLoader.load(Technique.class).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
    }

    /** A plan with some knobs, given as {@code name=value}; weights of a technique's own are 0. */
    public static Plan plan(Technique technique, ModelShape shape, Budget budget, String... knobs) {
        Knobs all = knobs(technique, knobs);
        return technique instanceof LearnedTechnique learned
                ? learned.blank(shape, budget, all)
                : technique.plan(shape, budget, all);
    }

    /** A technique's knobs with some of them set, as {@code name=value}. */
    public static Knobs knobs(Technique technique, String... knobs) {
        Map<String, String> set = new LinkedHashMap<>();
        for (String knob : knobs) {
            String[] parts = knob.split("=", 2);
            set.put(parts[0], parts[1]);
        }
        return Knobs.of(technique.card(), set);
    }

    /** The same; a technique with weights of its own has those that its training starts from. */
    public static Plan untrained(Technique technique, ModelShape shape, Budget budget, String... knobs) {
        if (!(technique instanceof LearnedTechnique learned)) {
            return plan(technique, shape, budget, knobs);
        }
        Knobs all = knobs(technique, knobs);
        Weights own = OwnWeights.initial(technique.card().id(), learned.declaration(shape, all), 1);
        return learned.plan(shape, budget, all, own);
    }

    /** The only step of a plan. */
    public static Step only(Plan plan) {
        if (plan.steps().size() != 1) {
            throw new AssertionError("Expected one step, got " + plan.steps());
        }
        return plan.steps().getFirst();
    }

    /** The indices of a keep decision. */
    public static int[] kept(Outcome outcome) {
        return ((Decision.Keep) outcome.decision()).indices();
    }

    /** {@code n} values, all the same. */
    public static float[] constant(int n, double value) {
        float[] out = new float[n];
        Arrays.fill(out, (float) value);
        return out;
    }
}

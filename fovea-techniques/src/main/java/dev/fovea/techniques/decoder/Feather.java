package dev.fovea.techniques.decoder;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.DecoderQueries;
import dev.fovea.core.path.Signal.KeyScope;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knob;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Depth;
import dev.fovea.techniques.Shapes;
import dev.fovea.techniques.Spending;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.UniformGrid;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * FEATHER (arXiv 2412.13180): FastV's score without rotary positions, a uniform grid kept beside it at the first
 * pruning point, and a second, harder pruning point without the grid.
 */
public final class Feather implements Technique {
    /** A first pruning point that would have to keep less than this by score is moved to an earlier layer instead. */
    private static final double LEAST_KEEP = 0.1;

    private static final Card CARD = new Card(
            "feather",
            "Feather the Throttle: Revisiting Visual Token Pruning for Vision-Language Model Acceleration",
            "2412.13180",
            "Prunes twice inside the decoder by attention without rotary positions, keeping a uniform grid the first "
                    + "time.",
            List.of("decoder"),
            List.of(
                    Knob.number("k1", "auto", 1, 1000, "Layers before the first pruning; auto is 8 of 32."),
                    Knob.number("k2", "auto", 2, 1000, "Layers before the second pruning; auto is 16 of 32."),
                    Knob.number(
                            "r",
                            "auto",
                            0,
                            1,
                            "Share dropped by score at the first pruning (paper: 0.7); auto follows the budget, a "
                                    + "number replaces it."),
                    Knob.number("stride", "3", 0, 4096, "Spacing of the protected grid; 0 for no grid."),
                    Knob.choice("rope", "off", List.of("on", "off"), "Whether the score sees rotary positions."),
                    Knob.choice(
                            "softmax", "visual", List.of("all", "visual"), "Keys over which the score's softmax runs."),
                    Knob.choice(
                            "reads",
                            "average",
                            List.of("average", "kept"),
                            "What a budget means: the average tokens per layer, or the share kept by score at the "
                                    + "first pruning (1 - r).")),
            false,
            List.of(
                    "Budget: average visual tokens per decoder layer; the keep share rho solves [k1 + (k2 - k1) u + "
                            + "(L - k2) u rho^2] / L = budget with u = rho + (1 - rho) * grid share.",
                    "Where the published layers leave no room for a small budget, both move to earlier layers; an "
                            + "average that no layer allows is refused."));

    @Override
    public Card card() {
        return CARD;
    }

    /** Pruning before layers {@code k1 < k2}, keeping {@code keep} and then its square. */
    record Schedule(int k1, int k2, double keep) {}

    @Override
    public Plan plan(ModelShape shape, Budget budget, Knobs knobs) {
        if (knobs.isAuto("r") && budget.isFull(shape.visualTokens())) {
            return Plan.of(CARD.id());
        }
        if (shape.decoderLayers() < 3) {
            throw new IllegalArgumentException("Technique 'feather' prunes before two decoder layers and needs at "
                    + "least 3 of them; this model has " + shape.decoderLayers() + ".");
        }
        Schedule schedule = schedule(shape, budget, knobs);
        KeyScope scope = knobs.text("softmax").equals("all") ? KeyScope.ALL : KeyScope.VISUAL;
        boolean rope = knobs.flag("rope");
        int stride = knobs.integer("stride");
        double keep = schedule.keep;
        return Plan.of(
                CARD.id(),
                step(schedule.k1, scope, rope, (scores, layout) -> {
                    int top = Math.min(truncated(layout.total() * keep), scores.length);
                    return union(TopK.largest(scores, top), grid(layout, stride));
                }),
                step(
                        schedule.k2,
                        scope,
                        rope,
                        (scores, layout) ->
                                TopK.largestInOrder(scores, Math.max(1, truncated(scores.length * keep * keep)))));
    }

    @FunctionalInterface
    private interface Choice {
        int[] among(float[] scores, Layout layout);
    }

    private static Step step(int layer, KeyScope scope, boolean rope, Choice choice) {
        Signal.DecoderAttention attention = new Signal.DecoderAttention(layer - 1, DecoderQueries.LAST, scope, rope);
        return new Step(new Station.Decoder(layer), List.of(attention), s -> {
            float[] scores = Vectors.pick(s.get(attention), s.layout().visual());
            return Outcome.of(Decision.Keep.of(choice.among(scores, s.layout())), scores);
        });
    }

    /** Truncation that does not fall one short where the product should be a whole number. */
    private static int truncated(double count) {
        return (int) (count + 1e-9);
    }

    private static int[] union(int[] top, int[] grid) {
        return IntStream.concat(Arrays.stream(top), Arrays.stream(grid))
                .sorted()
                .distinct()
                .toArray();
    }

    /** Present tokens whose cell lies on the strided grid of its image. */
    private static int[] grid(Layout layout, int stride) {
        if (stride == 0) {
            return new int[0];
        }
        int perImage = layout.rows() * layout.cols();
        boolean[] onGrid = new boolean[perImage];
        for (int cell : UniformGrid.strided(layout.rows(), layout.cols(), stride)) {
            onGrid[cell] = true;
        }
        int[] cells = layout.cells();
        return IntStream.range(0, cells.length)
                .filter(i -> cells[i] >= 0 && onGrid[cells[i] % perImage])
                .toArray();
    }

    static Schedule schedule(ModelShape shape, Budget budget, Knobs knobs) {
        int depth = shape.decoderLayers();
        int k1 = knobs.integer("k1", Math.min(Depth.pruningLayer(8, Depth.DECODER, depth), Math.max(1, depth - 2)));
        int k2 = knobs.integer("k2", Math.max(k1 + 1, Depth.pruningLayer(16, Depth.DECODER, depth)));
        Shapes.requireDecoderLayer(k1, "k1", shape, CARD.id());
        Shapes.requireDecoderLayer(k2, "k2", shape, CARD.id());
        if (k2 <= k1) {
            throw new IllegalArgumentException(
                    "Technique 'feather' needs k1 < k2, got k1=" + k1 + " and k2=" + k2 + ".");
        }
        double share = budget.shareOf(shape.visualTokens());
        if (!knobs.isAuto("r")) {
            return new Schedule(k1, k2, 1 - knobs.number("r"));
        }
        if (knobs.text("reads").equals("kept")) {
            return new Schedule(k1, k2, share);
        }
        int stride = knobs.integer("stride");
        double grid = stride == 0
                ? 0
                : (double) UniformGrid.strided(shape.gridRows(), shape.gridCols(), stride).length / shape.patches();
        boolean movable = knobs.isAuto("k1") && knobs.isAuto("k2");
        Schedule solved = solve(k1, k2, depth, grid, share);
        while (movable && solved.keep < LEAST_KEEP && solved.k1 > 1) {
            int earlier = solved.k1 - 1;
            solved = solve(earlier, Math.min(2 * earlier, depth - 1), depth, grid, share);
        }
        double least = averageShare(solved.k1, solved.k2, depth, 0, grid);
        if (share <= least) {
            throw new IllegalArgumentException(
                    "Technique 'feather' cannot average so few tokens per layer: with pruning before layers "
                            + solved.k1
                            + " and " + solved.k2 + " of " + depth + " a budget must be above "
                            + (int) Math.ceil(least * shape.visualTokens()) + " tokens; give a larger budget or set "
                            + "feather:reads=kept.");
        }
        return solved;
    }

    private static Schedule solve(int k1, int k2, int depth, double grid, double share) {
        return new Schedule(k1, k2, Spending.solve(keep -> averageShare(k1, k2, depth, keep, grid), share, 0, 1));
    }

    /** Expected visual tokens per layer, as a share of all, if score and grid choose independently. */
    static double averageShare(int k1, int k2, int depth, double keep, double grid) {
        double first = keep + (1 - keep) * grid;
        return (k1 + (k2 - k1) * first + (depth - k2) * first * keep * keep) / depth;
    }
}

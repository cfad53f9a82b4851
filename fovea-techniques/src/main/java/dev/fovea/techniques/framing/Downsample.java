package dev.fovea.techniques.framing;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import java.util.List;

/** The downsampling baseline of VTC-Bench (arXiv 2510.07143): a smaller picture makes fewer tokens. */
public final class Downsample implements Technique {
    private static final Card CARD = Card.of("""
            id        downsample
            title     Are We Using the Right Benchmark: An Evaluation Framework for Visual Token Compression Methods
            arxiv     2510.07143
            summary   Makes the picture smaller until it costs what the budget allows: the baseline that shows what
                      choosing tokens is worth.
            stations  framing
            budget    Visual tokens per image, at most. Both sides of the grid shrink by the root of the share, rounded
                      down; one more column is taken where the budget has room for it. What was reached is reported.
            full      acts with factor
            knob      factor = auto, whole 1..100: Divides both sides of the grid by this, to the nearest, in place of the
                      budget; the authors use 2, 3, 4, 5 and 10 for 75, 89, 94, 96 and 99 % fewer tokens.
            note      The picture is resampled once, from the original to the smaller size, with the filter of the
                      model's own processor. The authors resample twice, with JPEG compression of quality 75 in between.
            note      The authors divide the sides of the picture and then take whole tokens; the grid that is reached
                      differs from theirs by one row or column now and then. Theirs has at least four tokens.
            note      The authors' models take pictures of any size. In models of a fixed input size the learned
                      positions are interpolated to the smaller grid.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        int factor = knobs.integer("factor", 0);
        if (factor == 1) {
            return List.of();
        }
        return List.of(new Step(new Station.Framing(), List.of(), s -> {
            Layout layout = s.layout();
            return Outcome.of(
                    factor > 0
                            ? divided(layout.rows(), layout.cols(), factor)
                            : within(layout.rows(), layout.cols(), budget.of(layout.total())));
        }));
    }

    /** Half a token goes to the even number, as where processors take whole tokens. */
    static Decision.Resize divided(int rows, int cols, int factor) {
        return new Decision.Resize(nearest(rows, factor), nearest(cols, factor));
    }

    private static int nearest(int side, int factor) {
        return (int) Math.max(1, Math.rint((double) side / factor));
    }

    /** The grid that costs at most {@code tokens}, with the aspect ratio kept as well as whole tokens allow. */
    static Decision.Resize within(int rows, int cols, int tokens) {
        int down = Math.clamp((long) (Math.sqrt((double) tokens * rows / cols) + 1e-9), 1, Math.min(rows, tokens));
        int across = (int) (Math.sqrt((double) tokens * cols / rows) + 1e-9) + 1;
        return new Decision.Resize(down, Math.clamp(across, 1, Math.min(cols, tokens / down)));
    }
}

package dev.fovea.techniques.connector;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.DecoderQueries;
import dev.fovea.core.path.Signal.EncoderQueries;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Signal.KeyScope;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knob;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Shapes;
import dev.fovea.techniques.Spending;
import dev.fovea.techniques.primitives.Diversity;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * ToDRE (arXiv 2505.18757): a diverse subset grown from the most attended token before the language model, and removal
 * of all visual tokens at a late layer once text and image hardly attend to each other.
 */
public final class Todre implements Technique {
    private static final Card CARD = new Card(
            "todre",
            "ToDRE: Effective Visual Token Pruning via Token Diversity and Task Relevance",
            "2505.18757",
            "Keeps mutually dissimilar tokens, and drops all of them late in the decoder once little attention flows "
                    + "between text and image.",
            List.of("connector", "decoder"),
            List.of(
                    Knob.choice(
                            "rule",
                            "max-sum",
                            List.of("max-sum", "k-centre"),
                            "Least sum of similarities to the kept tokens (second version of the paper), or least "
                                    + "largest one (first version)."),
                    Knob.choice(
                            "pivot",
                            "auto",
                            List.of("auto", "cls", "nearest-mean", "farthest-mean"),
                            "First token: most attended by the class token, or nearest to or farthest from the mean; "
                                    + "auto is cls, or nearest-mean where there is none."),
                    Knob.choice("stages", "both", List.of("both", "1", "2"), "Selection, late removal, or both."),
                    Knob.number("layer", "auto", 1, 1000, "Decoder layers before the late check; auto is 7/8 of them."),
                    Knob.number("tau", "0.1", 0, 1, "Both flows of attention must be below this.")),
            false,
            List.of(
                    "Budget: tokens kept per image by the selection; the late removal comes on top where its test "
                            + "allows it.",
                    "Encoders without a class token: the token nearest to the mean is the pivot, which the paper found "
                            + "as good."));

    private static final Signal.Projected TOKENS = new Signal.Projected();

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Plan plan(ModelShape shape, Budget budget, Knobs knobs) {
        if (budget.isFull(shape.visualTokens())) {
            return Plan.of(CARD.id());
        }
        String stages = knobs.text("stages");
        List<Step> steps = new ArrayList<>();
        if (!stages.equals("2")) {
            steps.add(selection(shape, budget, knobs));
        }
        int depth = shape.decoderLayers();
        int layer = knobs.integer("layer", Math.max(1, 7 * depth / 8));
        if (!stages.equals("1") && depth > 1) {
            Shapes.requireDecoderLayer(layer, "layer", shape, CARD.id());
            steps.add(lateRemoval(layer, knobs.number("tau")));
        }
        return Plan.of(CARD.id(), steps);
    }

    private static Step selection(ModelShape shape, Budget budget, Knobs knobs) {
        String pivot = knobs.isAuto("pivot") ? (shape.hasCls() ? "cls" : "nearest-mean") : knobs.text("pivot");
        if (pivot.equals("cls") && !shape.hasCls()) {
            throw new IllegalArgumentException("Technique 'todre' with pivot=cls needs an encoder with a class token; "
                    + "this model has none, use pivot=nearest-mean.");
        }
        Diversity.Rule rule = knobs.text("rule").equals("max-sum") ? Diversity.Rule.MAX_SUM : Diversity.Rule.K_CENTRE;
        Signal.EncoderAttention cls =
                new Signal.EncoderAttention(shape.encoderLayers() - 1, EncoderQueries.CLS, Heads.MEAN);
        boolean attended = pivot.equals("cls");
        return new Step(new Station.Projector(), attended ? List.of(TOKENS, cls) : List.of(TOKENS), s -> {
            Matrix tokens = s.get(TOKENS);
            int first = attended ? TopK.best(s.get(cls)) : byMean(tokens, pivot.equals("nearest-mean"));
            int[] kept = Diversity.greedy(tokens, first, Spending.perImage(budget, s.layout()), rule);
            Arrays.sort(kept);
            Decision keep = Decision.Keep.of(kept);
            return attended ? Outcome.of(keep, s.get(cls)) : Outcome.of(keep);
        });
    }

    /** The token whose direction is nearest to, or farthest from, the mean of all. */
    static int byMean(Matrix tokens, boolean nearest) {
        float[] mean = new float[tokens.cols()];
        for (int r = 0; r < tokens.rows(); r++) {
            for (int c = 0; c < mean.length; c++) {
                mean[c] += tokens.data()[r * mean.length + c] / tokens.rows();
            }
        }
        float[] cosines = Vectors.cosines(tokens, mean);
        return nearest ? TopK.best(cosines) : TopK.smallest(cosines, 1)[0];
    }

    private static Step lateRemoval(int layer, double tau) {
        Signal.DecoderAttention fromText =
                new Signal.DecoderAttention(layer - 1, DecoderQueries.INSTRUCTION, KeyScope.ALL, true);
        Signal.DecoderAttention fromImage =
                new Signal.DecoderAttention(layer - 1, DecoderQueries.VISUAL, KeyScope.ALL, true);
        return new Step(
                new Station.Decoder(layer), List.of(fromText, fromImage), s -> decide(s, fromText, fromImage, tau));
    }

    private static Outcome decide(
            Signals signals, Signal.DecoderAttention fromText, Signal.DecoderAttention fromImage, double tau) {
        Layout layout = signals.layout();
        if (layout.visualCount() == 0) {
            return Outcome.of(new Decision.Unchanged());
        }
        boolean[] visual = new boolean[layout.length()];
        for (int position : layout.visual()) {
            visual[position] = true;
        }
        int first = layout.visual()[0];
        boolean[] text = new boolean[layout.length()];
        for (int i = first; i < text.length; i++) {
            text[i] = !visual[i];
        }
        float[] textRow = signals.get(fromText);
        boolean migrated = flow(textRow, visual) < tau && flow(signals.get(fromImage), text) < tau;
        float[] scores = Vectors.pick(textRow, layout.visual());
        return Outcome.of(
                migrated ? new Decision.DropAllVisual(Decision.Positions.ORIGINAL) : new Decision.Unchanged(), scores);
    }

    /** Share of a row's attention that goes to the marked positions. */
    static double flow(float[] row, boolean[] to) {
        double some = 0;
        double all = 0;
        for (int i = 0; i < row.length; i++) {
            all += row[i];
            some += to[i] ? row[i] : 0;
        }
        return all == 0 ? 0 : some / all;
    }
}

package dev.fovea.techniques.connector;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.EncoderQueries;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Spending;
import dev.fovea.techniques.primitives.Diversity;
import dev.fovea.techniques.primitives.TopK;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * ToDRE (arXiv 2505.18757): a diverse subset grown from the most attended token before the language model, and removal
 * of all visual tokens at a late layer once text and image hardly attend to each other.
 */
public final class Todre implements Technique {
    private static final Card CARD = Card.of("""
            id        todre
            title     ToDRE: Effective Visual Token Pruning via Token Diversity and Task Relevance
            arxiv     2505.18757
            summary   Keeps mutually dissimilar tokens, and drops all of them late in the decoder once little attention
                      flows between text and image.
            stations  connector, decoder
            budget    Tokens kept per image by the selection; the late removal comes on top where its test allows it.
            knob      rule = max-sum | k-centre: Least sum of similarities to the kept tokens (second version of the
                      paper), or least largest one (first version).
            knob      pivot = auto | cls | nearest-mean | farthest-mean: First token: most attended by the class token,
                      or nearest to or farthest from the mean; auto is cls, or nearest-mean where there is none.
            knob      stages = both | 1 | 2: Selection, late removal, or both.
            knob      layer = auto decoder layers: Decoder layers before the late check; auto is 7/8 of them.
            knob      tau = 0.1, share: Both flows of attention must be below this.
            note      Encoders without a class token: the token nearest to the mean is the pivot, which the paper found
                      as good.
            """);

    private static final Signal.Projected TOKENS = new Signal.Projected();

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        List<Step> steps = new ArrayList<>();
        if (!knobs.is("stages", "2")) {
            steps.add(selection(shape, budget, knobs));
        }
        int depth = shape.decoderLayers();
        if (!knobs.is("stages", "1") && depth > 1) {
            int layer = knobs.layer("layer", shape, Math.max(1, 7 * depth / 8));
            steps.add(TodreRemoval.step(layer, knobs.number("tau")));
        }
        return steps;
    }

    private static Step selection(ModelShape shape, Budget budget, Knobs knobs) {
        String pivot = knobs.isAuto("pivot") ? (shape.hasCls() ? "cls" : "nearest-mean") : knobs.text("pivot");
        if (pivot.equals("cls") && !shape.hasCls()) {
            throw new IllegalArgumentException("Technique 'todre' with pivot=cls needs an encoder with a class token; "
                    + "this model has none, use pivot=nearest-mean.");
        }
        Diversity.Rule rule = knobs.is("rule", "max-sum") ? Diversity.Rule.MAX_SUM : Diversity.Rule.K_CENTRE;
        Signal.EncoderAttention cls =
                new Signal.EncoderAttention(shape.encoderLayers() - 1, EncoderQueries.CLS, Heads.MEAN);
        boolean attended = pivot.equals("cls");
        return new Step(new Station.Projector(), attended ? List.of(TOKENS, cls) : List.of(TOKENS), s -> {
            Matrix tokens = s.get(TOKENS);
            int first = attended ? TopK.best(s.get(cls)) : Diversity.byMean(tokens, pivot.equals("nearest-mean"));
            int[] kept = Diversity.greedy(tokens, first, Spending.perImage(budget, s.layout()), rule);
            Arrays.sort(kept);
            Decision keep = Decision.Keep.of(kept);
            return attended ? Outcome.of(keep, s.get(cls)) : Outcome.of(keep);
        });
    }
}

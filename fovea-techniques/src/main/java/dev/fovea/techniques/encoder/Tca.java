package dev.fovea.techniques.encoder;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Adaptation;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import java.util.ArrayList;
import java.util.List;

/**
 * Token condensation (TCA, arXiv 2410.14729): three encoder blocks fuse the weakest patches into one token and merge
 * the mid-ranked ones into four. In zero-shot classification with a dual encoder the remembered class that is nearest to
 * the class token joins the attention of those blocks, and the logits are corrected: {@link TcaReservoir}.
 */
public final class Tca implements Technique {
    private static final Card CARD = Card.of("""
            id        tca
            title     Is Less More? Exploring Token Condensation as Training-free Test-time Adaptation
            arxiv     2410.14729
            summary   Condenses patches in three encoder blocks: the best stay, the middle is merged into four, the rest
                      fused into one.
            stations  encoder, connector
            budget    A ceiling for the tokens per image after the last condensing block. With rho=0 and no budget only
                      the reservoir acts; at budget 'full' without rho nothing does.
            full      acts with rho
            knob      rho = auto, 0..0.33: Drop rate per condensing block (0.035, 0.105, 0.175 in the paper's tables);
                      auto is the smallest that meets the budget, a number replaces it.
            knob      l1 = 3/12 feature layers from 0: First condensing block, from 0.
            knob      l2 = 6/12 feature layers from 0: Second condensing block, from 0.
            knob      l3 = 9/12 feature layers from 0: Third condensing block, from 0.
            knob      centres = 4, whole 1..64: Tokens that the mid-ranked ones are merged into.
            knob      rank = attention | head-rank: Rank by the mean CLS attention (official code) or by the mean over
                      heads of each head's ranking (paper).
            knob      seed = 1, whole 0..2147483647: Seed of the first centre.
            knob      order = raster | official: Order of the tokens behind the encoder: by place, or by falling score.
            knob      reservoir = 3, whole 0..1000: Classification: most pictures remembered for a class (M of the
                      paper); 0 remembers none.
            knob      anchors = on | off: Classification: whether the nearest remembered class joins the attention of
                      condensing blocks, once every class remembers two pictures.
            knob      lambda = 3, 0..1000: Classification: weight of the correction; 0 leaves the logits alone. Set,
                      like beta and scale, as for ImageNet with CLIP's logit scale of 100; a model whose scale is
                      smaller wants a smaller one.
            knob      beta = 5, 0..1000: Classification: sharpness of the similarity in the correction.
            knob      scale = 0.1, 0.001..1000: Classification: temperature of the weights of encoder blocks in the
                      correction; the smaller, the more the last block counts.
            knob      evict = similarity | entropy: Classification: a full class forgets the picture of largest entropy
                      plus mean similarity (official code) or of largest entropy (paper).
            note      Needs a class token. Anchors, reservoir and logit correction belong to zero-shot classification
                      with a dual encoder ('classify'); in a language model only the condensation acts.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        if (!knobs.isAuto("rho") && knobs.number("rho") == 0) {
            return List.of();
        }
        if (!shape.hasCls()) {
            throw new IllegalArgumentException(
                    "Technique 'tca' ranks patches by the class token's attention; this model's encoder has none.");
        }
        int[] layers = knobs.layers(shape, "l1", "l2", "l3");
        int centres = knobs.integer("centres");
        double rho = knobs.isAuto("rho")
                ? Condensation.rateFor(shape.patches(), layers.length, centres, budget.of(shape.patches()))
                : knobs.number("rho");
        Condensation.requireRoom(shape.patches(), layers.length, centres, rho);
        List<Step> steps = new ArrayList<>();
        for (int layer : layers) {
            if (layer > 0 && remembers(shape, knobs) && knobs.flag("anchors")) {
                steps.add(anchor(layer));
            }
            Condensation rule =
                    new Condensation(shape, layer, rho, centres, knobs.is("rank", "head-rank"), knobs.integer("seed"));
            steps.add(new Step(new Station.EncoderAttention(layer), rule.needs(), rule::decide));
        }
        if (shape.hasLanguageModel() && knobs.is("order", "raster")) {
            steps.add(TokenMerging.rasterOrder());
        }
        return steps;
    }

    @Override
    public Adaptation adaptation(ModelShape shape, Budget budget, Knobs knobs, int classes) {
        boolean idle = budget.isFull(shape.visualTokens()) && !CARD.actsAtFull(knobs);
        if (!remembers(shape, knobs) || idle) {
            return Adaptation.none();
        }
        return TcaReservoir.empty(
                classes,
                new TcaReservoir.Settings(
                        knobs.integer("reservoir"),
                        knobs.number("scale"),
                        knobs.number("lambda"),
                        knobs.number("beta"),
                        knobs.is("evict", "similarity")));
    }

    private static boolean remembers(ModelShape shape, Knobs knobs) {
        return !shape.hasLanguageModel() && knobs.integer("reservoir") > 0;
    }

    /** Before a condensing block: the remembered class nearest to the class token, if there is one, attends in it. */
    private static Step anchor(int layer) {
        Signal.Remembered anchors = new Signal.Remembered(TcaReservoir.anchorsBehind(layer - 1));
        Signal.EncoderStates states = new Signal.EncoderStates();
        return new Step(new Station.EncoderOutput(layer - 1), List.of(anchors, states), (Signals s) -> {
            Matrix known = s.get(anchors);
            if (known.rows() == 0) {
                return Outcome.of(new Decision.Unchanged());
            }
            int nearest = TcaReservoir.nearest(known, s.get(states).row(0));
            return Outcome.of(new Decision.Attend(known.select(nearest)));
        });
    }
}

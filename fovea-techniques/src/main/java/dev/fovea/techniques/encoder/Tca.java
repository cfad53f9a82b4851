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
import dev.fovea.core.technique.Knob;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Depth;
import java.util.ArrayList;
import java.util.List;

/**
 * Token condensation (TCA, arXiv 2410.14729): three encoder blocks fuse the weakest patches into one token and merge
 * the mid-ranked ones into four. In zero-shot classification with a dual encoder the remembered class that is nearest to
 * the class token joins the attention of those blocks, and the logits are corrected: {@link TcaReservoir}.
 */
public final class Tca implements Technique {
    private static final Card CARD = new Card(
            "tca",
            "Is Less More? Exploring Token Condensation as Training-free Test-time Adaptation",
            "2410.14729",
            "Condenses patches in three encoder blocks: the best stay, the middle is merged into four, the rest fused "
                    + "into one.",
            List.of("encoder", "connector"),
            List.of(
                    Knob.number(
                            "rho",
                            "auto",
                            0,
                            0.33,
                            "Drop rate per condensing block (0.035, 0.105, 0.175 in the paper's tables); auto is the "
                                    + "smallest that meets the budget, a number replaces it."),
                    Knob.number("l1", "auto", 0, 1000, "First condensing block, from 0; auto is 3 of 12."),
                    Knob.number("l2", "auto", 0, 1000, "Second condensing block, from 0; auto is 6 of 12."),
                    Knob.number("l3", "auto", 0, 1000, "Third condensing block, from 0; auto is 9 of 12."),
                    Knob.number("centres", "4", 1, 64, "Tokens that the mid-ranked ones are merged into."),
                    Knob.choice(
                            "rank",
                            "attention",
                            List.of("attention", "head-rank"),
                            "Rank by the mean CLS attention (official code) or by the mean over heads of each head's "
                                    + "ranking (paper)."),
                    Knob.number("seed", "1", 0, Integer.MAX_VALUE, "Seed of the first centre."),
                    Knob.choice(
                            "order",
                            "raster",
                            List.of("raster", "official"),
                            "Order of the tokens behind the encoder: by place, or by falling score."),
                    Knob.number(
                            "reservoir",
                            "3",
                            0,
                            1000,
                            "Classification: most pictures remembered for a class (M of the paper); 0 remembers none."),
                    Knob.choice(
                            "anchors",
                            "on",
                            List.of("on", "off"),
                            "Classification: whether the nearest remembered class joins the attention of condensing "
                                    + "blocks, once every class remembers two pictures."),
                    Knob.number(
                            "lambda",
                            "3",
                            0,
                            1000,
                            "Classification: weight of the correction; 0 leaves the logits alone. Set, like beta and "
                                    + "scale, as for ImageNet with CLIP's logit scale of 100; a model whose scale is "
                                    + "smaller wants a smaller one."),
                    Knob.number("beta", "5", 0, 1000, "Classification: sharpness of the similarity in the correction."),
                    Knob.number(
                            "scale",
                            "0.1",
                            0.001,
                            1000,
                            "Classification: temperature of the weights of encoder blocks in the correction; the "
                                    + "smaller, the more the last block counts."),
                    Knob.choice(
                            "evict",
                            "similarity",
                            List.of("similarity", "entropy"),
                            "Classification: a full class forgets the picture of largest entropy plus mean similarity "
                                    + "(official code) or of largest entropy (paper).")),
            false,
            List.of(
                    "Budget: a ceiling for the tokens per image after the last condensing block.",
                    "Needs a class token. Anchors, reservoir and logit correction belong to zero-shot classification "
                            + "with a dual encoder ('classify'); in a language model only the condensation acts.",
                    "With rho=0 and no budget only the reservoir acts; at budget 'full' without rho nothing does."));

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Plan plan(ModelShape shape, Budget budget, Knobs knobs) {
        boolean explicit = !knobs.isAuto("rho");
        if (explicit ? knobs.number("rho") == 0 : full(shape, budget)) {
            return Plan.of(CARD.id());
        }
        if (!shape.hasCls()) {
            throw new IllegalArgumentException(
                    "Technique 'tca' ranks patches by the class token's attention; this model's encoder has none.");
        }
        int[] layers = layers(shape, knobs);
        int centres = knobs.integer("centres");
        double rho = explicit
                ? knobs.number("rho")
                : Condensation.rateFor(shape.patches(), layers.length, centres, budget.of(shape.patches()));
        Condensation.requireRoom(shape.patches(), layers.length, centres, rho);
        List<Step> steps = new ArrayList<>();
        for (int layer : layers) {
            if (layer > 0 && remembers(shape, knobs) && knobs.flag("anchors")) {
                steps.add(anchor(layer));
            }
            Condensation rule = new Condensation(
                    shape, layer, rho, centres, knobs.text("rank").equals("head-rank"), knobs.integer("seed"));
            steps.add(new Step(new Station.EncoderAttention(layer), rule.needs(), rule::decide));
        }
        if (shape.hasLanguageModel() && knobs.text("order").equals("raster")) {
            steps.add(TokenMerging.rasterOrder());
        }
        return Plan.of(CARD.id(), steps);
    }

    @Override
    public Adaptation adaptation(ModelShape shape, Budget budget, Knobs knobs, int classes) {
        if (!remembers(shape, knobs) || (knobs.isAuto("rho") && full(shape, budget))) {
            return Adaptation.none();
        }
        return TcaReservoir.empty(
                classes,
                new TcaReservoir.Settings(
                        knobs.integer("reservoir"),
                        knobs.number("scale"),
                        knobs.number("lambda"),
                        knobs.number("beta"),
                        knobs.text("evict").equals("similarity")));
    }

    private static boolean full(ModelShape shape, Budget budget) {
        return budget.isFull(shape.visualTokens());
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

    private static int[] layers(ModelShape shape, Knobs knobs) {
        int depth = shape.featureLayers();
        if (depth < 3) {
            throw new IllegalArgumentException("Technique 'tca' condenses in three encoder blocks; this model's "
                    + "features come after " + depth + ".");
        }
        int l1 = knobs.integer("l1", Math.min(Depth.scaled(3, 12, shape.encoderLayers()), depth - 3));
        int l2 = knobs.integer(
                "l2", Math.clamp(Depth.scaled(6, 12, shape.encoderLayers()), l1 + 1, Math.max(l1 + 1, depth - 2)));
        int l3 = knobs.integer(
                "l3", Math.clamp(Depth.scaled(9, 12, shape.encoderLayers()), l2 + 1, Math.max(l2 + 1, depth - 1)));
        if (l1 >= l2 || l2 >= l3 || l3 >= depth) {
            throw new IllegalArgumentException("Technique 'tca' needs l1 < l2 < l3 < " + depth + " for this model, got "
                    + l1 + ", " + l2 + ", " + l3 + ".");
        }
        return new int[] {l1, l2, l3};
    }
}

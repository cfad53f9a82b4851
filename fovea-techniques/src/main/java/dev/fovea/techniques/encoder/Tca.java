package dev.fovea.techniques.encoder;

import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knob;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.ModelShape;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Depth;
import java.util.ArrayList;
import java.util.List;

/**
 * Token condensation (TCA, arXiv 2410.14729): three encoder blocks fuse the weakest patches into one token and merge
 * the mid-ranked ones into four. The reservoir and the logit correction of zero-shot classification are
 * {@link TcaReservoir}.
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
                            "Order of the tokens behind the encoder: by place, or by falling score.")),
            false,
            List.of(
                    "Budget: a ceiling for the tokens per image after the last condensing block.",
                    "Needs a class token. Anchors, reservoir and logit correction belong to zero-shot classification "
                            + "with the dual encoder; in a language model only the condensation acts."));

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Plan plan(ModelShape shape, Budget budget, Knobs knobs) {
        boolean explicit = !knobs.isAuto("rho");
        if (explicit ? knobs.number("rho") == 0 : budget.isFull(shape.visualTokens())) {
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
            Condensation rule = new Condensation(
                    shape, layer, rho, centres, knobs.text("rank").equals("head-rank"), knobs.integer("seed"));
            steps.add(new Step(new Station.EncoderAttention(layer), rule.needs(), rule::decide));
        }
        if (knobs.text("order").equals("raster")) {
            steps.add(TokenMerging.rasterOrder());
        }
        return Plan.of(CARD.id(), steps);
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

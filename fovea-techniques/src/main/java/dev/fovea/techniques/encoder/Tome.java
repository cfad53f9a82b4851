package dev.fovea.techniques.encoder;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
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
import dev.fovea.techniques.primitives.BipartiteMatching;
import java.util.ArrayList;
import java.util.List;

/**
 * Token Merging (ToMe, arXiv 2210.09461): every encoder block merges a fixed number of tokens into their most similar
 * partners, between attention and MLP.
 */
public final class Tome implements Technique {
    private static final Card CARD = new Card(
            "tome",
            "Token Merging: Your ViT But Faster",
            "2210.09461",
            "Merges similar tokens in every encoder block by bipartite soft matching of keys.",
            List.of("encoder", "connector"),
            List.of(
                    Knob.number(
                            "r",
                            "auto",
                            0,
                            4096,
                            "Tokens merged away per block; auto follows the budget, a number replaces it."),
                    Knob.number("inflection", "0", -1, 1, "0: the same r in every block; -1: falling from 2r to 0."),
                    Knob.choice(
                            "proportional",
                            "on",
                            List.of("on", "off"),
                            "Whether attention counts a merged token as often as patches it stands for."),
                    Knob.choice(
                            "order",
                            "raster",
                            List.of("raster", "official"),
                            "Order in which the language model reads the tokens: by place, or as the matching leaves "
                                    + "them.")),
            false,
            List.of(
                    "Budget: tokens per image after the last used block, exactly: the smallest r that reaches it, the "
                            + "last block merging only what is left to merge.",
                    "A block merges at most half of its tokens; smaller budgets are refused."));

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Plan plan(ModelShape shape, Budget budget, Knobs knobs) {
        boolean explicit = !knobs.isAuto("r");
        if (explicit ? knobs.integer("r") == 0 : budget.isFull(shape.visualTokens())) {
            return Plan.of(CARD.id());
        }
        int blocks = shape.featureLayers();
        double inflection = knobs.number("inflection");
        int[] schedule = explicit
                ? MergeSchedule.perBlock(knobs.integer("r"), inflection, blocks)
                : MergeSchedule.toReach(
                        CARD.id(), shape.patches(), shape.hasCls(), budget.of(shape.patches()), inflection, blocks, 0);
        List<Step> steps = new ArrayList<>();
        for (int layer = 0; layer < blocks; layer++) {
            if (schedule[layer] > 0) {
                steps.add(step(shape, layer, schedule[layer], explicit ? Budget.count(1) : budget));
            }
        }
        if (shape.hasLanguageModel() && knobs.text("order").equals("raster")) {
            steps.add(TokenMerging.rasterOrder());
        }
        return new Plan(CARD.id(), steps, knobs.flag("proportional"));
    }

    private static Step step(ModelShape shape, int layer, int scheduled, Budget target) {
        return new Step(
                new Station.EncoderAttention(layer),
                List.of(TokenMerging.keys(layer), TokenMerging.SIZES),
                s -> decide(
                        s,
                        shape,
                        layer,
                        TokenMerging.allowed(
                                s.layout(), scheduled, target.of(s.layout().total()))));
    }

    private static Outcome decide(Signals signals, ModelShape shape, int layer, int r) {
        if (r <= 0) {
            return Outcome.of(new Decision.Unchanged());
        }
        BipartiteMatching.Match match = BipartiteMatching.match(
                TokenMerging.metric(signals, layer, shape), shape.hasCls(), r, (source, similarity) -> similarity);
        return Outcome.of(TokenMerging.merge(match, signals.get(TokenMerging.SIZES), shape.hasCls()));
    }
}

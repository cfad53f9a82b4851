package dev.fovea.techniques.encoder;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.Heads;
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
import dev.fovea.techniques.primitives.BipartiteMatching;
import java.util.ArrayList;
import java.util.List;

/**
 * Turbo (arXiv 2407.11717): ToMe's matching, where tokens with semantic value (attention of the class token) are merged
 * later.
 */
public final class Turbo implements Technique {
    private static final Card CARD = new Card(
            "turbo",
            "Turbo: Informativity-Driven Acceleration Plug-In for Vision-Language Large Models",
            "2407.11717",
            "Merges tokens in every encoder block, duplicates and unimportant ones first.",
            List.of("encoder", "connector"),
            List.of(
                    Knob.number(
                            "r",
                            "auto",
                            0,
                            4096,
                            "Tokens merged away per block; auto follows the budget, a number replaces it."),
                    Knob.number("alpha", "5", 0, 1000, "Weight of the semantic value."),
                    Knob.number("scale", "30", 0, 1000, "Factor of alpha in the official code; the paper has none."),
                    Knob.choice(
                            "fusion",
                            "s1",
                            List.of("s1", "s2", "s3", "s4"),
                            "Merge priority of redundancy R and semantic value A: R - aA, R / A, R (1 - aA), "
                                    + "R - beta^|gamma - block| aA."),
                    Knob.number("beta", "1", 0, 10, "Base of s4."),
                    Knob.number("gamma", "0", 0, 1000, "Block at which s4 is weighted fully."),
                    Knob.number(
                            "floor",
                            "auto",
                            0,
                            4096,
                            "Blocks that see fewer tokens merge nothing (code: 40); auto is 40, or less where the "
                                    + "budget asks for less."),
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
                    "Budget: tokens per image after the last used block, exactly, as for tome.",
                    "Dropping image tokens layer by layer in a text-fusion encoder is for models with "
                            + "cross-attention.",
                    Shapes.SALIENCY_NOTE));

    @Override
    public Card card() {
        return CARD;
    }

    /** How redundancy and semantic value become a merge priority (larger merges earlier). */
    record Fusion(String form, double coefficient, double beta, double gamma) {
        float priority(float redundancy, float semantic, int block) {
            return (float)
                    switch (form) {
                        case "s2" -> redundancy / semantic;
                        case "s3" -> redundancy * (1 - coefficient * semantic);
                        case "s4" -> redundancy - Math.pow(beta, Math.abs(gamma - block)) * coefficient * semantic;
                        default -> redundancy - coefficient * semantic;
                    };
        }
    }

    @Override
    public Plan plan(ModelShape shape, Budget budget, Knobs knobs) {
        boolean explicit = !knobs.isAuto("r");
        if (explicit ? knobs.integer("r") == 0 : budget.isFull(shape.visualTokens())) {
            return Plan.of(CARD.id());
        }
        int blocks = shape.featureLayers();
        int target = explicit ? 1 : budget.of(shape.patches());
        int floor = knobs.integer("floor", explicit ? 40 : Math.min(40, target));
        double inflection = knobs.number("inflection");
        int[] schedule = explicit
                ? MergeSchedule.perBlock(knobs.integer("r"), inflection, blocks)
                : MergeSchedule.toReach(CARD.id(), shape.patches(), shape.hasCls(), target, inflection, blocks, floor);
        Fusion fusion = new Fusion(
                knobs.text("fusion"),
                knobs.number("alpha") * knobs.number("scale"),
                knobs.number("beta"),
                knobs.number("gamma"));
        List<Step> steps = new ArrayList<>();
        for (int layer = 0; layer < blocks; layer++) {
            if (schedule[layer] > 0) {
                Block block =
                        new Block(shape, layer, schedule[layer], floor, explicit ? Budget.count(1) : budget, fusion);
                steps.add(new Step(new Station.EncoderAttention(layer), block.needs(), block::decide));
            }
        }
        if (shape.hasLanguageModel() && knobs.text("order").equals("raster")) {
            steps.add(TokenMerging.rasterOrder());
        }
        return new Plan(CARD.id(), steps, knobs.flag("proportional"));
    }

    private record Block(ModelShape shape, int layer, int scheduled, int floor, Budget target, Fusion fusion) {
        Signal.EncoderAttention semantic() {
            return Shapes.saliency(shape, layer, Heads.MEAN);
        }

        List<Signal<?>> needs() {
            return List.of(TokenMerging.keys(layer), TokenMerging.SIZES, semantic());
        }

        Outcome decide(Signals signals) {
            int present = signals.layout().visualCount();
            int allowed = TokenMerging.allowed(
                    signals.layout(), scheduled, target.of(signals.layout().total()));
            int r = MergeSchedule.removed(present, shape.hasCls(), allowed, floor);
            float[] value = signals.get(semantic());
            if (r <= 0) {
                return Outcome.of(new Decision.Unchanged(), value);
            }
            int shift = Shapes.firstPatch(shape);
            BipartiteMatching.Match match = BipartiteMatching.match(
                    TokenMerging.metric(signals, layer, shape),
                    shape.hasCls(),
                    r,
                    (source, similarity) -> fusion.priority(similarity, value[source - shift], layer));
            return Outcome.of(TokenMerging.merge(match, signals.get(TokenMerging.SIZES), shape.hasCls()), value);
        }
    }
}

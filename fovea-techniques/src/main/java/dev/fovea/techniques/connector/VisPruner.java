package dev.fovea.techniques.connector;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Shapes;
import dev.fovea.techniques.Spending;
import dev.fovea.techniques.primitives.Gram;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * VisPruner (arXiv 2412.01818v2): a share of the budget for the patches with the largest class attention, the rest for
 * those that remain when near-duplicates are removed a few at a time.
 */
public final class VisPruner implements Technique {
    private static final Card CARD = Card.of("""
            id          vispruner
            title       Beyond Text-Visual Attention: Exploiting Visual Cues for Effective Token Pruning in VLMs
            arxiv       2412.01818
            summary     Keeps the patches with the largest class attention, and of the others those that repeat each
                        other least.
            stations    connector
            budget      Tokens kept per image.
            knob        important = 0.5, share: Share of the budget for the most attended patches; the authors use 0.5
                        with 128 and 32 of 576 tokens and 0.75 with 64.
            knob        removed = 8, whole 1..10000: Near-duplicates removed in a round.
            substitute  class-attention
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        double important = knobs.number("important");
        int removed = knobs.integer("removed");
        Signal.EncoderAttention attention = Shapes.saliency(shape, shape.featureLayers() - 1, Heads.MEAN);
        Signal.Features features = new Signal.Features();
        return List.of(new Step(new Station.Connector(), List.of(attention, features), s -> {
            float[] scores = s.get(attention);
            int count = Spending.perImage(budget, s.layout());
            int[] kept = choose(scores, s.get(features), count, (int) (count * important), removed);
            Arrays.sort(kept);
            return Outcome.of(Decision.Keep.of(kept), scores);
        }));
    }

    /** The important patches by falling attention, then the diverse ones in the order in which the last round left them. */
    static int[] choose(float[] attention, Matrix features, int count, int important, int removed) {
        int[] order = TopK.descending(attention);
        Matrix cosines = Gram.of(Vectors.normalisedRows(features, 0));
        int[] rest = Arrays.copyOfRange(order, important, order.length);
        while (rest.length > count - important) {
            // Where the list is odd or short, the authors' code stops with an error; here no more go than there are.
            int going = Math.min(Math.min(removed, rest.length - count + important), (rest.length + 1) / 2);
            rest = withoutDuplicates(cosines, rest, going);
        }
        return IntStream.concat(Arrays.stream(order, 0, important), Arrays.stream(rest))
                .toArray();
    }

    /** Every second place goes if it has one of the {@code going} closest partners among the others. */
    private static int[] withoutDuplicates(Matrix cosines, int[] list, int going) {
        float[] closest = new float[(list.length + 1) / 2];
        Arrays.fill(closest, Float.NEGATIVE_INFINITY);
        for (int a = 0; a < closest.length; a++) {
            for (int b = 1; b < list.length; b += 2) {
                closest[a] = Math.max(closest[a], cosines.get(list[2 * a], list[b]));
            }
        }
        IntStream left = Arrays.stream(TopK.descending(closest)).skip(going).map(a -> list[2 * a]);
        IntStream others = IntStream.range(0, list.length / 2).map(b -> list[2 * b + 1]);
        return IntStream.concat(left, others).toArray();
    }
}

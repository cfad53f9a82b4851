package dev.fovea.techniques.connector;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Signal.Projection;
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
import dev.fovea.techniques.primitives.Vectors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Recoverable Compression (arXiv 2409.01179): patches with outlying class attention stay, patches with outlying
 * similarity to the question are recovered, and the rest is merged around a few centres.
 */
public final class RecoverableCompression implements Technique {
    private static final Card CARD = new Card(
            "recoverable-compression",
            "Recoverable Compression: A Multimodal Vision Token Recovery Mechanism Guided by Text Information",
            "2409.01179",
            "Keeps outliers of class attention, recovers outliers of similarity to the question, merges the rest.",
            List.of("connector"),
            List.of(
                    Knob.number("neighbours", "20", 1, 1000, "Neighbours of the visual and the text filter."),
                    Knob.number("centre-neighbours", "10", 1, 1000, "Neighbours of the centre filter."),
                    Knob.number("cluster", "32", 1, 1000, "Tokens merged into a centre."),
                    Knob.number("text-weight", "50", 0, 10000, "Weight of question similarity when clustering."),
                    Knob.choice(
                            "variant",
                            "official",
                            List.of("official", "clean"),
                            "official: centre count from the feature width and keys looked up by place among the "
                                    + "remaining tokens, as in the released code; clean: as the paper means it."),
                    Knob.choice(
                            "count",
                            "detected",
                            List.of("detected", "budget"),
                            "How many tokens: what the outlier filters find, or their proportions scaled to the "
                                    + "budget.")),
            false,
            List.of(
                    "Budget: not read unless it is full or count=budget; the published method finds its own count for "
                            + "every picture and question (about 10 %).",
                    "The question itself is embedded with the text tower's usual pooling.",
                    TextAffinity.NOTE,
                    "Encoders without a class token: the attention a patch receives on average from all patches of "
                            + "the last layer takes the place of the class attention."));

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Plan plan(ModelShape shape, Budget budget, Knobs knobs) {
        if (budget.isFull(shape.visualTokens())) {
            return Plan.of(CARD.id());
        }
        Rule rule = new Rule(
                shape,
                budget,
                new RecoveryFilters(
                        knobs.integer("neighbours"),
                        knobs.integer("centre-neighbours"),
                        knobs.integer("cluster"),
                        knobs.number("text-weight"),
                        knobs.text("variant").equals("official") ? shape.encoderWidth() : 0),
                knobs.text("count").equals("budget"),
                new TextAffinity(shape));
        return Plan.of(CARD.id(), new Step(new Station.Connector(), rule.needs(), rule::decide));
    }

    private record Rule(ModelShape shape, Budget budget, RecoveryFilters filters, boolean scaled, TextAffinity text) {
        private Signal.EncoderProjection projection(Projection projection) {
            return new Signal.EncoderProjection(shape.encoderLayers() - 1, projection);
        }

        private Signal.EncoderAttention received() {
            return Shapes.saliency(shape, shape.encoderLayers() - 1, Heads.MEAN);
        }

        List<Signal<?>> needs() {
            List<Signal<?>> needs = new ArrayList<>(text.needs());
            needs.add(projection(Projection.KEY));
            needs.add(shape.hasCls() ? projection(Projection.QUERY) : received());
            return needs;
        }

        Outcome decide(Signals signals) {
            Shapes.requireWholeGrid(signals.layout(), CARD.id());
            Matrix keys = signals.get(projection(Projection.KEY));
            float[] attention = shape.hasCls()
                    ? singleHeadAttention(
                            signals.get(projection(Projection.QUERY)).row(0), keys)
                    : signals.get(received());
            float[] affinity = text.cosines(signals);
            float scale = (float) (1 / Math.sqrt(text.width(signals)));
            for (int i = 0; i < affinity.length; i++) {
                affinity[i] *= scale;
            }
            RecoveryFilters.Counts counts = filters.detect(attention, affinity);
            if (scaled) {
                counts = counts.scaledTo(budget.of(signals.layout().total()));
            }
            Decision decision = filters.compress(attention, affinity, Shapes.patchRows(shape, keys), counts);
            return Outcome.of(decision, attention);
        }
    }

    /** Step 1: the CLS row of attention as if all heads were one, for the patches. */
    static float[] singleHeadAttention(float[] query, Matrix keys) {
        float[] logits = new float[keys.rows()];
        for (int r = 0; r < logits.length; r++) {
            logits[r] =
                    (float) (Vectors.dot(query, 0, keys.data(), r * keys.cols(), keys.cols()) / Math.sqrt(keys.cols()));
        }
        float[] all = Vectors.softmax(logits);
        return Arrays.copyOfRange(all, 1, all.length);
    }
}

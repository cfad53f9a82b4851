package dev.fovea.techniques.connector;

import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Signal.Projection;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Shapes;
import java.util.ArrayList;
import java.util.List;

/**
 * Recoverable Compression (arXiv 2409.01179): patches with outlying class attention stay, patches with outlying
 * similarity to the question are recovered, and the rest is merged around a few centres.
 */
public final class RecoverableCompression implements Technique {
    private static final Card CARD = Card.of("""
            id          recoverable-compression
            title       Recoverable Compression: A Multimodal Vision Token Recovery Mechanism Guided by Text Information
            arxiv       2409.01179
            summary     Keeps outliers of class attention, recovers outliers of similarity to the question, merges the
                        rest.
            stations    connector
            budget      Not read unless it is full or count=budget; the published method finds its own count for every
                        picture and question (about 10 %).
            knob        neighbours = 20, whole 1..1000: Neighbours of the visual and the text filter.
            knob        centre-neighbours = 10, whole 1..1000: Neighbours of the centre filter.
            knob        cluster = 32, whole 1..1000: Tokens merged into a centre.
            knob        text-weight = 50, 0..10000: Weight of question similarity when clustering.
            knob        variant = official | clean: Official: centre count from the feature width and keys looked up by
                        place among the remaining tokens, as in the released code; clean: as the paper means it.
            knob        count = detected | budget: How many tokens: what the outlier filters find, or their proportions
                        scaled to the budget.
            substitute  question
            substitute  class-attention
            note        The question itself is embedded with the text tower's usual pooling.
            note        The class attention is that of the encoder's last layer, its heads taken as one.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        int layer = shape.encoderLayers() - 1;
        Signal.EncoderProjection keys = new Signal.EncoderProjection(layer, Projection.KEY);
        Signal.EncoderProjection queries = new Signal.EncoderProjection(layer, Projection.QUERY);
        Signal.EncoderAttention received = Shapes.saliency(shape, layer, Heads.MEAN);
        TextAffinity text = new TextAffinity(shape);
        List<Signal<?>> needs = new ArrayList<>(text.needs());
        needs.addAll(List.of(keys, shape.hasCls() ? queries : received));
        RecoveryFilters filters = filters(shape, knobs);
        boolean scaled = knobs.is("count", "budget");
        return List.of(new Step(new Station.Connector(), needs, s -> {
            Shapes.requireWholeGrid(s.layout(), CARD.id());
            float[] attention = shape.hasCls()
                    ? RecoveryFilters.singleHeadAttention(s.get(queries).row(0), s.get(keys))
                    : s.get(received);
            float[] affinity = text.scaledCosines(s);
            RecoveryFilters.Counts found = filters.detect(attention, affinity);
            RecoveryFilters.Counts counts =
                    scaled ? found.scaledTo(budget.of(s.layout().total())) : found;
            Matrix patches = Shapes.patchRows(shape, s.get(keys));
            return Outcome.of(filters.compress(attention, affinity, patches, counts), attention);
        }));
    }

    private static RecoveryFilters filters(ModelShape shape, Knobs knobs) {
        return new RecoveryFilters(
                knobs.integer("neighbours"),
                knobs.integer("centre-neighbours"),
                knobs.integer("cluster"),
                knobs.number("text-weight"),
                knobs.is("variant", "official") ? shape.encoderWidth() : 0);
    }
}

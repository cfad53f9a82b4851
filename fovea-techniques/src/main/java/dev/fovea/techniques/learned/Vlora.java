package dev.fovea.techniques.learned;

import dev.fovea.core.adapt.Addition;
import dev.fovea.core.adapt.Additions;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.learned.PublishedLayout;
import dev.fovea.core.model.Weights;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * VLoRA (arXiv 2405.20339): the picture enters the language model as a {@linkplain PerceptualWeights change of its
 * weights}, and no visual token is left.
 */
public final class Vlora implements LearnedTechnique {
    private static final Card CARD = Card.of("""
            id        vlora
            title     Visual Perception by Large Language Model's Weights
            arxiv     2405.20339
            summary   Makes of the picture a change of low rank of the language model's weights, for this prompt alone; no
                      visual token is left.
            stations  weights, connector, prompt, decoder
            budget    Ignored: no visual token is left.
            full      acts
            trained   yes
            knob      kinds = qkvom | qkvo | qkv | qv | q | m: What is changed: projections of attention, its output, and
                      with m the whole of what a layer does behind its second norm.
            knob      rank = 8, whole 1..1024: Rank of a change. The paper has 64.
            knob      alpha = auto, whole 1..4096: A change is multiplied by alpha / rank; auto is the rank, as published.
            knob      step = 4/32 decoder layers: One of so many layers is changed.
            knob      width = 64, whole 1..4096: Channels of the generators. The paper has 512.
            knob      blocks = 2, whole 1..64: Blocks of a generator. The paper has 8.
            knob      heads = 4, whole 1..256: Heads of attention in the generators. The paper has 16.
            knob      side = auto, whole 1..256: Side of the grid whose features have a place each; auto is the smaller side
                      of the model's own. A grid of another size is averaged to it.
            knob      placeholder = masked | none: Whether a picture takes one position, at which nobody looks, as published,
                      or none.
            knob      llm-rank = 16, whole 1..4096: Rank of what is added to each matrix of the language model, for all
                      pictures; the paper trains it in full.
            note      The paper's generators have 852 million weights. The defaults keep all that is learned for peek within
                      4 MB.
            note      In models whose keys and values have fewer heads than queries their factors are narrower; the official
                      code does not know such models.
            note      The changes of several pictures in a prompt, and of the tiles of one, add up; the official code takes one
                      picture.
            note      Before training the shared factors are 0: with weights=untrained the picture changes nothing.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Declaration declaration(ModelShape shape, Knobs knobs) {
        Declaration.Builder own = Declaration.begin();
        perceptual(shape, knobs).declare(own);
        languageModel(knobs).declare(own, LowRankLayers.ofDecoder(shape));
        return own.build();
    }

    @Override
    public PublishedLayout published() {
        return new VloraLayout();
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs, Weights own) {
        PerceptualWeights perceptual = perceptual(shape, knobs);
        SquareGrid grid = perceptual.grid();
        grid.require(own.contains(perceptual.places()));
        Signal.Features features = new Signal.Features();
        List<Step> steps = new ArrayList<>();
        steps.add(new Step(new Station.Weights(), List.of(), s -> Outcome.of(forAllPictures(shape, knobs, own))));
        Step.Rule adapting =
                s -> Outcome.of(new Decision.Adapt(perceptual.of(grid.of(s.tensor(features), s.layout()), own)));
        steps.add(new Step(new Station.Connector(), List.of(features), adapting)
                .working((visual, text) -> perceptual.generating() + text * perceptual.applying()));
        steps.addAll(leaving(shape, knobs.is("placeholder", "masked")));
        return steps;
    }

    /**
     * All visual tokens leave. A masked placeholder is one that leaves before the first layer and keeps its position; where
     * the class token goes to the language model it is the one, as it cannot be dropped earlier.
     */
    private static List<Step> leaving(ModelShape shape, boolean masked) {
        boolean one = masked && !shape.clsInFeatures();
        List<Step> steps = new ArrayList<>();
        steps.add(
                one
                        ? new Step(new Station.Connector(), List.of(), s -> Outcome.of(Decision.Keep.of(0)))
                        : leaving(new Station.Connector(), Decision.Positions.RENUMBERED));
        if (masked) {
            steps.add(leaving(new Station.Decoder(0), Decision.Positions.ORIGINAL));
        } else if (shape.clsInFeatures()) {
            steps.add(leaving(new Station.Prompt(), Decision.Positions.RENUMBERED));
        }
        return steps;
    }

    private static Step leaving(Station station, Decision.Positions positions) {
        return new Step(station, List.of(), s -> Outcome.of(new Decision.DropAllVisual(positions)));
    }

    private static Decision forAllPictures(ModelShape shape, Knobs knobs, Weights own) {
        Map<String, Addition> all = new LinkedHashMap<>();
        languageModel(knobs).add(all, LowRankLayers.ofDecoder(shape), own);
        return new Decision.Adapt(new Additions(all));
    }

    private static LowRankLayers languageModel(Knobs knobs) {
        return new LowRankLayers(knobs.integer("llm-rank"), 1);
    }

    static PerceptualWeights perceptual(ModelShape shape, Knobs knobs) {
        int width = knobs.integer("width");
        int heads = knobs.integer("heads");
        if (width % heads != 0) {
            throw new IllegalArgumentException("Technique 'vlora' cannot divide a width of " + width + " over " + heads
                    + " heads; set its knob 'heads' to a divisor.");
        }
        int rank = knobs.integer("rank");
        return new PerceptualWeights(
                shape,
                SquareGrid.of(CARD.id(), shape, knobs),
                width,
                knobs.integer("blocks"),
                heads,
                rank,
                knobs.integer("alpha", rank),
                knobs.layer("step", shape),
                knobs.text("kinds"));
    }
}

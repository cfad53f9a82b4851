package dev.fovea.techniques.learned;

import dev.fovea.core.learned.Declaration;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.learned.PublishedLayout;
import dev.fovea.core.model.Weights;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import java.util.ArrayList;
import java.util.List;

/**
 * VoCo-LLaMA (arXiv 2406.12275): the language model compresses the picture itself. A few copies of a learned token stand
 * behind the vision tokens; text behind them sees the picture only through their keys and values. Once the picture has
 * been read, those are all that remains of it, for every question about it.
 */
public final class VocoLlama implements LearnedTechnique {
    private static final Card CARD = Card.of("""
            id        voco-llama
            title     VoCo-LLaMA: Towards Vision Compression with Large Language Models
            arxiv     2406.12275
            summary   Puts a few learned tokens behind the picture, whose keys and values in the language model are all that
                      the text behind it sees and all that stays in the cache.
            stations  weights, connector, prompt, cache
            budget    A ceiling for the compression tokens per image (per tile where pictures are cut): the largest trained
                      count within it, of 1, 2, 4 and so on up to the knob 'most'.
            trained   yes
            knob      n = auto, whole 1..1024: Compression tokens per image; auto follows the budget.
            knob      most = 8, whole 1..1024: The largest count that the weights were trained with.
            knob      mask = code | paper: What text sees beside compression tokens and text: nothing, as in the official
                      code, or everything but vision tokens, as the paper has it: what stands before the picture.
            knob      cache = compressed | all: What stays once the picture has been read: only what text sees, or
                      everything, under the mask alone, which says the same and saves nothing.
            knob      rank = 64, whole 1..4096: Rank of what is added to each matrix of the language model.
            note      The paper trains language model and projector in full. Here the matrices of the language model get
                      additions of low rank, its norms and the connector's matrices differences, and the encoder stands
                      still: the weights stay small beside the model's.
            note      The picture stands where the model's prompt has it. The official code moves it in front of all text
                      and puts a newline before and behind the compression tokens.
            note      Every image of a prompt is compressed alone, also the frames of a video, each at its own place:
                      positions go on counting, while the paper does not say how those of later frames go on.
            note      Compression tokens are copies that differ by their positions alone. Where positions are rows and
                      columns they all stand at the last cell.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Declaration declaration(ModelShape shape, Knobs knobs) {
        // A row more in the table of embeddings, as transformers starts one.
        Declaration.Builder own = Declaration.begin().normal("token", 0.02, 1, shape.decoderWidth());
        Finetuned.of(shape, knobs).declare(own);
        return own.build();
    }

    @Override
    public PublishedLayout published() {
        return new VocoLayout();
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs, Weights own) {
        if (shape.traits().promptSeesItself()) {
            throw new IllegalArgumentException(
                    "Technique 'voco-llama' hides pictures from the words behind them, but the"
                            + " tokens of a prompt to this model see each other both ways; take a technique that chooses tokens.");
        }
        int n = knobs.integer("n", count(budget.of(shape.visualTokens()), knobs.integer("most")));
        boolean others = knobs.is("mask", "paper");
        boolean compressed = knobs.is("cache", "compressed");
        List<Step> steps = new ArrayList<>();
        steps.add(Finetuned.of(shape, knobs).step(own));
        steps.add(new Step(
                new Station.Projector(),
                List.of(),
                s -> Outcome.of(new Decision.Append(new TensorRows(
                        own.tensor("token", 1, shape.decoderWidth()).expand(n, shape.decoderWidth()))))));
        steps.add(new Step(new Station.Prompt(), List.of(), s -> {
            VocoGroups groups = VocoGroups.of(s.layout(), shape.clsInFeatures());
            return Outcome.of(
                    compressed && groups.plain() ? new Decision.Unchanged() : new Decision.Edges(groups.edges(others)));
        }));
        if (compressed) {
            steps.add(new Step(
                    new Station.Cache(Station.Behind.PICTURES),
                    List.of(),
                    s -> Outcome.of(new Decision.Retain(
                            VocoGroups.of(s.layout(), shape.clsInFeatures()).remaining(others)))));
        }
        return steps;
    }

    /** The largest of 1, 2, 4 and so on within both bounds. */
    static int count(int tokens, int most) {
        return Integer.highestOneBit(Math.max(1, Math.min(tokens, most)));
    }
}

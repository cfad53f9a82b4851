package dev.fovea.techniques.learned;

import dev.fovea.core.learned.Declaration;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.learned.PublishedLayout;
import dev.fovea.core.model.Weights;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.techniques.Pooling;
import java.util.ArrayList;
import java.util.List;

/**
 * Matryoshka Multimodal Models (arXiv 2405.17430): one set of weights that answers from nested sets of visual tokens,
 * made by average pooling of the projected grid. The paper trains the whole model; here what was learned is added to it:
 * low-rank products to the matrices of the language model, differences to its norms and to the connector.
 */
public final class Matryoshka implements LearnedTechnique {
    private static final Card CARD = Card.of("""
            id        matryoshka
            title     Matryoshka Multimodal Models
            arxiv     2405.17430
            summary   Averages square blocks of the projected token grid, with weights trained to answer from every scale.
            stations  weights, connector
            budget    A ceiling for the tokens per image (per tile where pictures are cut): the largest trained scale
                      within it. On a 16 x 16 grid the scales are 256, 64, 16, 4 and 1, on 24 x 24 they are 576, 144, 36,
                      9 and 1.
            full      acts
            trained   yes
            knob      s = auto, whole 1..65536: Tokens per image by the official rule, kernel trunc(sqrt(tokens / s)),
                      which may leave more; auto follows the budget.
            knob      scales = nested | all: Scales that a budget may pick: the trained ones, or every kernel that divides
                      the grid.
            knob      rank = 64, whole 1..4096: Rank of what is added to each matrix of the language model.
            note      The paper trains encoder, projector and language model in full. Here the encoder, the word embeddings
                      and the head stand still, the matrices of the language model get additions of low rank, and only
                      the connector's matrices and the norms move in full: the weights stay small beside the model's.
            note      A border that fills no block is left out, as in the official pooling.
            note      With weights=untrained nothing is added: then it is pool.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Declaration declaration(ModelShape shape, Knobs knobs) {
        Declaration.Builder own = Declaration.begin();
        Finetuned.of(shape, knobs).declare(own);
        return own.build();
    }

    @Override
    public PublishedLayout published() {
        return new PublishedModel.Alone();
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs, Weights own) {
        List<Step> steps = new ArrayList<>();
        steps.add(Finetuned.of(shape, knobs).step(own));
        int kernel = kernel(shape.gridRows(), shape.gridCols(), budget, knobs);
        if (kernel > 1) {
            steps.add(Pooling.step(kernel, CARD.id()));
        }
        return steps;
    }

    static int kernel(int rows, int cols, Budget budget, Knobs knobs) {
        if (!knobs.isAuto("s")) {
            int kernel = Scales.official(rows, cols, knobs.integer("s"));
            if (kernel > Math.min(rows, cols)) {
                throw new IllegalArgumentException("Knob 's' of technique 'matryoshka' asks for " + knobs.text("s")
                        + " tokens, for which a grid of " + rows + " x " + cols + " has no square blocks.");
            }
            return kernel;
        }
        List<Integer> kernels = knobs.is("scales", "all") ? Scales.all(rows, cols) : Scales.nested(rows, cols);
        return Scales.fitting(kernels, rows, cols, budget.of(rows * cols));
    }
}

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
import java.util.ArrayList;
import java.util.List;

/**
 * LLaVolta (arXiv 2406.20092): a model is trained through stages in which its visual tokens are averaged heavily, then
 * lightly, then not at all, so that training costs less and answering is as it was. What was learned is added to the
 * model as {@link Finetuned} has it; the compressor of the stages can be put to use when the model answers, too.
 */
public final class LlaVolta implements LearnedTechnique {
    private static final Card CARD = Card.of("""
            id        llavolta
            title     Efficient Large Multi-modal Models via Visual Context Compression
            arxiv     2406.20092
            summary   Weights that were trained through stages of falling compression; budgets average runs of visual
                      tokens after K decoder layers.
            stations  weights, connector, decoder
            budget    Average visual tokens per decoder layer: the smallest stride with [(N - K) floor(L / S) + K L] / N
                      within it. Full, as published, averages nothing.
            full      acts
            trained   yes
            knob      k = 2/32 decoder layers from 0: Layers that see all visual tokens before they are averaged.
            knob      s = auto, whole 1..65536: Stride: neighbours of the sequence that become one token; 1 averages
                      nothing; auto follows the budget.
            knob      at = decoder | projector: Where they are averaged: before layer K, or behind the projector already,
                      before positions are given out (K = -1 in the authors' code).
            knob      scheme = four-wider-deeper | single | two | three-deeper | three-wider | four-deeper-wider | last-stage |
                      heavy | light:
                      Stages that the weights are trained through, as the paper's table names them. single, heavy and
                      light have one, without compression, at (2, 8) and at (16, 8).
            knob      rank = 64, whole 1..4096: Rank of what is added to each matrix of the language model.
            note      The paper trains connector and language model in full. Here the word embeddings and the head stand
                      still, the matrices of the language model get additions of low rank, and only the connector's
                      matrices and the norms move in full: the weights stay small beside the model's.
            note      Averaging is along the sequence, not over squares: strips of a row where the stride divides it. What
                      is left over at the end of a picture is dropped.
            note      An averaged token stands at the mean of its positions, rounded down; the authors take that mean in
                      float16, which above position 1024 is off by one now and then.
            note      Where k is left alone and its layers cost more than the budget, they become fewer.
            note      The published schemes answer from all visual tokens. Version 2 of the paper also keeps a light
                      compression in the last stage, and when answering; its stages are not told. Here last-stage is
                      (2, 8), (2, 2) and then (16, 4), K and S of 32 layers [inferred from its published cost]. What a
                      scheme ends with holds at the full budget, too, unless s is set.
            note      With weights=untrained nothing is added: then it is the compressor alone, for any model.
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
        steps.addAll(ContextCompressor.of(shape, budget, knobs).steps());
        return steps;
    }
}

package dev.fovea.techniques.connector;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Spending;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Arrays;
import java.util.List;

/**
 * CDPruner (arXiv 2506.10967): the similarity of projected tokens, weighted by how relevant each is to the question, is
 * the kernel of a determinantal point process; the greedily most probable subset stays.
 */
public final class CdPruner implements Technique {
    private static final Card CARD = Card.of("""
            id          cdpruner
            title       Beyond Attention or Similarity: Maximizing Conditional Diversity for Token Pruning in MLLMs
            arxiv       2506.10967
            summary     Keeps projected tokens that are relevant to the question and unlike each other.
            stations    connector
            budget      Tokens kept per image.
            knob        sign = auto | negative | positive: Whether a low or a high cosine with the question marks a
                        relevant token; auto is negative with a text tower, as released for LLaVA, else positive.
            knob        kernel = product | exp | blend: How relevance r weighs similarity S: r S r (released code), the
                        same with exp(a r), a = theta / (2 - 2 theta) (commented out there), or (1 - theta) S + theta
                        r S r (OpenVINO GenAI).
            knob        theta = 0.5, 0..0.99: Weight of relevance in the kernels exp and blend.
            substitute  question
            note        Where no token adds anything new any more, the most relevant ones fill the budget.
            note        Relevance is scaled image by image.
            """);

    private static final Signal.Projected TOKENS = new Signal.Projected();
    private static final Signal.FeatureImageEmbeddings PATCHES = new Signal.FeatureImageEmbeddings();
    private static final Signal.QuestionPieces PIECES = new Signal.QuestionPieces();
    private static final Signal.QuestionTokensMean QUESTION = new Signal.QuestionTokensMean();

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        boolean tower = shape.hasTextTower();
        boolean negated = knobs.isAuto("sign") ? tower : knobs.is("sign", "negative");
        ConditionalKernel kernel = new ConditionalKernel(knobs.text("kernel"), knobs.number("theta"));
        List<Signal<?>> needs = tower ? List.of(TOKENS, PATCHES, PIECES) : List.of(TOKENS, QUESTION);
        return List.of(new Step(new Station.Projector(), needs, s -> {
            float[] cosines = tower
                    ? QuestionRelevance.meanCosines(s.get(PATCHES), s.get(PIECES))
                    : Vectors.cosines(s.get(TOKENS), s.get(QUESTION));
            float[] relevance = QuestionRelevance.of(cosines, negated);
            int[] kept = kernel.choose(s.get(TOKENS), relevance, Spending.perImage(budget, s.layout()));
            Arrays.sort(kept);
            return Outcome.of(Decision.Keep.of(kept), relevance);
        }));
    }
}

package dev.fovea.techniques.learned;

import dev.fovea.core.learned.ContrastPair;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.learned.SteeringTechnique;
import dev.fovea.core.model.Weights;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * GrAInS (arXiv 2507.18043): a direction per decoder layer, found once from answers that are preferred to others, is added
 * to the hidden states, whose length stays. How it is found stands in {@link GrainsPair} and {@link GrainsVectors}.
 */
public final class Grains implements SteeringTechnique {
    private static final Card CARD = Card.of("""
            id          grains
            title       GrAInS: Gradient-based Attribution for Inference-Time Steering of LLMs and VLMs
            arxiv       2507.18043
            summary     Adds to the hidden states of every decoder layer a direction that was fitted once to preferred and
                        dispreferred answers: what is lost where the tokens are masked that speak for the one and for the
                        other.
            stations    residual
            budget      Not read, no tokens are spent: the answer differs from the plain model's at every budget unless
                        lambda=0.
            full        acts
            trained     yes
            knob        lambda = auto, 0..1000: Strength of the direction, whose parts have length one; auto is what was found
                        best when it was fitted (published code: 40 or 100, in one late layer).
            knob        mode = both | pos: What speaks for preferred answers less what speaks for the others, or the first
                        alone (published code for pictures).
            knob        method = pca | mean | difference: First principal component of what masking changes, or its mean; or,
                        to compare with, the mean difference between both answers, of length one.
            knob        layer = auto decoder layers from 0: The only layer that is steered (published code: 31/32); auto
                        steers every layer with its own direction (paper).
            knob        k = 50, whole 1..10000: When fitted: how many tokens are masked (published code: 50 for pictures, 10 for
                        text).
            knob        attribution = integrated | gradient | smooth: When fitted: integrated gradients from zeros, gradient
                        times input, or its mean under noise.
            knob        steps = 20, whole 1..1000: When fitted: points of the integral, or samples of noise.
            knob        form = paper | code: When fitted: how likely both answers are is spread over the tokens of the prompt
                        alone, or (published code) what comes behind each is spread over its own tokens too.
            note        The vectors are fitted with 'fovea steer fit grains' and named with vector=FILE; weights=untrained
                        takes random directions of about the same length, to compare with.
            note        The published code scales channels over tokens instead of tokens over channels, which undoes the
                        steering of each token that is decoded alone; here every token keeps its length.
            note        The published code never shows the pictures to the model when it fits; here they are seen, and visual
                        tokens are masked like words.
            note        The published code fits the last layer's direction to states behind the final norm and adds it before;
                        here it is fitted where it is added. Its directions have signs by chance; here they point along
                        what masking takes away.
            """);

    private static final double UNFITTED = 1;
    private static final double WEAKEST = 0.25;
    private static final int STRENGTHS = 10;

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Declaration declaration(ModelShape shape, Knobs knobs) {
        Declaration.Builder own = Declaration.begin();
        for (String name : GrainsVectors.NAMES) {
            own.normal(
                    name,
                    1 / Math.sqrt(Math.max(1, shape.decoderWidth())),
                    shape.decoderLayers(),
                    shape.decoderWidth());
        }
        return own.build();
    }

    /** Step 7, all of it data once the vectors are there. */
    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs, Weights own) {
        double lambda = knobs.number("lambda", UNFITTED);
        if (lambda == 0) {
            return List.of();
        }
        int[] layers = knobs.isAuto("layer")
                ? IntStream.range(0, shape.decoderLayers()).toArray()
                : new int[] {knobs.layer("layer", shape)};
        String method = knobs.text("method");
        boolean both = knobs.is("mode", "both");
        List<Step> steps = new ArrayList<>();
        for (int layer : layers) {
            steps.add(new Step(
                    new Station.Residual(layer, Station.Stream.LAYER),
                    List.of(),
                    s -> Outcome.of(new Decision.Steer(
                            GrainsVectors.direction(name -> row(own, name, shape, layer), method, both),
                            lambda,
                            Decision.Push.KEEP_LENGTH,
                            Decision.Pushed.ALL))));
        }
        return steps;
    }

    private static float[] row(Weights own, String name, ModelShape shape, int layer) {
        return Tensors.floats(
                own.tensor(name, shape.decoderLayers(), shape.decoderWidth()).select(0, layer));
    }

    @Override
    public Map<String, Matrix> rows(ContrastPair pair, long number, Knobs knobs) {
        return new GrainsPair(pair, knobs).rows(number);
    }

    @Override
    public List<String> figures() {
        return GrainsPair.FIGURES;
    }

    @Override
    public Map<String, Matrix> vectors(Map<String, Matrix> rows, ModelShape shape, Knobs knobs) {
        return GrainsVectors.of(rows, shape.decoderLayers(), shape.decoderWidth());
    }

    @Override
    public List<String> settled() {
        return List.of("k", "attribution", "steps", "form");
    }

    @Override
    public List<Map<String, String>> trials(Knobs knobs) {
        if (!knobs.isAuto("lambda")) {
            return List.of();
        }
        List<Map<String, String>> all = new ArrayList<>();
        for (int i = 0; i < STRENGTHS; i++) {
            all.add(Map.of("lambda", Double.toString(WEAKEST * Math.pow(2, i))));
        }
        return all;
    }
}

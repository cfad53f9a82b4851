package dev.fovea.techniques.residual;

import dev.fovea.core.path.Branch;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import java.util.ArrayList;
import java.util.List;

/**
 * VISTA (arXiv 2502.03628): in every decoder layer the direction in which the picture moves the prompt's last token is
 * added to the hidden states, and logits read from layers just before the last are mixed into the last one's.
 */
public final class Vista implements Technique {
    private static final Card CARD = Card.of("""
            id          vista
            title       The Hidden Life of Tokens: Reducing Hallucination of Large Vision-Language Models via Visual
                        Information Steering
            arxiv       2502.03628
            summary     Adds to every decoder layer the direction in which the picture moves the last token of the prompt,
                        and mixes the logits of the layers before the last into its own.
            stations    residual, logits
            budget      Not read, no tokens are spent: the answer differs from the plain model's at every budget unless
                        lambda=0 and gamma=0.
            full        acts
            knob        lambda = 0.17, 0..10: Strength of the direction (for questions answered with yes or no 0.01).
            knob        form = mlp | stream: To what the MLP adds, in vectors of length one (published code), or to the
                        hidden states behind the layer as they are (paper).
            knob        gamma = 0.3, share: Share of the late layers' logits; 0 switches them off.
            knob        w = 5, whole 1..100: How many layers before the last (published code: 6).
            knob        norm = off | on: Whether states of late layers pass the final norm before the head (published code:
                        off).
            note        The direction is that of one picture and one prompt: the prompt is read once more with the picture
                        and once without it before it is answered.
            note        The published code adds 1 to the first channel of the first layer's direction, whatever the picture: the
                        principal component of one sample. Here it is left out.
            note        A conversation that goes on from its caches keeps the direction of its first question.
            note        On models with less than w + 1 layers all but the last take part.
            """);

    /** What f32 sums leave of equal states, of their length. */
    private static final double ROUNDING = 1e-5;

    private static final Signal.LastStates SEEN = new Signal.LastStates(new Branch.Unsteered());
    private static final Signal.LastStates BLIND = new Signal.LastStates(new Branch.WithoutPictures());

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        double lambda = knobs.number("lambda");
        boolean unit = knobs.is("form", "mlp");
        List<Step> steps = new ArrayList<>();
        for (int layer = 0; lambda > 0 && layer < shape.decoderLayers(); layer++) {
            steps.add(steering(layer, lambda, unit));
        }
        double gamma = knobs.number("gamma");
        int late = Math.min(knobs.integer("w"), shape.decoderLayers() - 1);
        if (gamma > 0 && late > 0) {
            steps.add(LateMixing.step(shape.decoderLayers() - 1 - late, late, knobs.flag("norm"), gamma));
        }
        return steps;
    }

    /** Steps 1 to 3: the vector of a layer, and how it is added. */
    private static Step steering(int layer, double lambda, boolean unit) {
        Station station = new Station.Residual(layer, unit ? Station.Stream.MLP : Station.Stream.LAYER);
        Decision.Push push = unit ? Decision.Push.UNIT : Decision.Push.KEEP_LENGTH;
        return new Step(
                station,
                List.of(SEEN, BLIND),
                s -> Outcome.of(new Decision.Steer(
                        moved(s.get(SEEN), s.get(BLIND), layer), lambda, push, Decision.Pushed.ALL)));
    }

    /**
     * How far the picture moves the last token behind a layer: {@code [width]}. All 0 where that is less than rounding: a
     * token that does not see the picture, as behind layers with a short window, is moved in no direction, and what
     * rounding leaves must not be made as long as a direction.
     */
    static float[] moved(Matrix seen, Matrix blind, int layer) {
        float[] out = new float[seen.cols()];
        double length = 0;
        double all = 0;
        for (int c = 0; c < out.length; c++) {
            out[c] = seen.get(layer, c) - blind.get(layer, c);
            length += (double) out[c] * out[c];
            all += (double) seen.get(layer, c) * seen.get(layer, c);
        }
        return length > ROUNDING * ROUNDING * all ? out : new float[out.length];
    }
}

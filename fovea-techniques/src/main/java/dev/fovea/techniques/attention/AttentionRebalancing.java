package dev.fovea.techniques.attention;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.EncoderQueries;
import dev.fovea.core.path.Signal.Heads;
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
import dev.fovea.techniques.Depth;
import dev.fovea.techniques.Shapes;
import dev.fovea.techniques.primitives.Quantiles;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Attention rebalancing (arXiv 2501.12206): the newest position's attention scores towards local and summary visual
 * tokens, chosen by the encoder's class token, are raised in deep decoder layers; next-token logits are contrasted with
 * those of a branch that never saw the image.
 */
public final class AttentionRebalancing implements Technique {
    private static final Card CARD = new Card(
            "attention-rebalancing",
            "Fixing Imbalanced Attention to Mitigate In-Context Hallucination of Large Vision-Language Model",
            "2501.12206",
            "Raises the newest token's attention to informative visual tokens in deep layers and contrasts its logits "
                    + "with an image-free branch.",
            List.of("attention", "logits"),
            List.of(
                    Knob.number("alpha", "0.7", 0, 0.999, "Boost of local tokens."),
                    Knob.number("beta", "0.4", 0, 0.999, "Boost of summary tokens."),
                    Knob.number("local", "0.25", 0, 1, "Share of the visual tokens that are local."),
                    Knob.number(
                            "spatial", "0", 0, 1, "Share of spatial tokens that join the local ones (paper: 0.05)."),
                    Knob.number("from", "auto", 0, 1000, "First decoder layer, counted from 0; auto is 2 of 32."),
                    Knob.number("to", "auto", 0, 1000, "Last decoder layer, counted from 0; auto is the last."),
                    Knob.number("gamma", "1.1", 1, 10, "Strength of the image-free contrast; 1 switches it off."),
                    Knob.number(
                            "cutoff",
                            "0.1",
                            0,
                            1,
                            "Tokens less likely than this share of the likeliest are ruled out.")),
            false,
            List.of(
                    "Spends no tokens: the budget is not read, and the answer differs from the plain model's at every "
                            + "budget unless alpha=0, beta=0 and gamma=1.",
                    "Report length and distinct 4-grams beside hallucination rates: part of the published gain "
                            + "coincides with repetitive text.",
                    Shapes.SALIENCY_NOTE));

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Plan plan(ModelShape shape, Budget budget, Knobs knobs) {
        Boost boost = new Boost(
                Shapes.saliency(shape, 0, Heads.SUM),
                Shapes.saliency(shape, Math.max(0, shape.encoderLayers() - 2), Heads.SUM),
                new Signal.EncoderAttention(0, EncoderQueries.ALL, Heads.MEAN),
                knobs.number("alpha"),
                knobs.number("beta"),
                knobs.number("local"),
                knobs.number("spatial"));
        List<Step> steps = new ArrayList<>();
        int depth = shape.decoderLayers();
        int from = knobs.integer("from", Math.min(Depth.scaled(2, Depth.DECODER, depth), depth - 1));
        int to = knobs.integer("to", depth - 1);
        if (from > to || to >= depth) {
            throw new IllegalArgumentException("Technique 'attention-rebalancing' needs from <= to <= " + (depth - 1)
                    + " for this model, got from=" + from + " and to=" + to + ".");
        }
        if (boost.alpha > 0 || boost.beta > 0) {
            for (int layer = from; layer <= to; layer++) {
                steps.add(new Step(new Station.Attention(layer), boost.needs(), boost::decide));
            }
        }
        double gamma = knobs.number("gamma");
        if (gamma > 1) {
            steps.add(contrast(gamma, knobs.number("cutoff")));
        }
        return Plan.of(CARD.id(), steps);
    }

    private record Boost(
            Signal.EncoderAttention localRow,
            Signal.EncoderAttention summaryRow,
            Signal.EncoderAttention received,
            double alpha,
            double beta,
            double local,
            double spatial) {

        List<Signal<?>> needs() {
            List<Signal<?>> needs = new ArrayList<>(List.of(localRow));
            if (!summaryRow.equals(localRow)) {
                needs.add(summaryRow);
            }
            if (spatial > 0) {
                needs.add(received);
            }
            return needs;
        }

        Outcome decide(Signals signals) {
            Layout layout = signals.layout();
            float[] localScores = signals.get(localRow);
            float[] summaryScores = signals.get(summaryRow);
            float[] factors = new float[layout.visualCount()];
            int perImage = layout.rows() * layout.cols();
            for (int image = 0; image < layout.images(); image++) {
                int[] tokens = tokensOf(layout, image, perImage);
                if (tokens.length == 0) {
                    continue;
                }
                Sets sets = sets(
                        Vectors.pick(localScores, tokens),
                        Vectors.pick(summaryScores, tokens),
                        spatial > 0 ? Vectors.pick(signals.get(received), tokens) : new float[tokens.length],
                        local,
                        spatial);
                for (int t : sets.local) {
                    factors[tokens[t]] = (float) alpha;
                }
                for (int t : sets.summary) {
                    factors[tokens[t]] = (float) beta;
                }
            }
            return Outcome.of(new Decision.Rescale(factors), factors);
        }

        private static int[] tokensOf(Layout layout, int image, int perImage) {
            return IntStream.range(0, layout.visualCount())
                    .filter(i -> layout.cells()[i] >= 0 && layout.cells()[i] / perImage == image)
                    .toArray();
        }
    }

    /** Local and summary tokens of one image; no token is in both. */
    @SuppressWarnings("ArrayRecordComponent")
    record Sets(int[] local, int[] summary) {}

    /**
     * Steps 1 to 4 of the method.
     *
     * @param localScores CLS attention of the first encoder layer
     * @param summaryScores CLS attention of the last but one
     * @param received attention received on average in the first layer
     */
    static Sets sets(
            float[] localScores, float[] summaryScores, float[] received, double localShare, double spatialShare) {
        int n = localScores.length;
        int[] summary = TopK.largest(summaryScores, Quantiles.upperOutliers(summaryScores, 1.5));
        boolean[] local = new boolean[n];
        for (int t : TopK.largest(localScores, (int) (n * localShare))) {
            local[t] = true;
        }
        for (int t : TopK.largest(received, (int) (n * spatialShare))) {
            local[t] = true;
        }
        for (int t : summary) {
            local[t] = false;
        }
        return new Sets(IntStream.range(0, n).filter(i -> local[i]).toArray(), summary);
    }

    private static Step contrast(double gamma, double cutoff) {
        Signal.LogProbabilities seen = new Signal.LogProbabilities();
        Signal.ImageFreeLogProbabilities blind = new Signal.ImageFreeLogProbabilities();
        return new Step(
                new Station.Logits(),
                List.of(seen, blind),
                s -> Outcome.of(new Decision.Replace(contrasted(s.get(seen), s.get(blind), gamma, cutoff))));
    }

    /** Step 8: {@code gamma * (p - q) + q}; tokens with {@code p < log(cutoff) + max p} are forbidden. */
    static float[] contrasted(float[] p, float[] q, double gamma, double cutoff) {
        double least = Math.log(cutoff) + p[TopK.best(p)];
        float[] out = new float[p.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = p[i] < least ? Float.NEGATIVE_INFINITY : (float) (gamma * ((double) p[i] - q[i]) + q[i]);
        }
        return out;
    }
}

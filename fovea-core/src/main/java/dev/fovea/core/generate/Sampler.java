package dev.fovea.core.generate;

import dev.fovea.core.path.LogSumExp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the tokens of one answer. It remembers what was seen (for the repetition penalty) and where its random
 * sequence stands, so each answer needs its own. Not safe for use by several threads.
 */
public final class Sampler {
    private final SamplingOptions options;
    private final BitSet seen = new BitSet();
    private final SplittableRandom random;
    private float[] scores = new float[0];

    /**
     * A chosen token.
     *
     * @param token its id
     * @param logProbability its natural log-probability in the model's own distribution, before penalty, temperature
     *     and filters
     */
    public record Choice(int token, double logProbability) {}

    /**
     * @param options how to choose
     * @param prompt the ids of the prompt, which the repetition penalty counts as seen
     */
    public Sampler(SamplingOptions options, int... prompt) {
        this.options = options;
        this.random = new SplittableRandom(options.seed());
        for (int id : prompt) {
            seen.set(id);
        }
    }

    /**
     * The next token.
     *
     * @param logits one per token of the vocabulary; left as they are
     * @throws IllegalStateException if the logits hold NaN or nothing but −∞, which means that the weights or the
     *     arithmetic are broken
     */
    public Choice next(float[] logits) {
        return next(logits, logits);
    }

    /**
     * The next token, where some are forbidden.
     *
     * @param logits as the model gave them; left as they are
     * @param allowed the same with −∞ for every forbidden token; left as they are
     * @throws IllegalStateException if the logits hold NaN or nothing but −∞
     */
    public Choice next(float[] logits, float[] allowed) {
        return next(logits, allowed, null);
    }

    /**
     * The same where a draft has guessed the token: the choice is the guess as often as it may be without another
     * distribution coming out.
     *
     * @param guess drawn independently of what is chosen here; null where there is none
     */
    Choice next(float[] logits, float[] allowed, @Nullable Proposal guess) {
        double logSum = LogSumExp.of(logits);
        if (Double.isNaN(logSum) || Double.isInfinite(logSum)) {
            throw new IllegalStateException(
                    "The model gave logits that are not numbers; its weights may be damaged, or its element type too narrow");
        }
        scores = scores.length == logits.length ? scores : new float[logits.length];
        System.arraycopy(allowed, 0, scores, 0, allowed.length);
        penalise();
        int token = options.greedy() ? argmax(scores) : guess == null ? sample() : sample(guess);
        seen.set(token);
        return new Choice(token, logits[token] - logSum);
    }

    /**
     * A guess at a token, of the logits of a draft: the likeliest where the answer is greedy, otherwise drawn as its tokens
     * are. It is no choice, and nothing is seen by it.
     */
    Proposal guess(float[] logits) {
        scores = scores.length == logits.length ? scores : new float[logits.length];
        System.arraycopy(logits, 0, scores, 0, logits.length);
        if (options.greedy() || !Double.isFinite(LogSumExp.of(logits))) {
            return new Proposal(argmax(scores), null);
        }
        filter();
        double[] probabilities = probabilities();
        return new Proposal(draw(probabilities), probabilities);
    }

    /** The likeliest tokens under the model, falling; of equal ones the lower id first. */
    public static List<Choice> likeliest(float[] logits, int count) {
        if (count == 0) {
            return List.of();
        }
        double logSum = LogSumExp.of(logits);
        PriorityQueue<Integer> best = new PriorityQueue<>(
                Comparator.comparingDouble((Integer i) -> logits[i]).thenComparing(Comparator.reverseOrder()));
        for (int i = 0; i < logits.length; i++) {
            if (best.size() < count || logits[i] > logits[best.element()]) {
                best.add(i);
            }
            if (best.size() > count) {
                best.remove();
            }
        }
        List<Choice> falling = new ArrayList<>();
        while (!best.isEmpty()) {
            int id = best.remove();
            falling.addFirst(new Choice(id, logits[id] - logSum));
        }
        return falling;
    }

    /** Seen tokens: positive scores are divided by the penalty, negative ones multiplied with it. */
    private void penalise() {
        float penalty = (float) options.repetitionPenalty();
        if (penalty == 1) {
            return;
        }
        for (int id = seen.nextSetBit(0); id >= 0 && id < scores.length; id = seen.nextSetBit(id + 1)) {
            scores[id] = scores[id] < 0 ? scores[id] * penalty : scores[id] / penalty;
        }
    }

    private int sample() {
        filter();
        return draw();
    }

    private int sample(Proposal guess) {
        filter();
        double[] p = probabilities();
        double[] q = guess.probabilities();
        if (random.nextDouble() < Acceptance.of(p, q, guess.token())) {
            return guess.token();
        }
        double[] left = Acceptance.residual(p, q, guess.token());
        // Nothing is left only where rounding made a guess look less likely than it was.
        return Arrays.stream(left).sum() > 0 ? draw(left) : draw(p);
    }

    private double[] probabilities() {
        double logSum = LogSumExp.of(scores);
        double[] all = new double[scores.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = Math.exp(scores[i] - logSum);
        }
        return all;
    }

    /** @param weights at least one of them above 0 */
    private int draw(double[] weights) {
        double left = random.nextDouble() * Arrays.stream(weights).sum();
        int last = -1;
        for (int i = 0; i < weights.length; i++) {
            if (weights[i] > 0) {
                last = i;
                left -= weights[i];
                if (left < 0) {
                    return i;
                }
            }
        }
        return last;
    }

    private void filter() {
        // A forbidden token stays forbidden: −∞ over ∞ would be no number.
        float temperature = (float) Math.min(options.temperature(), Float.MAX_VALUE);
        for (int i = 0; i < scores.length; i++) {
            scores[i] /= temperature;
        }
        keepTopK();
        keepTopP();
        keepMinP();
    }

    private void keepTopK() {
        int k = options.topK();
        if (k == 0 || k >= scores.length) {
            return;
        }
        float[] sorted = scores.clone();
        Arrays.sort(sorted);
        keepFrom(sorted[sorted.length - k]);
    }

    /** Drops tokens from the least likely on while what is dropped stays within 1 − p; the likeliest always stays. */
    private void keepTopP() {
        if (options.topP() == 1) {
            return;
        }
        long[] ascending = ascending();
        double logSum = LogSumExp.of(scores);
        double dropped = 0;
        for (int i = 0; i < ascending.length - 1; i++) {
            int id = (int) ~ascending[i];
            dropped += Math.exp(scores[id] - logSum);
            if (dropped > 1 - options.topP()) {
                return;
            }
            scores[id] = Float.NEGATIVE_INFINITY;
        }
    }

    /**
     * Tokens by rising score; of equal ones the higher id first, so that the lower one survives. The score stands in
     * the upper half of each number, in an order-preserving form, the complement of the id in the lower.
     */
    private long[] ascending() {
        long[] keys = new long[scores.length];
        int count = 0;
        for (int i = 0; i < scores.length; i++) {
            if (scores[i] != Float.NEGATIVE_INFINITY) {
                int bits = Float.floatToIntBits(scores[i] + 0f);
                int ordered = bits < 0 ? bits ^ 0x7fffffff : bits;
                keys[count++] = ((long) ordered << 32) | (~i & 0xffffffffL);
            }
        }
        long[] used = Arrays.copyOf(keys, count);
        Arrays.sort(used);
        return used;
    }

    private void keepMinP() {
        if (options.minP() > 0) {
            keepFrom((float) (scores[argmax(scores)] + Math.log(options.minP())));
        }
    }

    private void keepFrom(float lowest) {
        for (int i = 0; i < scores.length; i++) {
            if (scores[i] < lowest) {
                scores[i] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    private int draw() {
        double logSum = LogSumExp.of(scores);
        double left = random.nextDouble();
        int last = -1;
        for (int i = 0; i < scores.length; i++) {
            if (scores[i] != Float.NEGATIVE_INFINITY) {
                last = i;
                left -= Math.exp(scores[i] - logSum);
                if (left < 0) {
                    return i;
                }
            }
        }
        // Rounding may leave a crumb of probability; it belongs to the last token.
        return last;
    }

    /** The index of the largest value; of equal ones the lowest. */
    private static int argmax(float[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            if (values[i] > values[best]) {
                best = i;
            }
        }
        return best;
    }
}

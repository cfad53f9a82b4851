package dev.fovea.core.engine;

import dev.fovea.core.layer.CappedScores;
import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.model.language.SelfAttention;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.OwnedTensor;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * What a number hangs on in the attention of one sequence: how fast it rises when the scores of an edge are raised, in all
 * heads alike. What a head gathers for a query {@code i} is {@code o_i = sum_j a_ij v_j}; raising the score towards
 * {@code j} moves it by {@code a_ij (v_j - o_i)}, so the slope is {@code sum over heads of a_ij g_i (v_j - o_i)}, where
 * {@code g_i} is the number's gradient with respect to {@code o_i}. Blocking an edge is its score going to minus infinity,
 * of which this is the first step; one backward pass gives it for all edges.
 *
 * <p>Attention itself stays in its kernel: only the queries that are asked about are written out, some at a time.
 */
final class AttentionSlopes implements AutoCloseable {
    private final Decoder decoder;
    private final Sequence sequence;
    private final boolean acrossWindows;
    private final List<Taken> layers = new ArrayList<>();

    /**
     * What a layer computed.
     *
     * @param queries {@code [heads, tokens, d]}, rotated
     * @param keys {@code [kv-heads, tokens, d]}, rotated
     * @param values as the keys
     * @param attended what the heads gathered, {@code [tokens, heads * d]}; its gradient is kept
     */
    private record Taken(OwnedTensor queries, OwnedTensor keys, OwnedTensor values, OwnedTensor attended) {
        void close() {
            queries.close();
            keys.close();
            values.close();
            attended.close();
        }
    }

    /**
     * Reads a prompt for the log-odds of a next token and goes back, in the caller's scope, which records gradients.
     *
     * @param laid keeps nothing
     * @param groups places of the queries
     * @return {@code [layers][groups][tokens]}
     * @throws IllegalArgumentException if a place or the token is none
     */
    static float[][][] read(Decoder decoder, PromptLaying.Laid laid, int token, List<int[]> groups) {
        Sequence sequence = laid.sequence();
        int length = sequence.length();
        for (int place : groups.stream().flatMapToInt(Arrays::stream).toArray()) {
            if (place < 0 || place >= length) {
                throw new IllegalArgumentException(
                        "There is no token at place " + place + " of a prompt of " + length + ".");
            }
        }
        Tensor embeddings =
                Tensors.cat(0, laid.embeddings().toArray(Tensor[]::new)).detach();
        embeddings.set_requires_grad(true);
        DecoderPass pass = new DecoderPass(decoder, List.of(new DecoderPass.Chunk(sequence, 0, true)), Pace.whole());
        try (AttentionSlopes slopes = new AttentionSlopes(decoder, sequence)) {
            pass.remembering(slopes);
            Tensor logits = pass.run(embeddings);
            if (token < 0 || token >= logits.size(1)) {
                throw new IllegalArgumentException(
                        "There is no token " + token + "; the model has " + logits.size(1) + ".");
            }
            logOdds(logits, token).backward();
            return slopes.of(groups);
        }
    }

    /** Of one row of logits. */
    private static Tensor logOdds(Tensor logits, int token) {
        byte[] marks = new byte[(int) logits.size(1)];
        marks[token] = 1;
        Tensor others = CappedScores.without(logits, Tensors.to(Tensors.of(marks, 1, marks.length), DType.BOOL));
        return logits.narrow(1, token, 1)
                .sub(others.logsumexp(new long[] {1}, true))
                .sum();
    }

    /** @param sequence the only one of its pass */
    AttentionSlopes(Decoder decoder, Sequence sequence) {
        this.decoder = decoder;
        this.sequence = sequence;
        this.acrossWindows = decoder.options().variant().mutual().acrossWindows();
    }

    /** A layer has attended, in the innermost scope. */
    void took(DecoderProjections now, Tensor attended) {
        attended.retain_grad();
        layers.add(new Taken(
                OwnedTensor.of(now.queries(true)),
                OwnedTensor.of(now.keys(true)),
                OwnedTensor.of(now.values()),
                OwnedTensor.of(attended)));
    }

    /**
     * The slopes behind a backward pass, summed over the queries of each group: {@code [layers][groups][tokens]}.
     *
     * @param groups places of the queries
     */
    float[][][] of(List<int[]> groups) {
        float[][][] out = new float[layers.size()][groups.size()][];
        for (int layer = 0; layer < out.length; layer++) {
            for (int g = 0; g < groups.size(); g++) {
                out[layer][g] = ofLayer(layer, groups.get(g));
            }
        }
        return out;
    }

    private float[] ofLayer(int layer, int[] queries) {
        int length = sequence.length();
        if (queries.length == 0) {
            return new float[length];
        }
        try (Scope ignored = Scope.inference()) {
            SelfAttention attention = decoder.layers().get(layer).attention();
            Sight all = sequence.sight(layer);
            Sight.Rule rule = new Sight.Rule(attention.window(), acrossWindows);
            Taken taken = layers.get(layer);
            long heads = attention.heads();
            Tensor keys = taken.keys.get().detach();
            Tensor values = Tensors.to(taken.values.get().detach(), DType.F32)
                    .repeat_interleave(heads / keys.size(0), new LongOptional(0), new LongOptional());
            Tensor gathered = byHead(taken.attended.get().detach(), heads);
            Tensor gradients = byHead(taken.attended.get().grad(), heads);
            List<Tensor> parts = AttentionScores.inPieces(queries.length, heads * length, (from, n) -> {
                int[] some = Arrays.copyOfRange(queries, from, from + n);
                Tensor rows = Tensors.indices(some);
                Tensor weights = AttentionScores.probabilities(
                        attention,
                        taken.queries.get().detach().index_select(1, rows),
                        keys,
                        all.at(some).hidden(all, rule));
                Tensor gradient = gradients.index_select(1, rows);
                Tensor own = gradient.mul(gathered.index_select(1, rows))
                        .sum(new long[] {-1}, true, new ScalarTypeOptional());
                return gradient.matmul(values.transpose(1, 2))
                        .sub(own)
                        .mul(weights)
                        .sum(new long[] {0, 1}, false, new ScalarTypeOptional());
            });
            float[] sum = new float[length];
            for (Tensor part : parts) {
                float[] own = Tensors.floats(part);
                for (int i = 0; i < length; i++) {
                    sum[i] += own[i];
                }
            }
            return sum;
        }
    }

    /** {@code [tokens, heads * d]} as {@code [heads, tokens, d]}, f32. */
    private static Tensor byHead(Tensor x, long heads) {
        return Tensors.to(x, DType.F32).view(x.size(0), heads, -1).transpose(0, 1);
    }

    @Override
    public void close() {
        layers.forEach(Taken::close);
        layers.clear();
    }
}

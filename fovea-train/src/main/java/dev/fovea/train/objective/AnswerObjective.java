package dev.fovea.train.objective;

import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Share;
import dev.fovea.train.nn.DecoderNet;
import dev.fovea.train.report.Figures;
import dev.fovea.train.text.WorldTokenizer;
import dev.fovea.world.Grading;
import dev.fovea.world.Question;
import dev.fovea.world.Skill;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Next-token prediction of answers behind pictures, many questions to a picture. */
public final class AnswerObjective {
    private final DecoderNet decoder;
    private final Function<long[], String> decode;

    /**
     * @param decoder the language model
     * @param decode token ids to text, for grading
     */
    public AnswerObjective(DecoderNet decoder, Function<long[], String> decode) {
        this.decoder = decoder;
        this.decode = decode;
    }

    /**
     * The loss and, by skill and as {@code accuracy} over all, how many questions are answered right: every token the
     * most likely one, given the right ones before it.
     *
     * @param visual {@code [samples, visual, width]}
     * @param batch the questions
     * @param measure whether to grade answers
     */
    public Measured apply(Tensor visual, AnswerBatch batch, boolean measure) {
        AnswerBatch.Targets targets = batch.targets();
        Tensor logits = logits(visual, batch);
        Tensor each = torch.cross_entropy_loss(
                logits, Tensors.indices(targets.ids()), new TensorOptional(), 0 /* no reduction */, -100, 0);
        Tensor weights = Tensors.of(weights(targets), targets.rows().length);
        Tensor loss = each.mul(weights).sum();
        return new Measured(loss, measure ? grade(logits, targets) : Map.of());
    }

    /**
     * What the model expects next wherever the batch knows it: {@code [targets, vocabulary]}.
     *
     * @param visual {@code [samples, visual, width]}
     * @param batch the questions
     */
    public Tensor logits(Tensor visual, AnswerBatch batch) {
        int samples = batch.samples();
        Tensor lead = decoder.embed(Tensors.of(leads(samples), samples, AnswerBatch.LEAD));
        Tensor text = decoder.embed(Tensors.of(batch.tokens(), samples, batch.text()));
        Tensor x = Tensors.cat(1, lead, visual, text);
        Tensor hidden = decoder.forward(x, batch.positions(), mask(batch));
        Tensor wanted = Tensors.indices(batch.targets().rows());
        return decoder.logits(hidden.reshape(-1, hidden.size(2)).index_select(0, wanted));
    }

    private static int[] leads(int samples) {
        int[] ids = new int[samples * AnswerBatch.LEAD];
        for (int s = 0; s < samples; s++) {
            ids[2 * s] = WorldTokenizer.BOS;
            ids[2 * s + 1] = WorldTokenizer.USER;
        }
        return ids;
    }

    /** Answers of a skill count the same, however long; each token of a caption counts a tenth of a usual answer. */
    private static float[] weights(AnswerBatch.Targets targets) {
        int[] tokens = new int[targets.asked().size()];
        for (int a : targets.answer()) {
            if (a >= 0) {
                tokens[a]++;
            }
        }
        float[] w = new float[targets.answer().length];
        float sum = 0;
        for (int i = 0; i < w.length; i++) {
            int a = targets.answer()[i];
            w[i] = a >= 0 ? weight(targets.asked().get(a).skill()) / tokens[a] : 0.1f;
            sum += w[i];
        }
        for (int i = 0; i < w.length; i++) {
            w[i] /= sum;
        }
        return w;
    }

    /** Skills that need places are learned last and odd ones are rare: they count more. */
    private static float weight(Skill skill) {
        return switch (skill) {
            case LOCATION, RELATION, ODD_ONE_OUT -> 2f;
            default -> 1f;
        };
    }

    /** Additive {@code [samples, 1, length, length]}: causal, and questions do not see each other. */
    static Tensor mask(AnswerBatch batch) {
        int length = batch.length();
        int prefix = AnswerBatch.LEAD + batch.visual();
        float[] mask = new float[batch.samples() * length * length];
        for (int s = 0; s < batch.samples(); s++) {
            for (int q = 0; q < length; q++) {
                int row = (s * length + q) * length;
                Arrays.fill(mask, row + q + 1, row + length, Float.NEGATIVE_INFINITY);
                for (int k = prefix; k < q; k++) {
                    int a = batch.segments()[s * batch.text() + q - prefix];
                    int b = batch.segments()[s * batch.text() + k - prefix];
                    if (a != b) {
                        mask[row + k] = Float.NEGATIVE_INFINITY;
                    }
                }
            }
        }
        return Tensors.of(mask, batch.samples(), 1, length, length);
    }

    private Map<String, Share> grade(Tensor logits, AnswerBatch.Targets targets) {
        int[] best;
        try (Scope scope = Scope.inference()) {
            best = Tensors.ints(logits.argmax(new LongOptional(1), false));
        }
        Map<Integer, List<Long>> said = new TreeMap<>();
        for (int i = 0; i < best.length; i++) {
            int a = targets.answer()[i];
            if (a >= 0) {
                said.computeIfAbsent(a, k -> new ArrayList<>()).add((long) best[i]);
            }
        }
        Map<String, Share> shares = new TreeMap<>();
        said.forEach((a, ids) -> {
            Question q = targets.asked().get(a);
            long[] words = ids.stream()
                    .mapToLong(Long::longValue)
                    .takeWhile(id -> id != WorldTokenizer.EOS)
                    .toArray();
            Share share = new Share(Grading.correct(q, decode.apply(words)) ? 1 : 0, 1);
            shares.merge(q.skill().name().toLowerCase(Locale.ROOT), share, Share::plus);
            shares.merge(Figures.OVERALL, share, Share::plus);
        });
        return shares;
    }
}

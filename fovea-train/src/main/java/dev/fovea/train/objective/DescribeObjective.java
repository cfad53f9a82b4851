package dev.fovea.train.objective;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.TrainingPath;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Share;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Descriptions of pictures, learned by a model that answers questions already and shall answer them as it did: next-token
 * prediction of the descriptions, and for every token of an answer the divergence of what is expected from what the model
 * expected before it learned (Kullback-Leibler, as in learning without forgetting, arXiv 1606.09282). The encoder stands
 * still.
 */
public final class DescribeObjective {
    private final ModelParts before;
    private final Supplier<ModelParts> network;
    private final double anchor;
    private final Function<long[], String> decode;

    /**
     * @param before the model as it was; it also looks at the pictures
     * @param network the model that learns
     * @param anchor weight of the divergence, per token of an answer, against one token of a description
     * @param decode token ids to text, for grading
     */
    public DescribeObjective(
            ModelParts before, Supplier<ModelParts> network, double anchor, Function<long[], String> decode) {
        this.before = before;
        this.network = network;
        this.anchor = anchor;
        this.decode = decode;
    }

    /**
     * The mean loss over tokens of descriptions plus the weighted mean over tokens of answers. Measured are the shares of
     * {@code described} tokens that are the likeliest, of answers that are still the {@code same} as before in all their
     * tokens, and of right ones as {@link AnswerObjective} has it.
     *
     * @param batch pictures with their pixels; where it shows only some patches, the others are dropped before the
     *     language model
     */
    public Measured apply(AnswerBatch batch, boolean measure) {
        List<PlanRun> runs = runs(batch);
        List<EncodedImage> pictures = FrozenEncoder.encode(before, batch, PlanRun.plain());
        try {
            AnswerObjective own = new AnswerObjective(TrainingPath.of(network.get()), decode);
            Tensor said = own.logits(pictures, runs, batch);
            int[] described = rows(batch, true);
            int[] answered = rows(batch, false);
            Tensor loss = descriptions(said, batch, described);
            Map<String, Share> shares = new TreeMap<>();
            if (measure) {
                shares.put("described", described(said, batch, described));
            }
            if (answered.length > 0) {
                Tensor known = known(pictures, runs, batch);
                loss = loss.add(Tensors.scale(divergence(said, known, answered), anchor));
                if (measure) {
                    shares.putAll(own.grade(said, batch.targets()));
                    shares.put("same", same(said, known, batch));
                }
            }
            return new Measured(loss, shares);
        } finally {
            pictures.forEach(EncodedImage::close);
        }
    }

    private Tensor known(List<EncodedImage> pictures, List<PlanRun> runs, AnswerBatch batch) {
        try (Scope scope = Scope.inference()) {
            return scope.keep(new AnswerObjective(TrainingPath.of(before), decode).logits(pictures, runs, batch));
        }
    }

    /** The plan that leaves each picture the patches that the batch shows. */
    private List<PlanRun> runs(AnswerBatch batch) {
        int visual = batch.visual();
        if (visual == before.shape().visualTokens()) {
            return Collections.nCopies(batch.samples(), PlanRun.plain());
        }
        List<PlanRun> runs = new ArrayList<>();
        for (int s = 0; s < batch.samples(); s++) {
            int[] shown = Arrays.copyOfRange(batch.patches(), s * visual, (s + 1) * visual);
            Step keep = new Step(new Station.Connector(), List.of(), signals -> Outcome.of(Decision.Keep.of(shown)));
            runs.add(PlanRun.of(Plan.of("shown", keep), PlanRun.Question.none(), null));
        }
        return runs;
    }

    private static int[] rows(AnswerBatch batch, boolean described) {
        int[] answer = batch.targets().answer();
        return IntStream.range(0, answer.length)
                .filter(i -> answer[i] < 0 == described)
                .toArray();
    }

    /** 0 where nothing is described. */
    private static Tensor descriptions(Tensor said, AnswerBatch batch, int[] rows) {
        if (rows.length == 0) {
            return Tensors.scale(said.sum(), 0);
        }
        int[] ids = Arrays.stream(rows).map(i -> batch.targets().ids()[i]).toArray();
        return torch.cross_entropy_loss(said.index_select(0, Tensors.indices(rows)), Tensors.indices(ids));
    }

    /** Mean over the rows of {@code sum p (log p - log q)}, p being what was known. */
    private static Tensor divergence(Tensor said, Tensor known, int[] rows) {
        Tensor p = Tensors.logSoftmax(known.index_select(0, Tensors.indices(rows)));
        Tensor q = Tensors.logSoftmax(said.index_select(0, Tensors.indices(rows)));
        return Tensors.scale(p.exp().mul(p.sub(q)).sum(), 1.0 / rows.length);
    }

    private static Share described(Tensor said, AnswerBatch batch, int[] rows) {
        int[] now = Logits.likeliest(said);
        long hit = Arrays.stream(rows)
                .filter(i -> now[i] == batch.targets().ids()[i])
                .count();
        return new Share(hit, rows.length);
    }

    private static Share same(Tensor said, Tensor known, AnswerBatch batch) {
        int[] now = Logits.likeliest(said);
        int[] then = Logits.likeliest(known);
        boolean[] changed = new boolean[batch.targets().asked().size()];
        for (int i = 0; i < now.length; i++) {
            int answer = batch.targets().answer()[i];
            if (answer >= 0) {
                changed[answer] |= now[i] != then[i];
            }
        }
        long same = IntStream.range(0, changed.length).filter(i -> !changed[i]).count();
        return new Share(same, changed.length);
    }
}

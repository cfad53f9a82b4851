package dev.fovea.train.objective;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.TrainingPath;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.technique.Plan;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.loop.Measured;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Answers behind pictures under a plan, which may act at any station. The encoder stands still: what is learned is
 * behind it.
 */
public final class PlanObjective {
    private final ModelParts plain;
    private final Function<PlanRun, ModelParts> network;
    private final Plan plan;
    private final Function<long[], String> decode;

    /**
     * @param plain the model whose encoder looks at the pictures
     * @param network makes the network that learns, once a batch, with the weights of the plan
     * @param decode token ids to text, for grading
     */
    public PlanObjective(
            ModelParts plain, Function<PlanRun, ModelParts> network, Plan plan, Function<long[], String> decode) {
        this.plain = plain;
        this.network = network;
        this.plan = plan;
        this.decode = decode;
    }

    /**
     * The loss, and how many questions are answered right as {@link AnswerObjective} has it.
     *
     * @param measure whether to grade answers and count tokens
     */
    public Measured apply(AnswerBatch batch, boolean measure) {
        List<PlanRun> runs = new ArrayList<>();
        for (int s = 0; s < batch.samples(); s++) {
            runs.add(PlanRun.of(plan, AnswerObjective.question(plain.decoder(), batch, s), null));
        }
        List<EncodedImage> pictures = FrozenEncoder.encode(plain, batch, runs);
        try {
            TrainingPath path = TrainingPath.of(network.apply(runs.getFirst()));
            return new AnswerObjective(path, decode).apply(pictures, runs, batch, measure);
        } finally {
            pictures.forEach(EncodedImage::close);
        }
    }
}

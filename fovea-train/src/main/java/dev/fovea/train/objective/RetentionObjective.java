package dev.fovea.train.objective;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.TrainingPath;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.OwnedTensor;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.data.Apart;
import dev.fovea.train.loop.Measured;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/**
 * Answers of a model that stands still, behind pictures whose tokens a plan retains more or less (CoViPAL, arXiv
 * 2508.17243, second stage): the answer shall stay right when what is retained least is gone. While it learns the plan's
 * gates are soft; without gradients, on held-out pictures, it selects as it does when the model answers.
 */
public final class RetentionObjective {
    private final ModelParts model;
    private final double weight;
    private final Function<long[], String> decode;

    /**
     * @param model stands still
     * @param weight of the distance between what is retained on average and what should be
     * @param decode token ids to text, for grading
     */
    public RetentionObjective(ModelParts model, double weight, Function<long[], String> decode) {
        this.model = model;
        this.weight = weight;
        this.decode = decode;
    }

    /**
     * The answers' loss, and under soft gates the squared distance of their mean to the share besides; how many questions
     * are answered right.
     *
     * @param share of the visual tokens that shall be retained
     */
    public Measured apply(AnswerBatch batch, Plan plan, double share, boolean measure) {
        Apart apart = Apart.of(batch);
        List<OwnedTensor> retained = new ArrayList<>();
        PlanRun run = PlanRun.of(telling(plan, retained), PlanRun.Question.none(), null);
        List<EncodedImage> pictures = FrozenEncoder.encode(model, batch, PlanRun.plain());
        try {
            Measured answered = new AnswerObjective(TrainingPath.of(model), decode)
                    .apply(
                            apart.each(pictures),
                            Collections.nCopies(apart.batch().samples(), run),
                            apart.batch(),
                            measure);
            if (retained.isEmpty()) {
                return answered;
            }
            Tensor means =
                    Tensors.cat(0, retained.stream().map(m -> m.get().view(1)).toArray(Tensor[]::new));
            Tensor apartFromShare = Tensors.add(means, -share).square().mean();
            return new Measured(
                    answered.loss().add(Tensors.scale(apartFromShare, weight)),
                    answered.accuracies(),
                    answered.costs());
        } finally {
            retained.forEach(OwnedTensor::close);
            pictures.forEach(EncodedImage::close);
        }
    }

    /** The same plan, telling the mean of each prompt's gates. */
    private static Plan telling(Plan plan, List<OwnedTensor> retained) {
        List<Step> steps = new ArrayList<>();
        for (Step step : plan.steps()) {
            steps.add(new Step(
                    step.station(),
                    step.needs(),
                    s -> {
                        Outcome outcome = step.rule().decide(s);
                        if (s.training() && outcome.decision() instanceof Decision.Gate gate) {
                            retained.add(OwnedTensor.of(
                                    TensorRows.tensor(gate.gates()).mean()));
                        }
                        return outcome;
                    },
                    step.work()));
        }
        return Plan.of(plan.technique(), steps);
    }
}

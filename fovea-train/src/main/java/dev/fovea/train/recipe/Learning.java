package dev.fovea.train.recipe;

import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.model.Weights;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.data.AnswerSampler;
import dev.fovea.train.data.Descriptions;
import dev.fovea.train.loop.Evaluation;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.nn.MovingWeights;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.objective.PlanObjective;
import dev.fovea.train.objective.ScalesObjective;
import dev.fovea.train.objective.ScalesObjective.Scale;
import dev.fovea.train.optim.Optimizer;
import dev.fovea.train.optim.Schedule;
import dev.fovea.world.SceneOptions;
import dev.fovea.world.Skill;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongFunction;
import java.util.function.Predicate;

/**
 * A technique while it learns: the finished model, which stands still, and the declared parameters, which move.
 *
 * @param parameters the technique's own
 * @param own the same as weights; part of the graph while training
 * @param reducers techniques that learn nothing and reduce visual tokens while it is trained, as typed
 */
record Learning(
        BaseModel base,
        Parameters parameters,
        Weights own,
        LearnedTechnique technique,
        Knobs knobs,
        List<String> reducers,
        TechniqueSize size) {
    private static final long SEEDS = 6_000_000_000L;
    private static final long HELD_OUT = 8_000_000_000L;

    /** What one recipe shows in two ways are other pictures each. */
    private static final long APART = 50_000_000L;

    /** Skills that are weak in the model as it is: what is learned must not lose them. */
    private static final List<Skill> LATE = List.of(Skill.COUNT, Skill.COMPARISON, Skill.ODD_ONE_OUT, Skill.LOCATION);

    static Learning begin(
            BaseModel base,
            Parameters parameters,
            LearnedTechnique technique,
            Knobs knobs,
            List<String> reducers,
            TechniqueSize size) {
        parameters.declare(technique.declaration(base.plain().shape(), knobs).startingFrom(base.weights()));
        parameters.freeze();
        Weights own = MovingWeights.of(parameters, Precision.F32, List.of());
        return new Learning(base, parameters, own, technique, knobs, reducers, size);
    }

    ModelShape shape() {
        return base.plain().shape();
    }

    /** The technique's plan at a budget, with the weights that move. */
    Plan plan(Budget budget) {
        return technique.plan(shape(), budget, knobs, own);
    }

    /** The same with some knobs set otherwise. */
    Plan plan(Budget budget, Map<String, String> others) {
        Map<String, String> set = new LinkedHashMap<>(knobs.asMap());
        set.keySet().removeIf(knobs::isAuto);
        set.putAll(others);
        return technique.plan(shape(), budget, Knobs.of(technique.card(), set), own);
    }

    /** Where questions come from, in words, for the card. */
    static String source(long pictures) {
        return source(pictures, SEEDS);
    }

    /** The same where pictures begin at another seed. */
    static String source(long pictures, long seeds) {
        return String.format(
                Locale.ROOT, "questions of fovea-world about %d pictures from seeds above %,d", pictures, seeds);
    }

    /** Answers under a plan, the encoder standing still. */
    PlanObjective answering(Plan plan) {
        return new PlanObjective(base.plain(), run -> base.with(run.additions()), plan, base.tokenizer()::decode);
    }

    /** The same under several plans. */
    ScalesObjective answering(List<Scale> scales) {
        return new ScalesObjective(base.plain(), run -> base.with(run.additions()), scales, base.tokenizer()::decode);
    }

    /** A stage in which all parameters learn from {@link #questions} as long as the size says. */
    Stage<AnswerBatch> stage(String name, Stage.Objective<AnswerBatch> objective) {
        return stage(name, objective, objective);
    }

    /**
     * The same.
     *
     * @param objective what is minimised
     * @param measured the same for held-out pictures
     */
    Stage<AnswerBatch> stage(
            String name, Stage.Objective<AnswerBatch> objective, Stage.Objective<AnswerBatch> measured) {
        Schedule schedule = new Schedule(size.rate(), 10, size.steps(), 0.05);
        return stage(name, e -> true, schedule, objective, measured);
    }

    /**
     * A stage that learns from {@link #questions}.
     *
     * @param trainable which parameters move
     * @param schedule its length and learning rates
     * @param objective what is minimised
     * @param measured the same for held-out pictures
     */
    Stage<AnswerBatch> stage(
            String name,
            Predicate<Parameters.Entry> trainable,
            Schedule schedule,
            Stage.Objective<AnswerBatch> objective,
            Stage.Objective<AnswerBatch> measured) {
        return stage(name, trainable, schedule, questions()::batch, heldOut()::batch, objective, measured);
    }

    /**
     * A stage that learns from other batches, each of as many pictures as the size says.
     *
     * @param batches what is learned from
     * @param heldOut what it is measured on
     */
    <B> Stage<B> stage(
            String name,
            Predicate<Parameters.Entry> trainable,
            Schedule schedule,
            LongFunction<B> batches,
            LongFunction<B> heldOut,
            Stage.Objective<B> objective,
            Stage.Objective<B> measured) {
        int held = Math.ceilDiv(size.heldOut(), size.pictures());
        return new Stage<>(
                name,
                parameters,
                trainable,
                Optimizer.Settings.adamW(),
                schedule,
                size.batches(),
                size.pictures(),
                batches,
                objective,
                new Evaluation<>(Evaluation.first(held, heldOut), b -> measured.measure(b, true), size.every()));
    }

    /** Questions of the world about pictures that neither the model nor an evaluation sees elsewhere. */
    AnswerSampler questions() {
        return sampler(settings(0), SEEDS);
    }

    /** The same where a full caption comes first, and questions follow as far as there is room. */
    AnswerSampler captions() {
        return sampler(settings(1), SEEDS);
    }

    /** Pictures that are to be described, briefly or in full, of which nothing else is asked. */
    AnswerSampler described() {
        return described(SEEDS + APART);
    }

    /** The same of pictures that nothing is learned from. */
    AnswerSampler heldOutDescribed() {
        return described(HELD_OUT + APART);
    }

    private AnswerSampler described(long seeds) {
        return new AnswerSampler(
                SceneOptions.defaults(), settings(1).balanced(), Descriptions.BRIEF_AND_FULL, base.tokenizer(), seeds);
    }

    /** Questions of all skills alike about pictures that nothing is learned from. */
    AnswerSampler heldOut() {
        return sampler(settings(0).balanced(), HELD_OUT);
    }

    private AnswerSampler.Settings settings(double captions) {
        return new AnswerSampler.Settings(
                size.pictures(), shape().visualTokens(), size.text(), captions, 0.1, 0, true, LATE);
    }

    private AnswerSampler sampler(AnswerSampler.Settings settings, long seeds) {
        return new AnswerSampler(SceneOptions.defaults(), settings, base.tokenizer(), seeds);
    }
}

package dev.fovea.train.recipe;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.fovea.core.engine.CutPictures;
import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.ImageInput;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.TrainingPath;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.connector.Connector;
import dev.fovea.core.model.vision.VisionEncoder;
import dev.fovea.core.model.vision.VisionTransformer;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.data.AnswerSampler;
import dev.fovea.train.data.PatchTruth;
import dev.fovea.train.data.Patches;
import dev.fovea.train.loop.Evaluation;
import dev.fovea.train.loop.Loop;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.nn.TruthEmbedding;
import dev.fovea.train.objective.AnswerObjective;
import dev.fovea.train.optim.Schedule;
import dev.fovea.world.PatchLabels;
import dev.fovea.world.SceneOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The language model's part of the recipe: it learns to answer from the exact truth of patches; then the connector
 * learns to make the same tokens from pixels; then both answer from pixels.
 */
final class LanguageStages {
    private static final long HELD_OUT = 8_000_000_000L;
    /** Share of wrong attributes in truth tokens: the encoder will not be perfect either. */
    private static final double NOISE = 0.03;

    private final Loop loop;
    private final HuggingFaceTokenizer tokenizer;
    private final PeekConfig config;
    private final PeekNetwork network;
    private final Precision precision;
    private final int heldOutPictures;

    LanguageStages(
            Loop loop, HuggingFaceTokenizer tokenizer, PeekConfig config, Precision precision, int heldOutPictures) {
        this.precision = precision;
        this.heldOutPictures = heldOutPictures;
        this.loop = loop;
        this.tokenizer = tokenizer;
        this.config = config;
        this.network = new PeekNetwork(config, precision);
    }

    /** Answers from truth. */
    void truth(PeekSize.Length length, List<String> froms, AnswerSampler.Settings settings) {
        try (Parameters p = new Parameters(2)) {
            PeekParameters.decoder(p, config.decoder());
            TruthEmbedding.declare(p, Names.TRUTH, config.decoder().width());
            p.freeze();
            froms.forEach(from -> loop.load(from, p));
            TrainingPath path =
                    TrainingPath.of(network.decoder(p), network.description().positions());
            TruthEmbedding truth = new TruthEmbedding(p, Names.TRUTH);
            AnswerObjective objective = new AnswerObjective(path, tokenizer::decode);
            AnswerSampler sampler = new AnswerSampler(
                    SceneOptions.defaults(),
                    settings,
                    tokenizer,
                    2_000_000_000L + length.stage().hashCode());
            List<AnswerBatch> heldOut = heldOut(settings);
            loop.run(new Stage<>(
                    length.stage(),
                    p,
                    e -> true,
                    Recipes.optimizer(precision),
                    new Schedule(length.rate(), 40, length.steps(), 0.1),
                    length.batches(),
                    settings.samples(),
                    sampler::batch,
                    (b, measure) -> objective.apply(truth.tokens(b, NOISE, seed(b)), b, measure),
                    new Evaluation<>(heldOut, b -> objective.apply(truth.tokens(b, 0, 0), b, true), 100)));
        }
    }

    /** Noise differs from batch to batch, and is the same when training resumes. */
    private static long seed(AnswerBatch b) {
        return 31L * Arrays.hashCode(b.patches()) + Arrays.hashCode(b.tokens());
    }

    /** The connector learns to make truth tokens from pixels; everything else stands still. */
    void connect(PeekSize.Length length, String vision, String truthStage) {
        try (Parameters p = new Parameters(4)) {
            PeekParameters.connector(
                    p, config.vision().width(), config.decoder().width());
            PeekParameters.vision(p, config.vision());
            TruthEmbedding.declare(p, Names.TRUTH, config.decoder().width());
            p.freeze();
            loop.load(vision, p);
            loop.load(truthStage, p);
            VisionTransformer net = network.vision(p);
            Connector connector = network.connector(p);
            TruthEmbedding truth = new TruthEmbedding(p, Names.TRUTH);
            AnswerSampler.Settings settings = new AnswerSampler.Settings(
                    length.pictures(), config.vision().patches(), 0, 0, 0, 0, true, List.of());
            AnswerSampler sampler = new AnswerSampler(SceneOptions.defaults(), settings, tokenizer, 4_000_000_000L);
            List<AnswerBatch> heldOut = heldOut(settings);
            loop.run(new Stage<>(
                    length.stage(),
                    p,
                    e -> e.name().startsWith(Names.CONNECTOR),
                    Recipes.optimizer(precision),
                    new Schedule(length.rate(), 20, length.steps(), 0.05),
                    length.batches(),
                    settings.samples(),
                    sampler::batch,
                    (b, measure) -> difference(tokens(net, connector, b, false), truth, b),
                    new Evaluation<>(heldOut, b -> difference(tokens(net, connector, b, false), truth, b), 100)));
        }
    }

    /**
     * How far tokens made from pixels are from those made of truth, as a share of the latter's variance. Most patches
     * show background and hardly any text: without weights the connector would learn little else than to say so.
     */
    private static Measured difference(Tensor made, TruthEmbedding truth, AnswerBatch b) {
        Tensor wanted = truth.tokens(b, 0, 0).detach();
        Tensor each = made.sub(wanted).square().mean(new long[] {2}, false, new ScalarTypeOptional());
        float[] weights = weights(b);
        double sum = 0;
        for (float w : weights) {
            sum += w;
        }
        Tensor weighted = each.mul(Tensors.of(weights, b.samples(), b.visual())).sum();
        return new Measured(Tensors.scale(weighted, 1 / sum).div(wanted.var()), Map.of());
    }

    /** Patches of objects count eight times as much as background, those of objects with text sixteen times. */
    private static float[] weights(AnswerBatch b) {
        float[] weights = new float[b.patches().length];
        for (int i = 0; i < weights.length; i++) {
            PatchLabels labels = b.scenes().get(i / b.visual()).labels();
            int object = PatchTruth.objectOf(labels, b.patches()[i]);
            boolean text = object >= 0 && labels.text()[PatchTruth.ownPatch(labels, object, b.patches()[i])] > 0;
            weights[i] = text ? 16 : object >= 0 ? 8 : 1;
        }
        return weights;
    }

    /**
     * Answers from pixels.
     *
     * @param name of the stage, whose length is {@code length}
     * @param froms stages whose weights it starts from, later ones winning
     * @param seeing whether the encoder moves too
     * @param plan what happens to the visual tokens on the way; null for the tokens that the batch chooses
     */
    void answers(
            String name,
            PeekSize.Length length,
            List<String> froms,
            AnswerSampler.Settings settings,
            boolean seeing,
            @Nullable Plan plan) {
        try (Parameters p = new Parameters(5)) {
            PeekParameters.vision(p, config.vision());
            PeekParameters.connector(
                    p, config.vision().width(), config.decoder().width());
            PeekParameters.decoder(p, config.decoder());
            p.freeze();
            froms.forEach(from -> loop.load(from, p));
            Answering answering = new Answering(network.model(p), plan);
            AnswerSampler sampler = new AnswerSampler(
                    SceneOptions.defaults(),
                    settings,
                    tokenizer,
                    5_000_000_000L + length.stage().hashCode());
            List<AnswerBatch> heldOut = heldOut(settings);
            loop.run(new Stage<>(
                    name,
                    p,
                    e -> seeing || !e.name().startsWith(Names.VISION),
                    Recipes.optimizer(precision),
                    new Schedule(length.rate(), 30, length.steps(), 0.05),
                    length.batches(),
                    settings.samples(),
                    sampler::batch,
                    (b, measure) -> answering.measure(b, seeing, measure),
                    new Evaluation<>(heldOut, b -> answering.measure(b, false, true), 100)));
        }
    }

    /** Answers of one network, plainly or under a plan. */
    private final class Answering {
        private final ModelParts model;
        private final @Nullable Plan plan;
        private final TrainingPath path;
        private final AnswerObjective objective;

        Answering(ModelParts model, @Nullable Plan plan) {
            this.model = model;
            this.plan = plan;
            this.path = TrainingPath.of(model);
            this.objective = new AnswerObjective(path, tokenizer::decode);
        }

        Measured measure(AnswerBatch b, boolean seeing, boolean measure) {
            if (plan == null) {
                return objective.apply(tokens(model.vision(), model.connector(), b, seeing), b, measure);
            }
            List<PlanRun> runs = new ArrayList<>();
            for (int s = 0; s < b.samples(); s++) {
                runs.add(PlanRun.of(plan, AnswerObjective.question(model.decoder(), b, s), null));
            }
            List<EncodedImage> pictures = encode(b, runs, seeing);
            try {
                return objective.apply(pictures, runs, b, measure);
            } finally {
                pictures.forEach(EncodedImage::close);
            }
        }

        private List<EncodedImage> encode(AnswerBatch b, List<PlanRun> runs, boolean gradients) {
            try (Scope scope = gradients ? Scope.training() : Scope.inference()) {
                List<ImageInput> inputs = new ArrayList<>();
                for (int s = 0; s < b.samples(); s++) {
                    Tensor pixels = pixels(b.scenes().get(s).pixels());
                    inputs.add(new ImageInput(
                            pixels, () -> Patches.raw(pixels), PathEngine.imageName("", s), runs.get(s)));
                }
                return path.encode(inputs);
            }
        }

        /** The picture whose patches these are: {@code [3, side, side]}. */
        private Tensor pixels(float[] patches) {
            long grid = config.vision().grid();
            long patch = config.vision().patch();
            return Tensors.of(patches, grid, grid, 3, patch, patch)
                    .permute(2, 0, 3, 1, 4)
                    .reshape(3, grid * patch, grid * patch);
        }
    }

    /** The batch's chosen patches as visual tokens, {@code [samples, visual, width]}; every patch is looked at. */
    private Tensor tokens(VisionEncoder net, Connector connector, AnswerBatch b, boolean gradients) {
        Tensor chosen;
        try (Scope scope = gradients ? Scope.training() : Scope.inference()) {
            int all = config.vision().patches();
            int values = config.vision().patchValues();
            float[] pixels = new float[b.samples() * all * values];
            int[] cells = new int[b.samples() * all];
            Arrays.setAll(cells, i -> i % all);
            int[] wanted = new int[b.patches().length];
            for (int s = 0; s < b.samples(); s++) {
                System.arraycopy(b.scenes().get(s).pixels(), 0, pixels, s * all * values, all * values);
            }
            Arrays.setAll(wanted, i -> i / b.visual() * (all + 1) + 1 + b.patches()[i]);
            CutPictures pictures = new CutPictures(
                    Tensors.of(pixels, b.samples(), all, values),
                    cells,
                    config.vision().grid(),
                    config.vision().grid(),
                    true);
            Tensor x = TrainingPath.states(net, connector.grouping(), pictures, network.featureLayer())
                    .getFirst();
            chosen = scope.keep(x.reshape(-1, x.size(2)).index_select(0, Tensors.indices(wanted)));
        }
        return connector.project(chosen).view(b.samples(), b.visual(), -1);
    }

    /** Held-out pictures with balanced questions, whatever the stage trains on. */
    private List<AnswerBatch> heldOut(AnswerSampler.Settings settings) {
        AnswerSampler held = new AnswerSampler(SceneOptions.defaults(), settings.balanced(), tokenizer, HELD_OUT);
        return Evaluation.first(Math.ceilDiv(heldOutPictures, settings.samples()), held::batch);
    }
}

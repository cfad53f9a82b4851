package dev.fovea.train.recipe;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.data.AnswerSampler;
import dev.fovea.train.data.PatchTruth;
import dev.fovea.train.loop.Evaluation;
import dev.fovea.train.loop.Loop;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.nn.Connector;
import dev.fovea.train.nn.DecoderNet;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.nn.TruthEmbedding;
import dev.fovea.train.nn.VisionNet;
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
    private final VisionNet.Config visionConfig;
    private final DecoderNet.Config config;
    private final Precision precision;
    private final int heldOutPictures;

    LanguageStages(
            Loop loop,
            HuggingFaceTokenizer tokenizer,
            VisionNet.Config visionConfig,
            DecoderNet.Config config,
            Precision precision,
            int heldOutPictures) {
        this.precision = precision;
        this.heldOutPictures = heldOutPictures;
        this.loop = loop;
        this.tokenizer = tokenizer;
        this.visionConfig = visionConfig;
        this.config = config;
    }

    /** Answers from truth. */
    void truth(PeekSize.Length length, List<String> froms, AnswerSampler.Settings settings) {
        try (Parameters p = new Parameters(2)) {
            DecoderNet.declare(p, Names.DECODER, config);
            TruthEmbedding.declare(p, Names.TRUTH, config.width());
            p.freeze();
            froms.forEach(from -> loop.load(from, p));
            DecoderNet net = new DecoderNet(p, Names.DECODER, config, precision);
            TruthEmbedding truth = new TruthEmbedding(p, Names.TRUTH);
            AnswerObjective objective = new AnswerObjective(net, tokenizer::decode);
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
            Connector.declare(p, Names.CONNECTOR, visionConfig.width(), config.width());
            VisionNet.declare(p, Names.VISION, visionConfig);
            TruthEmbedding.declare(p, Names.TRUTH, config.width());
            p.freeze();
            loop.load(vision, p);
            loop.load(truthStage, p);
            VisionNet net = new VisionNet(p, Names.VISION, visionConfig, precision);
            Connector connector = new Connector(p, Names.CONNECTOR, precision);
            TruthEmbedding truth = new TruthEmbedding(p, Names.TRUTH);
            AnswerSampler.Settings settings =
                    new AnswerSampler.Settings(length.pictures(), visionConfig.patches(), 0, 0, 0, 0, true, List.of());
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
                    (b, measure) -> difference(connector.forward(features(net, b, false)), truth, b),
                    new Evaluation<>(
                            heldOut, b -> difference(connector.forward(features(net, b, false)), truth, b), 100)));
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
     * @param froms stages whose weights it starts from, later ones winning
     * @param seeing whether the encoder moves too
     */
    void answers(PeekSize.Length length, List<String> froms, AnswerSampler.Settings settings, boolean seeing) {
        try (Parameters p = new Parameters(5)) {
            VisionNet.declare(p, Names.VISION, visionConfig);
            Connector.declare(p, Names.CONNECTOR, visionConfig.width(), config.width());
            DecoderNet.declare(p, Names.DECODER, config);
            p.freeze();
            froms.forEach(from -> loop.load(from, p));
            VisionNet net = new VisionNet(p, Names.VISION, visionConfig, precision);
            Connector connector = new Connector(p, Names.CONNECTOR, precision);
            AnswerObjective objective =
                    new AnswerObjective(new DecoderNet(p, Names.DECODER, config, precision), tokenizer::decode);
            AnswerSampler sampler = new AnswerSampler(
                    SceneOptions.defaults(),
                    settings,
                    tokenizer,
                    5_000_000_000L + length.stage().hashCode());
            List<AnswerBatch> heldOut = heldOut(settings);
            loop.run(new Stage<>(
                    length.stage(),
                    p,
                    e -> seeing || !e.name().startsWith(Names.VISION),
                    Recipes.optimizer(precision),
                    new Schedule(length.rate(), 30, length.steps(), 0.05),
                    length.batches(),
                    settings.samples(),
                    sampler::batch,
                    (b, measure) -> objective.apply(connector.forward(features(net, b, seeing)), b, measure),
                    new Evaluation<>(
                            heldOut, b -> objective.apply(connector.forward(features(net, b, false)), b, true), 100)));
        }
    }

    /** Features of the batch's chosen patches, {@code [samples, visual, width]}; every patch is looked at. */
    private Tensor features(VisionNet net, AnswerBatch b, boolean gradients) {
        Tensor chosen;
        try (Scope scope = gradients ? Scope.training() : Scope.inference()) {
            int all = visionConfig.patches();
            int values = visionConfig.patchValues();
            float[] pixels = new float[b.samples() * all * values];
            int[] positions = new int[b.samples() * all];
            Arrays.setAll(positions, i -> i % all);
            int[] wanted = new int[b.patches().length];
            for (int s = 0; s < b.samples(); s++) {
                System.arraycopy(b.scenes().get(s).pixels(), 0, pixels, s * all * values, all * values);
            }
            Arrays.setAll(wanted, i -> i / b.visual() * (all + 1) + 1 + b.patches()[i]);
            Tensor x = net.pictures(
                    Tensors.of(pixels, b.samples(), all, values),
                    Tensors.indices(positions),
                    VisionStages.featureLayers(visionConfig));
            chosen = scope.keep(x.reshape(-1, visionConfig.width())
                    .index_select(0, Tensors.indices(wanted))
                    .view(b.samples(), b.visual(), visionConfig.width()));
        }
        return chosen;
    }

    /** Held-out pictures with balanced questions, whatever the stage trains on. */
    private List<AnswerBatch> heldOut(AnswerSampler.Settings settings) {
        AnswerSampler held = new AnswerSampler(SceneOptions.defaults(), settings.balanced(), tokenizer, HELD_OUT);
        List<AnswerBatch> batches = new ArrayList<>();
        for (int i = 0; i * settings.samples() < heldOutPictures; i++) {
            batches.add(held.batch(i));
        }
        return batches;
    }
}

package dev.fovea.train.recipe;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.PatchBatch;
import dev.fovea.train.data.PatchSampler;
import dev.fovea.train.loop.Evaluation;
import dev.fovea.train.loop.Loop;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Share;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.nn.TextNet;
import dev.fovea.train.nn.VisionNet;
import dev.fovea.train.objective.ContrastiveObjective;
import dev.fovea.train.objective.PatchObjective;
import dev.fovea.train.optim.Schedule;
import dev.fovea.train.text.WorldTokenizer;
import dev.fovea.world.SceneOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;

/**
 * The encoder's part of the recipe: first windows of patches around objects, then whole pictures with CLS and captions.
 */
final class VisionStages {
    private static final long HELD_OUT = 9_000_000_000L;

    /** Text is the hardest part to see and on few objects: these scenes show it more often than the world does. */
    private static final SceneOptions MORE_TEXT = new SceneOptions(1, 6, 0.4, 0.75, 0.5, 0.18, 0.25, 0.2);

    private final Loop loop;
    private final VisionNet.Config config;
    private final TextNet.Config textConfig;
    private final HuggingFaceTokenizer tokenizer;
    private final Precision precision;

    VisionStages(
            Loop loop,
            VisionNet.Config config,
            TextNet.Config textConfig,
            HuggingFaceTokenizer tokenizer,
            Precision precision) {
        this.precision = precision;
        this.loop = loop;
        this.config = config;
        this.textConfig = textConfig;
        this.tokenizer = tokenizer;
    }

    /** Features are read one block before the last, as LLaVA does; the last block belongs to the CLS objective. */
    static int featureLayers(VisionNet.Config config) {
        return config.layers() - 1;
    }

    /** Windows of 7 x 7 patches: what every patch shows. */
    void windows(PeekSize.Length length) {
        int batch = length.pictures();
        try (Parameters p = new Parameters(1)) {
            VisionNet.declare(p, Names.VISION, config);
            PatchObjective.declare(p, Names.PATCHES, config.width());
            p.freeze();
            VisionNet net = new VisionNet(p, Names.VISION, config, precision);
            PatchObjective head = new PatchObjective(p, Names.PATCHES);
            PatchSampler sampler = new PatchSampler(MORE_TEXT, batch, 7, 0, 1_000_000_000L);
            List<PatchBatch> heldOut = batches(new PatchSampler(SceneOptions.defaults(), 2 * batch, 7, 0, HELD_OUT), 4);
            loop.run(new Stage<>(
                    length.stage(),
                    p,
                    e -> true,
                    Recipes.optimizer(precision),
                    new Schedule(length.rate(), 100, length.steps(), 0.05),
                    length.batches(),
                    batch,
                    sampler::batch,
                    (b, measure) -> seen(net, head, b, measure),
                    new Evaluation<>(heldOut, b -> seen(net, head, b, true), 250)));
        }
    }

    private Measured seen(VisionNet net, PatchObjective head, PatchBatch b, boolean measure) {
        return head.apply(net.windows(pixels(b), positions(b), featureLayers(config)), b.truths(), measure);
    }

    /** Whole pictures: patches still tell what they show, and CLS finds the caption. */
    void pictures(PeekSize.Length length, String from) {
        int batch = length.pictures();
        try (Parameters p = new Parameters(3)) {
            VisionNet.declare(p, Names.VISION, config);
            PatchObjective.declare(p, Names.PATCHES, config.width());
            TextNet.declare(p, Names.TEXT, textConfig);
            ContrastiveObjective.declare(p, config.width(), textConfig.width(), Recipes.SHARED_WIDTH);
            p.freeze();
            loop.load(from, p);
            Towers towers = new Towers(
                    new VisionNet(p, Names.VISION, config, precision),
                    new TextNet(p, Names.TEXT, textConfig, precision),
                    new PatchObjective(p, Names.PATCHES),
                    new ContrastiveObjective(p));
            PatchSampler sampler = new PatchSampler(MORE_TEXT, batch, 0, config.patches(), 3_000_000_000L);
            List<PatchBatch> heldOut = batches(
                    new PatchSampler(SceneOptions.defaults(), batch, 0, config.patches(), HELD_OUT + 1_000_000), 6);
            loop.run(new Stage<>(
                    length.stage(),
                    p,
                    e -> true,
                    Recipes.optimizer(precision),
                    new Schedule(length.rate(), 50, length.steps(), 0.05),
                    length.batches(),
                    batch,
                    sampler::batch,
                    (b, measure) -> measure(towers, b, measure),
                    new Evaluation<>(heldOut, b -> measure(towers, b, true), 100)));
        }
    }

    private record Towers(VisionNet vision, TextNet text, PatchObjective patches, ContrastiveObjective contrast) {}

    private Measured measure(Towers towers, PatchBatch b, boolean measure) {
        Tensor x = towers.vision().pictures(pixels(b), positions(b), featureLayers(config));
        Measured dense = towers.patches().apply(x.narrow(1, 1, b.tokens()), b.truths(), measure);
        Tensor cls = towers.vision().pooled(towers.vision().lastBlock(x));
        Measured match = towers.contrast().apply(cls, texts(towers.text(), b), measure);
        Map<String, Share> accuracies = new TreeMap<>(dense.accuracies());
        accuracies.putAll(match.accuracies());
        return new Measured(dense.loss().add(Tensors.scale(match.loss(), 0.5)), accuracies);
    }

    private Tensor texts(TextNet net, PatchBatch b) {
        int length = textConfig.length();
        int[] ids = new int[b.samples() * length];
        int[] ends = new int[b.samples()];
        int end = textConfig.vocabulary() - 1;
        for (int s = 0; s < b.samples(); s++) {
            long[] words = tokenizer.encode(b.captions().get(s), false, false).getIds();
            int n = Math.min(words.length, length - 2);
            ids[s * length] = WorldTokenizer.BOS;
            for (int i = 0; i < n; i++) {
                ids[s * length + 1 + i] = (int) words[i];
            }
            ids[s * length + 1 + n] = end;
            ends[s] = s * length + 1 + n;
        }
        return net.pooled(Tensors.of(ids, b.samples(), length), Tensors.indices(ends));
    }

    private Tensor pixels(PatchBatch b) {
        return Tensors.of(b.pixels(), b.samples(), b.tokens(), config.patchValues());
    }

    private static Tensor positions(PatchBatch b) {
        return Tensors.indices(b.positions());
    }

    private static List<PatchBatch> batches(PatchSampler sampler, int n) {
        List<PatchBatch> batches = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            batches.add(sampler.batch(i));
        }
        return batches;
    }
}

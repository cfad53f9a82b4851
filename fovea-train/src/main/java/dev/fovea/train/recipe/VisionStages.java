package dev.fovea.train.recipe;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.fovea.core.engine.CutPictures;
import dev.fovea.core.engine.TrainingPath;
import dev.fovea.core.model.connector.Grouping;
import dev.fovea.core.model.contrastive.ContrastiveModel;
import dev.fovea.core.model.vision.VisionTransformer;
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
import dev.fovea.train.objective.ContrastiveObjective;
import dev.fovea.train.objective.PatchObjective;
import dev.fovea.train.optim.Schedule;
import dev.fovea.train.text.WorldTokenizer;
import dev.fovea.world.SceneOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
    private final PeekSize.Vision config;
    private final PeekSize.Text textConfig;
    private final HuggingFaceTokenizer tokenizer;
    private final Precision precision;
    private final PeekNetwork network;

    VisionStages(Loop loop, PeekConfig config, HuggingFaceTokenizer tokenizer, Precision precision) {
        this.precision = precision;
        this.loop = loop;
        this.config = config.vision();
        this.textConfig = config.text();
        this.tokenizer = tokenizer;
        this.network = new PeekNetwork(config, precision);
    }

    /** Windows of 7 x 7 patches: what every patch shows. */
    void windows(PeekSize.Length length) {
        int batch = length.pictures();
        try (Parameters p = new Parameters(1)) {
            PeekParameters.vision(p, config);
            PatchObjective.declare(p, Names.PATCHES, config.width());
            p.freeze();
            VisionTransformer net = network.vision(p);
            PatchObjective head = new PatchObjective(p, Names.PATCHES);
            PatchSampler sampler = new PatchSampler(MORE_TEXT, batch, 7, 0, 1_000_000_000L);
            List<PatchBatch> heldOut =
                    Evaluation.first(4, new PatchSampler(SceneOptions.defaults(), 2 * batch, 7, 0, HELD_OUT)::batch);
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

    private Measured seen(VisionTransformer net, PatchObjective head, PatchBatch b, boolean measure) {
        Tensor features = TrainingPath.states(net, Grouping.none(), cut(b, false), network.featureLayer())
                .getFirst();
        return head.apply(features, b.truths(), measure);
    }

    /** Whole pictures: patches still tell what they show, and CLS finds the caption. */
    void pictures(PeekSize.Length length, String from) {
        int batch = length.pictures();
        try (Parameters p = new Parameters(3)) {
            PeekParameters.vision(p, config);
            PatchObjective.declare(p, Names.PATCHES, config.width());
            PeekParameters.text(p, textConfig);
            ContrastiveObjective.declare(p, config.width(), textConfig.width(), Recipes.SHARED_WIDTH);
            p.freeze();
            loop.load(from, p);
            ContrastiveModel towers = network.towers(p);
            Heads heads = new Heads(new PatchObjective(p, Names.PATCHES), new ContrastiveObjective(towers, p));
            PatchSampler sampler = new PatchSampler(MORE_TEXT, batch, 0, config.patches(), 3_000_000_000L);
            List<PatchBatch> heldOut = Evaluation.first(
                    6,
                    new PatchSampler(SceneOptions.defaults(), batch, 0, config.patches(), HELD_OUT + 1_000_000)::batch);
            loop.run(new Stage<>(
                    length.stage(),
                    p,
                    e -> true,
                    Recipes.optimizer(precision),
                    new Schedule(length.rate(), 50, length.steps(), 0.05),
                    length.batches(),
                    batch,
                    sampler::batch,
                    (b, measure) -> measure(towers, heads, b, measure),
                    new Evaluation<>(heldOut, b -> measure(towers, heads, b, true), 100)));
        }
    }

    private record Heads(PatchObjective patches, ContrastiveObjective contrast) {}

    private Measured measure(ContrastiveModel towers, Heads heads, PatchBatch b, boolean measure) {
        VisionTransformer vision = Objects.requireNonNull(towers.vision());
        List<Tensor> states =
                TrainingPath.states(vision, Grouping.none(), cut(b, true), network.featureLayer(), config.layers());
        Measured dense = heads.patches().apply(states.getFirst().narrow(1, 1, b.tokens()), b.truths(), measure);
        Measured match = heads.contrast().apply(states.getLast().select(1, 0), texts(b), measure);
        Map<String, Share> accuracies = new TreeMap<>(dense.accuracies());
        accuracies.putAll(match.accuracies());
        return new Measured(dense.loss().add(Tensors.scale(match.loss(), 0.5)), accuracies);
    }

    /** Captions between a beginning and the end of text, filled up behind it: texts of one length are read together. */
    private List<int[]> texts(PatchBatch b) {
        int length = textConfig.length();
        List<int[]> texts = new ArrayList<>();
        for (String caption : b.captions()) {
            long[] words = tokenizer.encode(caption, false, false).getIds();
            int n = Math.min(words.length, length - 2);
            int[] ids = new int[length];
            ids[0] = WorldTokenizer.BOS;
            for (int i = 0; i < n; i++) {
                ids[1 + i] = (int) words[i];
            }
            ids[1 + n] = textConfig.vocabulary() - 1;
            texts.add(ids);
        }
        return texts;
    }

    private CutPictures cut(PatchBatch b, boolean prefix) {
        Tensor patches = Tensors.of(b.pixels(), b.samples(), b.tokens(), config.patchValues());
        return new CutPictures(patches, b.positions(), config.grid(), config.grid(), prefix);
    }
}

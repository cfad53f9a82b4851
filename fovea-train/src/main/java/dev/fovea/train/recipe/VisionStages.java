package dev.fovea.train.recipe;

import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.PatchBatch;
import dev.fovea.train.data.PatchSampler;
import dev.fovea.train.loop.Loop;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.nn.VisionNet;
import dev.fovea.train.objective.PatchObjective;
import dev.fovea.train.optim.Optimizer;
import dev.fovea.train.optim.Schedule;
import dev.fovea.world.SceneOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;

/** The first part of the recipe: the encoder learns what patches show, on small windows around objects. */
final class VisionStages {
    static final String VISION = "vision_tower.vision_model.";
    static final String HEAD = "training.patches.";
    private static final long HELD_OUT = 9_000_000_000L;

    private final Loop loop;
    private final Precision precision = Precision.fastest();
    private final VisionNet.Config config;

    VisionStages(Loop loop, VisionNet.Config config) {
        this.loop = loop;
        this.config = config;
    }

    /** Features are read one block before the last, as LLaVA does; the last block belongs to the CLS objective. */
    int featureLayers() {
        return config.layers() - 1;
    }

    void windows(long steps, int batch, double lr, double muon) {
        Parameters p = new Parameters(1);
        VisionNet.declare(p, VISION, config);
        PatchObjective.declare(p, HEAD, config.width());
        p.freeze();
        VisionNet net = new VisionNet(p, VISION, config, precision);
        PatchObjective head = new PatchObjective(p, HEAD);
        // Text is the hardest part to see and on few objects: show it more often than the world does.
        SceneOptions options = new SceneOptions(1, 6, 0.4, 0.75, 0.5, 0.18, 0.25, 0.2);
        PatchSampler sampler = new PatchSampler(options, batch, 7, 0, 1_000_000_000L);
        List<PatchBatch> heldOut = new ArrayList<>();
        PatchSampler held = new PatchSampler(options, 128, 7, 0, HELD_OUT);
        for (int i = 0; i < 4; i++) {
            heldOut.add(held.batch(i));
        }
        loop.run(new Stage<>(
                "windows",
                p,
                e -> true,
                new Optimizer.Settings(0.9, 0.98, 1e-8, 0.02, 1.0, muon, precision),
                new Schedule(lr, 100, steps, 0.05),
                1,
                batch,
                sampler::batch,
                (b, measure) -> measure(net, head, b, measure),
                () -> evaluate(net, head, heldOut),
                250));
    }

    private Measured measure(VisionNet net, PatchObjective head, PatchBatch b, boolean measure) {
        PatchObjective.Result r = head.apply(features(net, b), b.truths(), measure);
        return new Measured(r.loss(), r.accuracy());
    }

    private Tensor features(VisionNet net, PatchBatch b) {
        Tensor pixels = Tensors.of(b.pixels(), b.samples(), b.tokens(), config.patchValues());
        return net.windows(pixels, Tensors.of(b.positions(), b.positions().length), featureLayers());
    }

    private Map<String, Double> evaluate(VisionNet net, PatchObjective head, List<PatchBatch> batches) {
        Map<String, Double> mean = new TreeMap<>();
        for (PatchBatch b : batches) {
            try (Scope scope = Scope.inference()) {
                PatchObjective.Result r = head.apply(features(net, b), b.truths(), true);
                r.accuracy().forEach((k, v) -> mean.merge(k, v / batches.size(), Double::sum));
            }
        }
        return mean;
    }

    /** Trains the windows stage: {@code folder steps batch lr muon threads}. */
    public static void main(String[] args) {
        dev.fovea.core.tensor.Natives.setThreads(Integer.parseInt(args[5]));
        VisionNet.Config config = new VisionNet.Config(224, 14, 192, 6, 6, 768);
        new VisionStages(
                        new Loop(java.nio.file.Path.of(args[0]), dev.fovea.train.loop.Progress.lines()), config)
                .windows(
                        Long.parseLong(args[1]),
                        Integer.parseInt(args[2]),
                        Double.parseDouble(args[3]),
                        Double.parseDouble(args[4]));
    }
}

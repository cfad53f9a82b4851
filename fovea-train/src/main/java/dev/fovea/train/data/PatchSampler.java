package dev.fovea.train.data;

import dev.fovea.world.Box;
import dev.fovea.world.Captions;
import dev.fovea.world.PatchLabels;
import dev.fovea.world.Picture;
import dev.fovea.world.Renderer;
import dev.fovea.world.Scene;
import dev.fovea.world.SceneOptions;
import dev.fovea.world.Scenes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes batches for per-patch training: small windows around objects, which teach shapes at a fraction of the cost of
 * whole pictures, or a share of the patches of whole pictures. Batch {@code i} depends on {@code i} alone.
 */
public final class PatchSampler {
    private static final int PATCH = 14;
    private static final int PATCHES = (Renderer.DEFAULT_SIZE / PATCH) * (Renderer.DEFAULT_SIZE / PATCH);

    private final SceneOptions options;
    private final int samples;
    private final int window;
    private final int kept;
    private final long firstSeed;

    /**
     * @param options what the scenes are like
     * @param samples per batch
     * @param window side of a window in patches; 0 for whole pictures
     * @param kept patches kept of a whole picture, chosen at random; all if larger than the grid
     * @param firstSeed scenes use the seeds from here on
     */
    public PatchSampler(SceneOptions options, int samples, int window, int kept, long firstSeed) {
        this.options = options;
        this.samples = samples;
        this.window = window;
        this.kept = kept;
        this.firstSeed = firstSeed;
    }

    /** The batch with this number. */
    public PatchBatch batch(long number) {
        Builder builder = new Builder(window > 0 ? window * window : Math.min(kept, PATCHES));
        SplittableRandom random = new SplittableRandom(firstSeed * 31 + number);
        for (int i = 0; builder.truths.size() < samples; i++) {
            Scene scene = Scenes.generate(firstSeed + number * samples + i, options);
            Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
            PatchLabels labels = PatchLabels.of(scene, picture, PATCH);
            if (window > 0) {
                windows(builder, scene, picture, labels, random);
            } else {
                whole(builder, scene, picture, labels, random);
            }
        }
        return builder.build(samples);
    }

    private void windows(Builder builder, Scene scene, Picture picture, PatchLabels labels, SplittableRandom random) {
        int grid = labels.columns();
        int[] centre = labels.centre();
        for (int p = 0; p < centre.length && builder.truths.size() < samples; p++) {
            if (centre[p] < 0) {
                continue;
            }
            int top = origin(p / grid, grid, random);
            int left = origin(p % grid, grid, random);
            int[] chosen = new int[window * window];
            Arrays.setAll(chosen, i -> (top + i / window) * grid + left + i % window);
            boolean[] counted = new boolean[scene.objects().size()];
            for (int o = 0; o < counted.length; o++) {
                counted[o] = inside(picture.visibleBox(o), top, left);
            }
            builder.add(picture, labels, chosen, counted, "");
        }
    }

    private int origin(int at, int grid, SplittableRandom random) {
        return Math.clamp(at - window / 2 + random.nextInt(3) - 1, 0, grid - window);
    }

    /** Whether a window shows (nearly) all of an object: half a patch may be cut off. */
    private boolean inside(Box box, int top, int left) {
        double slack = PATCH / 2.0;
        return box.left() >= left * PATCH - slack
                && box.top() >= top * PATCH - slack
                && box.right() <= (left + window) * PATCH + slack
                && box.bottom() <= (top + window) * PATCH + slack;
    }

    private void whole(Builder builder, Scene scene, Picture picture, PatchLabels labels, SplittableRandom random) {
        int n = labels.owner().length;
        int[] order = new int[n];
        Arrays.setAll(order, i -> i);
        if (kept < n) {
            for (int i = 0; i < kept; i++) {
                int j = i + random.nextInt(n - i);
                int swap = order[i];
                order[i] = order[j];
                order[j] = swap;
            }
        }
        int[] chosen = Arrays.copyOf(order, Math.min(kept, n));
        Arrays.sort(chosen);
        boolean[] counted = new boolean[scene.objects().size()];
        Arrays.fill(counted, true);
        builder.add(picture, labels, chosen, counted, Captions.brief(scene, picture, random.nextLong()));
    }

    private static final class Builder {
        private final int tokens;
        private final List<float[]> pixels = new ArrayList<>();
        private final List<int[]> positions = new ArrayList<>();
        private final List<PatchTruth> truths = new ArrayList<>();
        private final List<String> captions = new ArrayList<>();

        Builder(int tokens) {
            this.tokens = tokens;
        }

        void add(Picture picture, PatchLabels labels, int[] chosen, boolean[] counted, String caption) {
            int size = 3 * PATCH * PATCH;
            float[] values = new float[chosen.length * size];
            for (int i = 0; i < chosen.length; i++) {
                Patches.copy(
                        picture, PATCH, chosen[i] / labels.columns(), chosen[i] % labels.columns(), values, i * size);
            }
            pixels.add(values);
            positions.add(chosen);
            truths.add(PatchTruth.of(labels, picture, PATCH, chosen, counted));
            captions.add(caption);
        }

        PatchBatch build(int samples) {
            int perSample = pixels.getFirst().length;
            float[] all = new float[samples * perSample];
            int[] where = new int[samples * tokens];
            for (int i = 0; i < samples; i++) {
                System.arraycopy(pixels.get(i), 0, all, i * perSample, perSample);
                System.arraycopy(positions.get(i), 0, where, i * tokens, tokens);
            }
            return new PatchBatch(samples, tokens, all, where, truths, captions);
        }
    }
}

package dev.fovea.train.objective;

import dev.fovea.core.layer.LayerNorm;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.PatchTruth;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Share;
import dev.fovea.train.nn.Parameters;
import dev.fovea.world.PatchLabels;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Reads the exact truth of every patch off the encoder's features: what covers it, cell by cell, and the shape, colour,
 * size, texture, text and centre of the object it belongs to, and where in the picture both are. One linear map, used in
 * training only.
 */
public final class PatchObjective {
    private record Part(String name, int from, int width, double weight, Function<PatchTruth, int[]> classes) {}

    /** Columns, and rows, of patches in a picture. */
    private static final int GRID = 16;

    private static final int CELLS = PatchTruth.CELLS * PatchTruth.CELLS;
    private static final List<Part> PARTS = parts();
    private static final int OFFSET = PARTS.getLast().from() + PARTS.getLast().width();
    private static final int PLACE = OFFSET + 2;
    private static final int FLAGS = PLACE + 2;
    private static final int MASK = FLAGS + 2;
    private static final int COLUMN = MASK + CELLS;
    private static final int ROW = COLUMN + GRID;
    private static final int OUTPUTS = ROW + GRID;

    private final LayerNorm norm;
    private final Linear head;

    private static List<Part> parts() {
        int shapes = PatchLabels.SHAPES - 1;
        int colours = PatchLabels.COLOURS - 1;
        int sizes = PatchLabels.SIZES - 1;
        int textures = PatchLabels.TEXTURES - 1;
        int thirds = shapes + colours + sizes + textures + PatchLabels.TEXTS;
        return List.of(
                new Part("shape", 0, shapes, 1, PatchTruth::shape),
                new Part("colour", shapes, colours, 0.5, PatchTruth::colour),
                new Part("size", shapes + colours, sizes, 0.5, PatchTruth::size),
                new Part("texture", shapes + colours + sizes, textures, 0.5, PatchTruth::texture),
                new Part("text", shapes + colours + sizes + textures, PatchLabels.TEXTS, 1, PatchTruth::text),
                new Part("width_third", thirds, PatchTruth.THIRDS, 0.3, PatchTruth::thirdOfWidth),
                new Part(
                        "height_third", thirds + PatchTruth.THIRDS, PatchTruth.THIRDS, 0.3, PatchTruth::thirdOfHeight));
    }

    /** Declares the head for features of {@code width} channels. */
    public static void declare(Parameters p, String prefix, int width) {
        p.vector(prefix + "norm.weight", 1, width);
        p.vector(prefix + "norm.bias", 0, width);
        p.table(prefix + "linear.weight", 0.02, OUTPUTS, width);
        p.vector(prefix + "linear.bias", 0, OUTPUTS);
    }

    /** The head over parameters that {@link #declare} declared. */
    public PatchObjective(Parameters p, String prefix) {
        norm = new LayerNorm(p.get(prefix + "norm.weight"), p.get(prefix + "norm.bias"), 1e-5);
        head = new Linear(p.get(prefix + "linear.weight"), p.get(prefix + "linear.bias"));
    }

    /**
     * The loss, and the accuracy for each attribute on the patches that hold an object's centre (text only where there
     * is text).
     *
     * @param features {@code [batch, tokens, width]}
     * @param truths one per sample
     * @param measure whether to compute accuracies (costs a copy to the heap)
     */
    public Measured apply(Tensor features, List<PatchTruth> truths, boolean measure) {
        Tensor out = head.forward(norm.forward(features)).view(-1, OUTPUTS);
        long n = out.size(0);
        Tensor weight = Tensors.of(floats(truths, PatchTruth::weight), n);
        double objects = Math.max(1, sum(truths));
        Tensor loss = mask(out, truths)
                .add(flags(out, truths))
                .add(Tensors.scale(apart(out, OFFSET, truths, PatchTruth::offset, weight), 0.3 / objects))
                .add(Tensors.scale(apart(out, PLACE, truths, PatchTruth::place, weight), 0.5 / objects))
                .add(Tensors.scale(cell(out, COLUMN, truths, PatchTruth::column), 0.2))
                .add(Tensors.scale(cell(out, ROW, truths, PatchTruth::row), 0.2));
        Map<String, Share> accuracies = new LinkedHashMap<>();
        for (Part part : PARTS) {
            Tensor logits = out.narrow(1, part.from(), part.width());
            int[] classes = ints(truths, part.classes());
            Tensor each = Logits.crossEntropy(logits, classes);
            Tensor weighted = part.name().equals("text")
                    ? each.mul(weight).mul(Tensors.of(textWeights(classes), n))
                    : each.mul(weight);
            loss = loss.add(Tensors.scale(weighted.sum(), part.weight() / objects));
            if (measure) {
                accuracies.put(
                        part.name(),
                        accuracy(logits, classes, truths, part.name().equals("text")));
            }
        }
        return new Measured(loss, accuracies);
    }

    /** Most objects carry no text; without this the head would learn little else than to say so. */
    private static float[] textWeights(int[] classes) {
        float[] w = new float[classes.length];
        for (int i = 0; i < w.length; i++) {
            w[i] = classes[i] == 0 ? 0.3f : 1f;
        }
        return w;
    }

    private static Tensor mask(Tensor out, List<PatchTruth> truths) {
        Tensor target = Tensors.of(floats(truths, PatchTruth::mask), out.size(0), CELLS);
        return torch.binary_cross_entropy_with_logits(out.narrow(1, MASK, CELLS), target);
    }

    private static Tensor flags(Tensor out, List<PatchTruth> truths) {
        Tensor object = Tensors.of(floats(truths, PatchTruth::object), out.size(0));
        Tensor centre = Tensors.of(floats(truths, PatchTruth::centre), out.size(0));
        Tensor a = torch.binary_cross_entropy_with_logits(out.select(1, FLAGS), object);
        Tensor b = torch.binary_cross_entropy_with_logits(out.select(1, FLAGS + 1), centre);
        return Tensors.scale(a, 0.5).add(Tensors.scale(b, 4));
    }

    private static Tensor cell(Tensor out, int from, List<PatchTruth> truths, Function<PatchTruth, int[]> part) {
        return torch.cross_entropy_loss(out.narrow(1, from, GRID), Tensors.indices(ints(truths, part)));
    }

    private static Tensor apart(
            Tensor out, int from, List<PatchTruth> truths, Function<PatchTruth, float[]> part, Tensor weight) {
        Tensor target = Tensors.of(floats(truths, part), out.size(0), 2);
        return out.narrow(1, from, 2).sub(target).abs().sum(1).mul(weight).sum();
    }

    private static Share accuracy(Tensor logits, int[] classes, List<PatchTruth> truths, boolean skipZero) {
        int[] best = Logits.likeliest(logits);
        float[] centre = floats(truths, PatchTruth::centre);
        float[] weight = floats(truths, PatchTruth::weight);
        int right = 0;
        int all = 0;
        for (int i = 0; i < best.length; i++) {
            if (centre[i] > 0 && weight[i] > 0 && !(skipZero && classes[i] == 0)) {
                all++;
                right += best[i] == classes[i] ? 1 : 0;
            }
        }
        return new Share(right, all);
    }

    private static double sum(List<PatchTruth> truths) {
        double sum = 0;
        for (PatchTruth t : truths) {
            for (float w : t.weight()) {
                sum += w;
            }
        }
        return sum;
    }

    private static float[] floats(List<PatchTruth> truths, Function<PatchTruth, float[]> part) {
        int n = truths.stream().mapToInt(t -> part.apply(t).length).sum();
        float[] out = new float[n];
        int at = 0;
        for (PatchTruth t : truths) {
            float[] values = part.apply(t);
            System.arraycopy(values, 0, out, at, values.length);
            at += values.length;
        }
        return out;
    }

    private static int[] ints(List<PatchTruth> truths, Function<PatchTruth, int[]> part) {
        ToIntFunction<PatchTruth> length = t -> part.apply(t).length;
        int[] out = new int[truths.stream().mapToInt(length).sum()];
        int at = 0;
        for (PatchTruth t : truths) {
            int[] values = part.apply(t);
            System.arraycopy(values, 0, out, at, values.length);
            at += values.length;
        }
        return out;
    }
}

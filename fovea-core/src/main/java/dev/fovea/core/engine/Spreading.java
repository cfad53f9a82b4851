package dev.fovea.core.engine;

import dev.fovea.core.path.Attribution;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * Spreads a number over the rows of what it is made of.
 *
 * @param how by gradients at which points
 * @param together points that are looked at in one pass
 */
record Spreading(Attribution how, int together) {

    /**
     * The share of every row.
     *
     * @param inputs {@code [rows, width]} each, f32
     * @param numbers for each point, given the inputs there, the number that is made of them, in the graph: {@code [points]}
     * @return to each of the inputs {@code [rows]}
     */
    List<float[]> shares(List<Tensor> inputs, Function<List<List<Tensor>>, Tensor> numbers) {
        List<double[]> sums = new ArrayList<>();
        inputs.forEach(input -> sums.add(new double[(int) input.size(0)]));
        List<Attribution.Point> points = how.points();
        for (int from = 0; from < points.size(); from += together) {
            add(sums, inputs, points.subList(from, Math.min(points.size(), from + together)), numbers);
        }
        List<float[]> shares = new ArrayList<>();
        for (double[] sum : sums) {
            float[] own = new float[sum.length];
            for (int i = 0; i < own.length; i++) {
                own[i] = (float) sum[i];
            }
            shares.add(own);
        }
        return shares;
    }

    private static void add(
            List<double[]> sums,
            List<Tensor> inputs,
            List<Attribution.Point> points,
            Function<List<List<Tensor>>, Tensor> numbers) {
        try (Scope ignored = Scope.training()) {
            List<Tensor> leaves =
                    inputs.stream().map(input -> leaf(input, points)).toList();
            List<Tensor[]> parts = new ArrayList<>();
            for (Tensor leaf : leaves) {
                int rows = (int) leaf.size(0) / points.size();
                int[] lengths = IntStream.range(0, points.size()).map(i -> rows).toArray();
                parts.add(Tensors.split(leaf, 0, lengths));
            }
            List<List<Tensor>> at = IntStream.range(0, points.size())
                    .mapToObj(p -> parts.stream().map(part -> part[p]).toList())
                    .toList();
            numbers.apply(at).sum(new ScalarTypeOptional()).backward();
            for (int i = 0; i < leaves.size(); i++) {
                collect(sums.get(i), points, leaves.get(i), inputs.get(i));
            }
        }
    }

    private static void collect(double[] sums, List<Attribution.Point> points, Tensor leaf, Tensor own) {
        Tensor gradient = leaf.grad().view(points.size(), own.size(0), own.size(1));
        float[] products = Tensors.floats(gradient.mul(own).sum(new long[] {2}, false, new ScalarTypeOptional()));
        for (int i = 0; i < products.length; i++) {
            sums[i % sums.length] += points.get(i / sums.length).weight() * products[i];
        }
    }

    /** Inputs at each point, one below the other, of which gradients are wanted. */
    private static Tensor leaf(Tensor own, List<Attribution.Point> points) {
        Tensor[] at = points.stream().map(point -> at(own, point)).toArray(Tensor[]::new);
        return Tensors.cat(0, at).detach().clone().set_requires_grad(true);
    }

    private static Tensor at(Tensor own, Attribution.Point point) {
        Tensor scaled = Tensors.scale(own, point.scale());
        if (point.noise() == 0) {
            return scaled;
        }
        SplittableRandom random = new SplittableRandom(point.seed());
        float[] noise = new float[Math.toIntExact(own.numel())];
        for (int i = 0; i < noise.length; i++) {
            noise[i] = (float) (point.noise() * random.nextGaussian());
        }
        return scaled.add(Tensors.of(noise, own.size(0), own.size(1)));
    }
}

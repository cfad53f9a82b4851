package dev.fovea.techniques.learned;

import dev.fovea.core.layer.LayerNorm;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Visual spatial tokens (LLaVA-SP, arXiv 2507.00505, section 3): convolutions as large as the maps that they look at make
 * one vector of each map (the spatial feature extractor); cross-attention to a map of details may add to it (the detail
 * feature integrator).
 *
 * @param side of the square grid that maps are taken from
 * @param step sides of the maps are its multiples below {@code side}, and {@code side}
 * @param width channels of the features
 * @param channels of a map's vector
 * @param out width of a token
 * @param cropping whether maps are cut out of the grid's middle, otherwise the grid is averaged down to them
 * @param detail whether details are integrated
 */
record SpatialTokens(int side, int step, int width, int channels, int out, boolean cropping, boolean detail) {
    private static final long[] STRIDE = {2, 2};
    private static final double EPS = 1e-5;

    /** Sides of the maps, ascending: one token is made of each. */
    int[] sides() {
        return IntStream.concat(IntStream.iterate(step, k -> k < side, k -> k + step), IntStream.of(side))
                .toArray();
    }

    /** How many tokens there are. */
    int count() {
        return sides().length;
    }

    /** Side of the details' kernel: two thirds of the grid's, 16 of 24. */
    int detailKernel() {
        return Math.max(1, 2 * side / 3);
    }

    /** The kernel of the map of this side. */
    static String name(int mapSide) {
        return "sfe." + mapSide + ".weight";
    }

    private boolean biased() {
        return cropping && detail;
    }

    /** What a vector has before it becomes a token: its own channels, and those that it gathered. */
    private int gathered() {
        return detail ? 2 * channels : channels;
    }

    /** Declares the weights. They start as wide as the uniform start of torch's layers: a variance of 1 / (3 inputs). */
    void declare(Declaration.Builder to) {
        for (int k : sides()) {
            to.normal(name(k), spread((double) width * k * k), channels, width, k, k);
        }
        if (detail) {
            int k = detailKernel();
            to.normal("dfi.detail.weight", spread((double) width * k * k), channels, width, k, k);
            for (String part : new String[] {"query", "key", "value"}) {
                to.constant("dfi." + part + ".norm.weight", 1, channels)
                        .constant("dfi." + part + ".norm.bias", 0, channels)
                        .normal("dfi." + part + ".weight", spread(channels), channels, channels)
                        .constant("dfi." + part + ".bias", 0, channels);
            }
        }
        to.normal("token.weight", spread(gathered()), out, gathered());
        if (biased()) {
            to.constant("token.bias", 0, out);
        }
    }

    private static double spread(double inputs) {
        return 1 / Math.sqrt(3 * inputs);
    }

    /**
     * The tokens of a picture.
     *
     * @param features {@code [rows * cols, width]}, row by row
     * @return {@code [count, out]}
     */
    Tensor of(Tensor features, int rows, int cols, Weights own) {
        if (features.size(1) != width) {
            throw new IllegalArgumentException("Technique 'llava-sp' was made for features of " + width
                    + " channels, and this model's have " + features.size(1) + "; use it with another model.");
        }
        Tensor grid = grid(features, rows, cols);
        Tensor spatial = extracted(grid, own);
        Tensor all = detail ? Tensors.cat(1, spatial, integrated(spatial, grid, own)) : spatial;
        return own.linear("token", out, gathered(), biased()).forward(torch.gelu(all));
    }

    /** {@code [1, width, side, side]}: a grid of another size is averaged to it. */
    Tensor grid(Tensor features, int rows, int cols) {
        Tensor grid = features.t().reshape(1, width, rows, cols);
        return rows == side && cols == side ? grid : torch.adaptive_avg_pool2d(grid, side, side);
    }

    /** One vector of each map: {@code [count, channels]}. */
    Tensor extracted(Tensor grid, Weights own) {
        return Tensors.cat(
                0,
                Arrays.stream(sides())
                        .mapToObj(k -> torch.conv2d(map(grid, k), own.tensor(name(k), channels, width, k, k))
                                .view(1, channels))
                        .toArray(Tensor[]::new));
    }

    /** {@code [1, width, k, k]}: a square from the middle of the grid, or all of it averaged. */
    Tensor map(Tensor grid, int k) {
        int first = (side - k) / 2;
        return cropping ? grid.narrow(2, first, k).narrow(3, first, k) : torch.adaptive_avg_pool2d(grid, k, k);
    }

    /** What the vectors gather from the details: {@code [count, channels]}. */
    Tensor integrated(Tensor spatial, Tensor grid, Weights own) {
        Tensor details = details(grid, own);
        Tensor scores = projected("query", spatial, own)
                .matmul(projected("key", details, own).t());
        return Tensors.softmax(Tensors.scale(scores, 1 / Math.sqrt(channels))).matmul(projected("value", details, own));
    }

    /** The map of details, row by row: {@code [cells, channels]}. */
    Tensor details(Tensor grid, Weights own) {
        int k = detailKernel();
        Tensor kernel = own.tensor("dfi.detail.weight", channels, width, k, k);
        return torch.conv2d(grid, kernel, new TensorOptional(), STRIDE, new long[] {0, 0}, new long[] {1, 1}, 1)
                .view(channels, -1)
                .t();
    }

    private Tensor projected(String part, Tensor x, Weights own) {
        LayerNorm norm = own.layerNorm("dfi." + part + ".norm", channels, EPS);
        return own.linear("dfi." + part, channels, channels, true).forward(norm.forward(x));
    }
}

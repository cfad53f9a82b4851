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
 * @param grid that maps are taken from
 * @param step sides of the maps are its multiples below that of the grid, and that side
 * @param channels of a map's vector
 * @param out width of a token
 * @param cropping whether maps are cut out of the grid's middle, otherwise the grid is averaged down to them
 * @param detail whether details are integrated
 */
record SpatialTokens(SquareGrid grid, int step, int channels, int out, boolean cropping, boolean detail) {
    private static final long[] STRIDE = {2, 2};
    private static final double EPS = 1e-5;

    private int side() {
        return grid.side();
    }

    private int width() {
        return grid.width();
    }

    /** Sides of the maps, ascending: one token is made of each. */
    int[] sides() {
        return IntStream.concat(IntStream.iterate(step, k -> k < side(), k -> k + step), IntStream.of(side()))
                .toArray();
    }

    /** How many tokens there are. */
    int count() {
        return sides().length;
    }

    /** Side of the details' kernel: two thirds of the grid's, 16 of 24. */
    int detailKernel() {
        return Math.max(1, 2 * side() / 3);
    }

    /** The kernel of the map of this side: of grids of any other than the weights' there is none. */
    String name(int mapSide) {
        return "sfe." + mapSide + "of" + side() + ".weight";
    }

    /** Whether tokens have a bias, as under the published cropping alone. */
    boolean biased() {
        return cropping && detail;
    }

    /** What a vector has before it becomes a token: its own channels, and those that it gathered. */
    int gathered() {
        return detail ? 2 * channels : channels;
    }

    /** Declares the weights; all start as torch's layers do: evenly within the inverse root of their inputs. */
    void declare(Declaration.Builder to) {
        for (int k : sides()) {
            kernel(to, name(k), k);
        }
        if (detail) {
            kernel(to, "dfi.detail.weight", detailKernel());
            for (String part : new String[] {"query", "key", "value"}) {
                to.layerNorm("dfi." + part + ".norm", channels)
                        .uniform("dfi." + part + ".weight", 1 / Math.sqrt(channels), channels, channels)
                        .uniform("dfi." + part + ".bias", 1 / Math.sqrt(channels), channels);
            }
        }
        to.uniform("token.weight", 1 / Math.sqrt(gathered()), out, gathered());
        if (biased()) {
            to.uniform("token.bias", 1 / Math.sqrt(gathered()), out);
        }
    }

    private void kernel(Declaration.Builder to, String name, int side) {
        to.uniform(name, 1 / (Math.sqrt(width()) * side), channels, width(), side, side);
    }

    /**
     * The tokens of a picture.
     *
     * @param map features: {@code [1, width, side, side]}
     * @return {@code [count, out]}
     */
    Tensor of(Tensor map, Weights own) {
        Tensor spatial = extracted(map, own);
        Tensor all = detail ? Tensors.cat(1, spatial, integrated(spatial, map, own)) : spatial;
        return own.linear("token", out, gathered(), biased()).forward(torch.gelu(all));
    }

    /** FLOPs of making them, two per multiply-add. */
    long flops() {
        long n = count();
        long flops = 2 * n * gathered() * out;
        for (int k : sides()) {
            flops += 2L * k * k * width() * channels;
        }
        if (detail) {
            int k = detailKernel();
            long cells = ((side() - k) / 2 + 1L) * ((side() - k) / 2 + 1L);
            flops += 2 * cells * k * k * width() * channels;
            flops += 2 * (n + 2 * cells) * channels * channels + 4 * n * cells * channels;
        }
        return flops;
    }

    /** One vector of each map: {@code [count, channels]}. */
    Tensor extracted(Tensor features, Weights own) {
        return Tensors.cat(
                0,
                Arrays.stream(sides())
                        .mapToObj(k -> torch.conv2d(map(features, k), own.tensor(name(k), channels, width(), k, k))
                                .view(1, channels))
                        .toArray(Tensor[]::new));
    }

    /** {@code [1, width, k, k]}: a square from the middle of the grid, or all of it averaged. */
    Tensor map(Tensor features, int k) {
        int first = (side() - k) / 2;
        return cropping ? features.narrow(2, first, k).narrow(3, first, k) : torch.adaptive_avg_pool2d(features, k, k);
    }

    /** What the vectors gather from the details: {@code [count, channels]}. */
    Tensor integrated(Tensor spatial, Tensor features, Weights own) {
        Tensor details = details(features, own);
        Tensor scores = projected("query", spatial, own)
                .matmul(projected("key", details, own).t());
        return Tensors.softmax(Tensors.scale(scores, 1 / Math.sqrt(channels))).matmul(projected("value", details, own));
    }

    /** The map of details, row by row: {@code [cells, channels]}. */
    Tensor details(Tensor features, Weights own) {
        int k = detailKernel();
        Tensor kernel = own.tensor("dfi.detail.weight", channels, width(), k, k);
        return torch.conv2d(features, kernel, new TensorOptional(), STRIDE, new long[] {0, 0}, new long[] {1, 1}, 1)
                .view(channels, -1)
                .t();
    }

    private Tensor projected(String part, Tensor x, Weights own) {
        LayerNorm norm = own.layerNorm("dfi." + part + ".norm", channels, EPS);
        return own.linear("dfi." + part, channels, channels, true).forward(norm.forward(x));
    }
}

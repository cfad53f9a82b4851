package dev.fovea.techniques.learned;

import dev.fovea.core.learned.Declaration;
import dev.fovea.core.model.Weights;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.techniques.Shapes;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * How LLaVA-Mini (arXiv 2501.03895, section 4.1) makes the few tokens that stand for a picture; they follow the others.
 *
 * @param form as its knob {@code compress} says
 * @param queries those of the official code
 * @param width channels of the language model
 * @param cut tiles along each side of a picture, whose features are looked at as one map; 1 where it is whole
 */
record MiniCompressor(String form, QueryCompressor queries, int width, int cut) {
    private static final String ID = "llava-mini";
    private static final String QUERY = "compressor.query";

    /**
     * That of a model.
     *
     * @throws IllegalArgumentException with one sentence if the knobs do not divide its channels, or do not fit together
     */
    static MiniCompressor of(ModelShape shape, Knobs knobs) {
        String form = knobs.text("compress");
        int width = SquareGrid.featureWidth(shape);
        int heads = knobs.integer("heads");
        if (form.equals("code") && (width % heads != 0 || width % 4 != 0)) {
            throw new IllegalArgumentException("Technique '" + ID + "' cannot divide features of " + width
                    + " channels over " + heads + " heads, sines and cosines; set its knob 'heads' to a divisor, or"
                    + " 'compress' to 'mean'.");
        }
        int cut = knobs.integer("cut");
        if (cut > 1 && form.equals("paper")) {
            throw new IllegalArgumentException(
                    "Technique '" + ID + "' looks at the tiles of a picture as one map before"
                            + " the projector only; set its knob 'compress' to 'code' or 'mean', or 'cut' to 1.");
        }
        return new MiniCompressor(
                form, new QueryCompressor(knobs.integer("c"), width, heads), shape.decoderWidth(), cut);
    }

    int side() {
        return queries.side();
    }

    /** Tokens that an image becomes. */
    int count() {
        return queries.count();
    }

    /** Before the projector, or behind it. */
    Station station() {
        return form.equals("paper") ? new Station.Projector() : new Station.Connector();
    }

    /** Declares the weights, of which means need none. */
    void declare(Declaration.Builder to) {
        switch (form) {
            case "code" -> queries.declare(to);
            case "paper" -> to.normal(QUERY, 0.02, count(), width);
            default -> {}
        }
    }

    /** Whether tokens stand behind those of this part of a picture: they follow the overview of one that was cut. */
    boolean follow(Layout layout) {
        return !(cut > 1 && layout.grids().getFirst().part() instanceof Part.Tile);
    }

    /** Puts the tokens behind those of an image. */
    Step step(Weights own) {
        Signal<?> seen = switch (form) {
            case "paper" -> new Signal.Projected();
            default -> cut > 1 ? new Signal.PictureFeatures() : new Signal.Features();
        };
        return new Step(station(), List.of(seen), s -> {
                    Shapes.requireWholeGrid(s.layout(), ID);
                    return Outcome.of(
                            follow(s.layout())
                                    ? new Decision.Append(new TensorRows(of(s.tensor(seen), s.layout(), own)))
                                    : new Decision.Unchanged());
                })
                // Of a picture that was cut every part counts the same.
                .working(
                        (visual, text) -> cut > 1 ? flops((long) cut * cut * visual) / (1 + cut * cut) : flops(visual));
    }

    private Tensor of(Tensor seen, Layout layout, Weights own) {
        int rows = layout.rows();
        int cols = layout.cols();
        return cut > 1 && layout.grids().getFirst().part() instanceof Part.Overview
                ? of(stitched(seen, rows, cols), cut * rows, cut * cols, own)
                : of(seen, rows, cols, own);
    }

    /**
     * The tiles side by side.
     *
     * @param parts an overview's features, then those of tiles row by row: {@code [(1 + cut * cut) * rows * cols, channels]}
     * @return {@code [cut * rows * cut * cols, channels]}
     */
    private Tensor stitched(Tensor parts, int rows, int cols) {
        long cells = (long) rows * cols;
        if (parts.size(0) != (1 + (long) cut * cut) * cells) {
            throw new IllegalArgumentException("Technique '" + ID + "' needs the whole of " + cut + " x " + cut
                    + " tiles of " + rows + " x " + cols
                    + " tokens and of their overview, but an earlier technique left "
                    + parts.size(0) + " tokens; use them apart.");
        }
        return parts.narrow(0, cells, cut * cut * cells)
                .view(cut, cut, rows, cols, parts.size(1))
                .transpose(1, 2)
                .reshape(cut * cut * cells, parts.size(1));
    }

    /** {@code [rows * cols, channels] -> [count, channels]}. */
    private Tensor of(Tensor tokens, int rows, int cols, Weights own) {
        return switch (form) {
            case "code" -> {
                SquareGrid.requireWidth(ID, tokens, queries.width());
                yield queries.of(tokens, rows, cols, own);
            }
            case "paper" -> {
                Tensor asking = own.tensor(QUERY, count(), width).add(new GridSines(side(), side(), width).table());
                yield weighted(asking, tokens.add(new GridSines(rows, cols, width).table()), tokens);
            }
            default -> means(tokens, rows, cols);
        };
    }

    /**
     * The paper's attention: {@code softmax((Q + PE(Q)) (H + PE(H))^T) H}.
     *
     * @param queries with their places: {@code [queries, channels]}
     * @param keys with their places: {@code [tokens, channels]}
     * @param tokens {@code [tokens, channels]}
     */
    static Tensor weighted(Tensor queries, Tensor keys, Tensor tokens) {
        return Tensors.softmax(queries.matmul(keys.t())).matmul(tokens);
    }

    private Tensor means(Tensor tokens, int rows, int cols) {
        Tensor map = tokens.t().reshape(1, tokens.size(1), rows, cols);
        return torch.adaptive_avg_pool2d(map, side(), side())
                .reshape(tokens.size(1), count())
                .t();
    }

    private long flops(long tokens) {
        return switch (form) {
            case "code" -> queries.flops(tokens);
            case "paper" -> 4L * count() * tokens * width;
            default -> 0;
        };
    }
}

package dev.fovea.techniques.learned;

import dev.fovea.core.learned.Declaration;
import dev.fovea.core.model.Weights;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
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
 */
record MiniCompressor(String form, QueryCompressor queries, int width) {
    private static final String ID = "llava-mini";
    private static final String QUERY = "compressor.query";

    /**
     * That of a model.
     *
     * @throws IllegalArgumentException with one sentence if the knobs do not divide its channels
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
        return new MiniCompressor(form, new QueryCompressor(knobs.integer("c"), width, heads), shape.decoderWidth());
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

    /** Puts the tokens behind those of an image. */
    Step step(Weights own) {
        Signal<?> seen = form.equals("paper") ? new Signal.Projected() : new Signal.Features();
        return new Step(station(), List.of(seen), s -> {
                    Shapes.requireWholeGrid(s.layout(), ID);
                    int rows = s.layout().rows();
                    int cols = s.layout().cols();
                    return Outcome.of(new Decision.Append(new TensorRows(of(s.tensor(seen), rows, cols, own))));
                })
                .working((visual, text) -> flops(visual));
    }

    /** {@code [rows * cols, channels] -> [count, channels]}. */
    private Tensor of(Tensor tokens, int rows, int cols, Weights own) {
        return switch (form) {
            case "code" -> {
                SquareGrid.requireWidth(ID, tokens, queries.width());
                yield queries.of(tokens, rows, cols, own);
            }
            case "paper" -> {
                Tensor asking =
                        own.tensor(QUERY, count(), width).add(new GridSines(side(), side(), width).table());
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

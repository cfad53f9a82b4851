package dev.fovea.core.learned;

import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Knobs;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * How the authors of a technique lay out the weights that they publish. What a technique declares and this layout does
 * not hold keeps the value that it starts with. Stateless.
 */
public interface PublishedLayout {

    /**
     * The knobs that such weights go with, told from their settings and shapes; they hold unless set.
     *
     * @throws RuntimeException with one sentence if these are no such weights
     */
    Map<String, String> knobs(PublishedWeights from, ModelShape shape);

    /** Where each declared parameter lies, in any order; every one of them must be there. */
    List<Piece> pieces(PublishedWeights from, ModelShape shape, Knobs knobs);

    /**
     * One parameter in a published tensor.
     *
     * @param name declared
     * @param theirs name of the tensor that holds it
     * @param shape that the tensor must have, but for dimensions of 1 in front; a first size of -1 is any
     * @param first row of it that is taken; negative ones count from the end
     * @param rows how many are taken; 0 for all. The values become the declared shape in their order
     * @param scale factor
     * @param difference whether the model's tensor of the declared name is taken off
     */
    record Piece(
            String name, String theirs, List<Long> shape, long first, long rows, double scale, boolean difference) {

        public Piece {
            shape = List.copyOf(shape);
        }

        /** A whole tensor. */
        public static Piece of(String name, String theirs, long... shape) {
            return new Piece(name, theirs, Arrays.stream(shape).boxed().toList(), 0, 0, 1, false);
        }

        /** Some of its rows. */
        public Piece rows(long from, long count) {
            return new Piece(name, theirs, shape, from, count, scale, difference);
        }

        /** Its values times this. */
        public Piece times(double factor) {
            return new Piece(name, theirs, shape, first, rows, scale * factor, difference);
        }

        /** What it has more than the model's own tensor. */
        public Piece minusModel() {
            return new Piece(name, theirs, shape, first, rows, scale, true);
        }
    }
}

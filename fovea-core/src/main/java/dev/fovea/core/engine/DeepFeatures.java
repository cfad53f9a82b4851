package dev.fovea.core.engine;

import dev.fovea.core.path.Decision;
import dev.fovea.core.tensor.Tensors;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What is added to the visual tokens of one prompt behind the first decoder layers (DeepStack). Follows every decision
 * about the tokens.
 */
final class DeepFeatures {
    private final FollowingRows rows;
    private final int layers;

    /**
     * Features of tokens to which nothing has happened yet.
     *
     * @param features {@code [visual tokens, layers * width]}, in a scope that is open until the prompt has been read
     * @param layers how many decoder layers something is added behind
     */
    DeepFeatures(Tensor features, int layers) {
        this.rows = new FollowingRows(features);
        this.layers = layers;
    }

    /** Those of a prompt's pictures, one behind the other; null where the connector gives none. */
    static @Nullable DeepFeatures of(List<ConnectorPass.Projected> images, int layers) {
        return of(images, rows -> rows, layers);
    }

    /**
     * The same where they stand in another order than that of the pictures.
     *
     * @param ordered from the rows of all tokens, picture by picture, to their order in the prompt
     */
    static @Nullable DeepFeatures of(List<ConnectorPass.Projected> images, UnaryOperator<Tensor> ordered, int layers) {
        Tensor[] each = images.stream()
                .flatMap(image -> Stream.ofNullable(image.deep()))
                .toArray(Tensor[]::new);
        return each.length == 0 ? null : new DeepFeatures(ordered.apply(Tensors.cat(0, each)), layers);
    }

    /** Follows a Keep, Merge or DropAllVisual. */
    void follow(Decision decision) {
        rows.change(RowChange.ofImage(0, 1, decision));
    }

    /** Follows tokens put behind the visual ones; there is nothing to add to these. */
    void append(int count) {
        rows.append(count);
    }

    /** What is added behind all layers to the visual tokens that are there: {@code [visual tokens, layers * width]}. */
    Tensor all() {
        return rows.now();
    }

    /** Whether something is added behind a layer. */
    boolean at(int layer) {
        return layer < layers;
    }

    /** What is added behind a layer to the visual tokens that are there: {@code [visual tokens, width]}. */
    Tensor of(int layer) {
        Tensor all = all();
        long width = all.size(1) / layers;
        return all.narrow(1, layer * width, width);
    }
}

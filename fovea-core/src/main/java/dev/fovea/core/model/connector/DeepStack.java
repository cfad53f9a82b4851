package dev.fovea.core.model.connector;

import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * A connector that maps features of earlier blocks too, each by a projection of its own; they are added to the visual
 * tokens behind the first decoder layers (Meng et al., arXiv 2406.04334, in the form of Qwen3-VL, arXiv 2511.21631).
 *
 * @param own what makes the tokens
 * @param layers what makes that which is added, in the order of the decoder layers
 */
public record DeepStack(Projection own, List<Projection> layers) implements Connector {

    /** Loads what {@link Projection} does, and the same again under {@code deep.0.}, {@code deep.1.} and so on. */
    public static DeepStack load(ConnectorOptions o, Weights w) {
        List<Projection> layers = new ArrayList<>();
        for (int i = 0; i < o.deep(); i++) {
            layers.add(Projection.ofTokens(o, w.under("deep." + i + ".")));
        }
        return new DeepStack(Projection.load(o, w), List.copyOf(layers));
    }

    @Override
    public Grouping grouping() {
        return own.grouping();
    }

    @Override
    public int featureWidth() {
        return own.featureWidth();
    }

    @Override
    public int deep() {
        return layers.size();
    }

    @Override
    public Tensor project(Tensor features) {
        Tensor[] parts = new Tensor[1 + layers.size()];
        parts[0] = own.project(columns(features, layers.size()));
        for (int i = 0; i < layers.size(); i++) {
            parts[1 + i] = layers.get(i).project(columns(features, i));
        }
        return Tensors.cat(1, parts);
    }

    private Tensor columns(Tensor features, int block) {
        return features.narrow(1, (long) block * featureWidth(), featureWidth());
    }
}

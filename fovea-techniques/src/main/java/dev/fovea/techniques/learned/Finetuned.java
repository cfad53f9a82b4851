package dev.fovea.techniques.learned;

import dev.fovea.core.adapt.Addition;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.model.Weights;
import dev.fovea.core.shape.ModelShape;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What stands for training a model behind its encoder in full: low-rank products for the matrices of the language model,
 * differences for its norms and for the connector's matrices.
 *
 * @param lowRank what is added to the language model's matrices
 */
record Finetuned(ModelShape shape, LowRankLayers lowRank) {

    /** Declares all of it; it starts as nothing. */
    void declare(Declaration.Builder to) {
        lowRank.declare(to, LowRankLayers.ofDecoder(shape));
        differences().forEach((name, sizes) -> to.constant(name, 0, sizes));
    }

    /** What is added to a model with these weights, by canonical name. */
    Map<String, Addition> of(Weights own) {
        Map<String, Addition> all = new LinkedHashMap<>();
        lowRank.add(all, LowRankLayers.ofDecoder(shape), own);
        differences().forEach((name, sizes) -> all.put(name, new Addition.Difference(own.tensor(name, sizes))));
        return all;
    }

    /** What moves in full, by canonical name: the connector's matrices and the norms of the language model. */
    private Map<String, long[]> differences() {
        Map<String, long[]> sizes = new LinkedHashMap<>();
        long side = shape.traits().side();
        long read = shape.traits().connectorInputs();
        long features = read > 0 ? read : side * side * shape.encoderWidth();
        long hidden = shape.traits().connectorHidden();
        long width = shape.decoderWidth();
        sizes.put("connector.linear_1.weight", new long[] {hidden > 0 ? hidden : width, features});
        if (hidden > 0) {
            sizes.put("connector.linear_2.weight", new long[] {width, hidden});
        }
        for (int i = 0; i < shape.decoderLayers(); i++) {
            sizes.put("text.layers." + i + ".input_layernorm.weight", new long[] {width});
            sizes.put("text.layers." + i + ".post_attention_layernorm.weight", new long[] {width});
        }
        sizes.put("text.norm.weight", new long[] {width});
        return sizes;
    }
}

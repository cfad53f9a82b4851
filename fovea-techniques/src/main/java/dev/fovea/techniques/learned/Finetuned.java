package dev.fovea.techniques.learned;

import dev.fovea.core.adapt.Addition;
import dev.fovea.core.adapt.Additions;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.model.Weights;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Knobs;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What stands for training a model behind its encoder in full: low-rank products for the matrices of the language model,
 * differences for its norms and for the connector's matrices.
 *
 * @param lowRank what is added to the language model's matrices
 * @param biases whether the biases of the connector move too
 */
record Finetuned(ModelShape shape, LowRankLayers lowRank, boolean biases) {

    /** For a technique whose knob {@code rank} is the rank of what is added to each matrix of the language model. */
    static Finetuned of(ModelShape shape, Knobs knobs) {
        return new Finetuned(shape, new LowRankLayers(knobs.integer("rank"), 1), false);
    }

    /** The same, with biases of the connector or without. */
    Finetuned withBiases(boolean moving) {
        return new Finetuned(shape, lowRank, moving);
    }

    /** Declares all of it; it starts as nothing. */
    void declare(Declaration.Builder to) {
        lowRank.declare(to, LowRankLayers.ofDecoder(shape));
        differences().forEach((name, sizes) -> to.constant(name, 0, sizes));
    }

    /** Adds it to a model, with these weights. */
    Step step(Weights own) {
        return new Step(new Station.Weights(), List.of(), s -> Outcome.of(new Decision.Adapt(additions(own))));
    }

    /** What is added to a model with these weights. */
    Additions additions(Weights own) {
        Map<String, Addition> all = new LinkedHashMap<>();
        lowRank.add(all, LowRankLayers.ofDecoder(shape), own);
        differences().forEach((name, sizes) -> all.put(name, new Addition.Difference(own.tensor(name, sizes))));
        return new Additions(all);
    }

    /** What moves in full, by canonical name: the connector's matrices and the norms of the language model. */
    private Map<String, long[]> differences() {
        Map<String, long[]> sizes = connector();
        long width = shape.decoderWidth();
        for (int i = 0; i < shape.decoderLayers(); i++) {
            sizes.put("text.layers." + i + ".input_layernorm.weight", new long[] {width});
            sizes.put("text.layers." + i + ".post_attention_layernorm.weight", new long[] {width});
        }
        sizes.put("text.norm.weight", new long[] {width});
        return sizes;
    }

    /** What moves of the connector, by canonical name. */
    Map<String, long[]> connector() {
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
        if (biases) {
            sizes.put("connector.linear_1.bias", new long[] {hidden > 0 ? hidden : width});
            if (hidden > 0) {
                sizes.put("connector.linear_2.bias", new long[] {width});
            }
        }
        return sizes;
    }
}

package dev.fovea.core.adapt;

import java.util.Collection;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/**
 * What is added to the tensors of a model, by canonical name ({@code text.layers.0.self_attn.q_proj.weight}), or, for one
 * prompt, beside a block that is more than one tensor ({@code text.layers.0.mlp}). Two are equal if they add the same tensors, not only equal numbers, to the same names.
 */
public record Additions(Map<String, Addition> byName) {
    public Additions {
        byName = Map.copyOf(byName);
    }

    /** Nothing. */
    public static Additions none() {
        return new Additions(Map.of());
    }

    public boolean isEmpty() {
        return byName.isEmpty();
    }

    /** Whether gradients are wanted for any of it: it will be another one after the next step. */
    public boolean moves() {
        return tensors(byName.values()).anyMatch(Tensor::requires_grad);
    }

    private static Stream<Tensor> tensors(Collection<Addition> all) {
        return all.stream().flatMap(addition -> switch (addition) {
            case Addition.LowRank low -> Stream.of(low.down(), low.up());
            case Addition.Difference difference -> Stream.of(difference.values());
            case Addition.Behind behind -> Stream.of(behind.rows());
        });
    }
}

package dev.fovea.train.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.adapt.Addition;
import dev.fovea.core.adapt.Additions;
import dev.fovea.core.model.AddedWeights;
import dev.fovea.core.model.MappedWeights;
import dev.fovea.core.model.Weights;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a model that is made anew in every step leaves behind: nothing. */
class StepWeightsTest {
    private static final Path PEEK = Path.of("../models/peek");
    private static final String MAP = "text.layers.2.self_attn.q_proj.weight";

    /** Whether its type is that of the file or has to be made, a tensor is taken from the checkpoint once. */
    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "BF16"})
    void whatStandsStillIsTakenOnce(DType dtype) {
        Checkpoint checkpoint = Checkpoint.open(PEEK);
        try {
            Weights weights = new StepWeights(weights(checkpoint, dtype));
            Tensor first;
            try (Scope step = Scope.inference()) {
                first = weights.tensor(MAP, 256, 256);
            }
            try (Scope step = Scope.inference()) {
                Tensor again = weights.under("text.").tensor("layers.2.self_attn.q_proj.weight", 256, 256);
                assertThat(again).isSameAs(first);
                assertThat(weights.stored(MAP, 256, 256)).isSameAs(weights.stored(MAP, 256, 256));
            }
        } finally {
            checkpoint.release();
        }
    }

    @Test
    void whatIsMadeInAStepGoesWithIt() {
        Checkpoint checkpoint = Checkpoint.open(PEEK);
        try {
            Weights weights = new StepWeights(weights(checkpoint, DType.F32));
            Tensor sum;
            Tensor part;
            try (Scope step = Scope.inference()) {
                Additions additions = new Additions(Map.of(
                        MAP,
                        new Addition.LowRank(
                                Tensors.full(1, DType.F32, 2, 256), Tensors.full(1, DType.F32, 256, 2), 0.5)));
                sum = AddedWeights.of(weights, additions).tensor(MAP, 256, 256);
                part = weights.keep(sum.narrow(0, 0, 8));
                assertThat(sum.isNull()).isFalse();
            }
            assertThat(sum.isNull()).isTrue();
            assertThat(part.isNull()).isTrue();
        } finally {
            checkpoint.release();
        }
    }

    private static MappedWeights weights(Checkpoint checkpoint, DType dtype) {
        return MappedWeights.of(
                checkpoint, dtype, Families.read(PEEK).description().renames());
    }
}

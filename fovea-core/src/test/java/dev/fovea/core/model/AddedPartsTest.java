package dev.fovea.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.adapt.Addition;
import dev.fovea.core.adapt.Additions;
import dev.fovea.core.model.family.Description;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** What is added to queries, keys or values of an encoder that stores them as one. */
class AddedPartsTest {
    private static final Path MODEL = Path.of("src/test/resources/golden/qwen2-5-vl");
    private static final String AT = "vision.layers.0.self_attn.";

    @Test
    void anAdditionToKeysReachesTheirPartAlone() {
        Description description = Families.read(MODEL).description();
        int width = description.vision().width();
        try (Checkpoint checkpoint = Checkpoint.open(MODEL);
                Scope ignored = Scope.inference()) {
            MappedWeights base = MappedWeights.of(checkpoint, DType.F32, description.renames());
            assertThat(base.contains(AT + "qkv.weight")).isTrue();
            Tensor up = Tensors.full(0.5, DType.F32, width, 2);
            Tensor down = Tensors.full(0.25, DType.F32, 2, width);
            Additions keys = new Additions(Map.of(AT + "k_proj.weight", new Addition.LowRank(down, up, 2)));
            AddedWeights added = AddedWeights.of(base, keys);
            for (int part = 0; part < 3; part++) {
                Tensor plain = base.under(AT)
                        .linearPart("qkv", part, 3, width, width, false)
                        .weight();
                Tensor changed = added.under(AT)
                        .linearPart("qkv", part, 3, width, width, false)
                        .weight();
                float[] should = Tensors.floats(part == 1 ? Tensors.add(plain, 0.5) : plain);
                assertThat(Tensors.floats(changed)).containsExactly(should);
            }
            Additions nowhere = new Additions(Map.of(AT + "o_proj.weight", new Addition.LowRank(down, up, 2)));
            assertThatThrownBy(() -> AddedWeights.of(base, nowhere))
                    .hasMessageContaining("which this model does not have");
        }
    }
}

package dev.fovea.core.model.quantized;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.adapt.Addition;
import dev.fovea.core.adapt.Additions;
import dev.fovea.core.layer.Linear;
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
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizedWeightsTest {
    private static final Path PEEK = Path.of("../models/peek");
    private static final String LAYER = "text.layers.2.";

    private Checkpoint checkpoint;
    private MappedWeights numbers;

    @BeforeEach
    void open() {
        checkpoint = Checkpoint.open(PEEK);
        numbers = MappedWeights.of(
                checkpoint, DType.F32, Families.read(PEEK).description().renames());
    }

    @AfterEach
    void release() {
        checkpoint.release();
    }

    @ParameterizedTest
    @ValueSource(strings = {"int8", "int4", "int4:group=128"})
    void mapsOfTheLanguageModelsLayersAreHeldInFewBitsAndNothingElse(String bits) {
        Weights weights = QuantizedWeights.of(numbers, Quantization.parse(bits), null);
        try (Scope scope = Scope.inference()) {
            Linear map = weights.under(LAYER).linear("self_attn.q_proj", 256, 256, false);
            assertThat(map.numbers()).isInstanceOf(Linear.Matrix.Quantized.class);
            Linear again = weights.linear(LAYER + "self_attn.q_proj", 256, 256, false);
            assertThat(again.numbers()).isEqualTo(map.numbers());
            assertThat(weights.linear("vision.layers.0.mlp.fc1", 768, 192, true).numbers())
                    .isInstanceOf(Linear.Matrix.Dense.class);
            Tensor original = numbers.tensor(LAYER + "self_attn.q_proj.weight", 256, 256);
            double off = Tensors.floats(map.weight().sub(original).norm().div(original.norm()))[0];
            assertThat(off).isLessThan(bits.equals("int8") ? 0.012 : 0.13).isPositive();
        }
    }

    /** What is added is added to the numbers; the changed map is held in full, the others are the original's. */
    @Test
    void additionsReachMapsInFewBits() {
        Weights weights = QuantizedWeights.of(numbers, Quantization.INT8, null);
        try (Scope scope = Scope.inference()) {
            Tensor down = torch.randn(2, 256);
            Tensor up = torch.randn(256, 2);
            String name = LAYER + "self_attn.q_proj";
            Weights added = AddedWeights.of(
                    weights, new Additions(Map.of(name + ".weight", new Addition.LowRank(down, up, 0.5))));
            Linear changed = added.linear(name, 256, 256, false);
            Tensor expected = numbers.tensor(name + ".weight", 256, 256).add(Tensors.scale(up.matmul(down), 0.5));
            assertThat(Tensors.floats(changed.weight().sub(expected).abs().max())[0])
                    .isLessThan(1e-5f);
            assertThat(added.linear(LAYER + "self_attn.k_proj", 256, 256, false).numbers())
                    .isEqualTo(weights.linear(LAYER + "self_attn.k_proj", 256, 256, false)
                            .numbers());
        }
    }

    @Test
    void whatIsNoNumberOfBitsIsSaidInOneSentence() {
        assertThat(Quantization.parse("int4")).hasToString("int4:group=32");
        assertThat(Quantization.parse("int4:group=64").group()).isEqualTo(64);
        for (String wrong : new String[] {"int3", "int4:group=48", "int8:group=32", ""}) {
            assertThatThrownBy(() -> Quantization.parse(wrong)).hasMessageContaining("Weights are int8, int4, or");
        }
    }
}

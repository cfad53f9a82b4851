package dev.fovea.core.weights.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** GGUF files against what the {@code gguf} package reads in them; {@code reference/gguf_blocks.py} made the golden. */
class GgufFileTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/gguf");

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(GgufType.class)
    void everyTypeIsDecodedBitForBit(GgufType type) {
        try (GgufFile file = GgufFile.open(GOLDEN.resolve("blocks.gguf"));
                Checkpoint decoded = Checkpoint.open(GOLDEN.resolve("decoded.safetensors"));
                Scope ignored = Scope.inference()) {
            assertThat(file.tensors().get(type.name()))
                    .isNotNull()
                    .extracting(GgufTensor::type)
                    .isEqualTo(type);
            Tensor wanted = decoded.tensor(type.name());
            Tensor found = file.tensor(type.name(), DType.F32);
            assertThat(Tensors.shape(found)).isEqualTo(Tensors.shape(wanted));
            assertThat(bits(found)).isEqualTo(bits(wanted));
            assertThat(bits(file.tensor(type.name(), DType.BF16)))
                    .as("rounded as libtorch rounds")
                    .isEqualTo(bits(Tensors.to(wanted, DType.BF16)));
        }
    }

    private static int[] bits(Tensor tensor) {
        float[] values = Tensors.floats(tensor);
        int[] bits = new int[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToRawIntBits(values[i]);
        }
        return bits;
    }

    @Test
    void aTensorLongerThanOneStretchIsDecodedWhole() throws Exception {
        int rows = 70;
        int blocks = 32;
        GgufBytes bytes =
                GgufBytes.file(1, 0).tensor("long", 8, 0, blocks * 32L, rows).padded(32);
        for (int i = 0; i < rows * blocks; i++) {
            byte[] block = new byte[34];
            block[1] = 0x3c; // 1 in half precision
            block[2 + i % 32] = (byte) (i % 127);
            bytes.bytes(block);
        }
        Path path = Files.write(folder.resolve("long.gguf"), bytes.toBytes());
        try (GgufFile file = GgufFile.open(path);
                Scope ignored = Scope.inference()) {
            float[] found = Tensors.floats(file.tensor("long", DType.F32));
            for (int i = 0; i < found.length; i++) {
                int block = i / 32;
                assertThat(found[i]).isEqualTo(i % 32 == block % 32 ? block % 127 : 0);
            }
        }
    }

    @Test
    void theDescriptionIsRead() {
        try (GgufFile file = GgufFile.open(GOLDEN.resolve("blocks.gguf"))) {
            assertThat(file.version()).isEqualTo(3);
            assertThat(file.value("general.architecture")).isEqualTo(new GgufValue.Text("llama"));
            assertThat(file.value("test.whole")).isEqualTo(new GgufValue.Whole(4_000_000_000L));
            assertThat(file.value("test.negative")).isEqualTo(new GgufValue.Whole(-7));
            assertThat(file.value("test.real")).isEqualTo(new GgufValue.Real(0.25));
            assertThat(file.value("test.flag")).isEqualTo(new GgufValue.Flag(true));
            assertThat(file.value("test.text")).isEqualTo(new GgufValue.Text("Zeichen: ä € 🦉"));
            assertThat(many(file, "test.words"))
                    .isEqualTo(List.of(new GgufValue.Text(""), new GgufValue.Text("a"), new GgufValue.Text("ßt")));
            assertThat(many(file, "test.numbers"))
                    .isEqualTo(List.of(new GgufValue.Whole(1), new GgufValue.Whole(-2), new GgufValue.Whole(3)));
            assertThat(file.value("absent")).isNull();
        }
    }

    private static List<GgufValue> many(GgufFile file, String name) {
        return ((GgufValue.Many) Objects.requireNonNull(file.value(name))).values();
    }

    @Test
    void aTensorOutlivesTheFile() {
        try (Scope ignored = Scope.inference()) {
            Tensor tensor;
            try (GgufFile file = GgufFile.open(GOLDEN.resolve("blocks.gguf"))) {
                tensor = file.tensor("F32", DType.F32);
            }
            assertThat(Tensors.floats(tensor)).hasSize(21);
        }
    }

    @Test
    void aTensorThatIsNotThereIsNamedWithTheNearest() {
        try (GgufFile file = GgufFile.open(GOLDEN.resolve("blocks.gguf"))) {
            assertThatThrownBy(() -> file.tensor("Q4_k", DType.F32))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("no tensor named 'Q4_k'")
                    .hasMessageContaining("Q4_K");
        }
    }
}

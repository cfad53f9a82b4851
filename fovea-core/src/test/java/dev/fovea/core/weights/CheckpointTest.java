package dev.fovea.core.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.file.OutputException;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Natives;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CheckpointTest {
    @TempDir
    Path dir;

    @ParameterizedTest
    @EnumSource(DType.class)
    void everyTypeSurvivesTheRoundTrip(DType dtype) {
        Path file = dir.resolve("model.safetensors");
        long[] values = {0, 1, 1, 0, 1, 0};
        try (Scope scope = Scope.inference()) {
            Tensor written = Tensors.to(Tensors.of(values, 2, 3), dtype);
            SafeTensorsWriter.write(file, Map.of("t", written), Map.of("format", "pt"));
            try (Checkpoint checkpoint = Checkpoint.open(dir)) {
                assertThat(checkpoint.info("t").dtype()).isEqualTo(dtype);
                assertThat(checkpoint.info("t").shape()).containsExactly(2L, 3L);
                assertThat(checkpoint.metadata()).containsExactly(Map.entry("format", "pt"));
                Tensor read = scope.keep(checkpoint.tensor("t"));
                assertThat(read.equal(written)).isTrue();
                assertThat(DType.of(read.scalar_type())).isEqualTo(dtype);
            }
        }
    }

    @RepeatedTest(60)
    void anySetOfShapesSurvivesTheRoundTrip(RepetitionInfo trial) {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        Path file = dir.resolve("roundtrip.safetensors");
        DType[] types = DType.values();
        try (Scope scope = Scope.inference()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (int count = random.nextInt(7); count > 0; count--) {
                long[] sizes = random.longs(random.nextInt(5), 0, 6).toArray();
                int n = (int) Arrays.stream(sizes).reduce(1, (a, b) -> a * b);
                Tensor t = n == 0
                        ? Tensors.zeros(DType.I64, sizes)
                        : Tensors.of(random.longs(n, 0, 2).toArray(), sizes);
                tensors.put("t\u00e9\"\\" + tensors.size(), Tensors.to(t, types[random.nextInt(types.length)]));
            }
            SafeTensorsWriter.write(file, tensors, Map.of());
            try (Checkpoint checkpoint = Checkpoint.open(file)) {
                assertThat(checkpoint.names()).containsExactlyInAnyOrderElementsOf(tensors.keySet());
                tensors.forEach((name, t) ->
                        assertThat(checkpoint.tensor(name).equal(t)).as(name).isTrue());
            }
        }
    }

    @Test
    void tensorsStayValidAfterCloseAndTheMappingGoesWithTheLast() {
        Path file = dir.resolve("model.safetensors");
        try (Scope scope = Scope.inference()) {
            SafeTensorsWriter.write(file, Map.of("t", Tensors.full(3, DType.F32, 1000)), Map.of());
            Checkpoint checkpoint = Checkpoint.open(file);
            Tensor first = checkpoint.tensor("t");
            Tensor second = checkpoint.tensor("t");
            Tensor view = first.narrow(0, 10, 5);
            checkpoint.close();
            assertThatThrownBy(() -> checkpoint.tensor("t"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("has been closed");
            first.close();
            second.close();
            assertThat(Tensors.floats(view)).containsExactly(3, 3, 3, 3, 3);
            assertThat(mapped(file)).isTrue();
            view.close();
            assertThat(mapped(file)).isFalse();
        }
    }

    @Test
    void openedTensorsShareTheFileWithoutACopy() {
        Path file = dir.resolve("model.safetensors");
        try (Scope scope = Scope.inference()) {
            SafeTensorsWriter.write(file, Map.of("t", Tensors.full(1, DType.F32, 64)), Map.of());
            try (Checkpoint checkpoint = Checkpoint.open(file)) {
                Tensor a = checkpoint.tensor("t");
                Tensor b = checkpoint.tensor("t");
                assertThat(a.data_ptr().address()).isEqualTo(b.data_ptr().address());
                assertThat(scope).isNotNull();
            }
        }
    }

    @Test
    void unalignedTensorsAreCopied() {
        // One byte before the floats puts them at an odd address.
        byte[] data = ByteBuffer.allocate(9)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) 1)
                .putFloat(2.5f)
                .putFloat(-7f)
                .array();
        Crafted.file(
                dir.resolve("model.safetensors"),
                "{" + Crafted.tensor("flag", "BOOL", "[]", 0, 1) + "," + Crafted.tensor("x", "F32", "[2]", 1, 9) + "}",
                data);
        try (Scope scope = Scope.inference();
                Checkpoint checkpoint = Checkpoint.open(dir)) {
            assertThat(scope).isNotNull();
            assertThat(Tensors.floats(checkpoint.tensor("x"))).containsExactly(2.5f, -7f);
            assertThat(checkpoint.tensor("x").data_ptr().address() % 4).isZero();
            assertThat(checkpoint.info("flag").shape()).isEmpty();
        }
    }

    @Test
    void shardsReadAsOne() throws IOException {
        try (Scope scope = Scope.inference()) {
            assertThat(scope).isNotNull();
            SafeTensorsWriter.write(
                    dir.resolve("m-1.safetensors"), Map.of("a", Tensors.full(1, DType.F32, 2)), Map.of());
            SafeTensorsWriter.write(
                    dir.resolve("m-2.safetensors"), Map.of("b", Tensors.full(2, DType.F32, 2)), Map.of());
            Files.writeString(
                    dir.resolve("model.safetensors.index.json"),
                    "{\"weight_map\": {\"b\": \"m-2.safetensors\", \"a\": \"m-1.safetensors\"}}");
            try (Checkpoint checkpoint = Checkpoint.open(dir)) {
                assertThat(checkpoint.names()).containsExactly("b", "a");
                assertThat(Tensors.floats(checkpoint.tensor("a"))).containsExactly(1, 1);
                assertThat(Tensors.floats(checkpoint.tensor("b"))).containsExactly(2, 2);
                assertThat(checkpoint.byteSize()).isEqualTo(16);
            }
        }
    }

    @Test
    void theSameTensorsGiveTheSameBytesWhateverTheirOrder() throws IOException {
        try (Scope scope = Scope.inference()) {
            assertThat(scope).isNotNull();
            Tensor a = Tensors.full(1, DType.F32, 3);
            Tensor b = Tensors.full(1, DType.U8, 3);
            Map<String, Tensor> forward = new LinkedHashMap<>();
            forward.put("a", a);
            forward.put("b", b);
            Map<String, Tensor> backward = new LinkedHashMap<>();
            backward.put("b", b);
            backward.put("a", a);
            SafeTensorsWriter.write(dir.resolve("1"), forward, Map.of("x", "1", "y", "2"));
            SafeTensorsWriter.write(dir.resolve("2"), backward, Map.of("y", "2", "x", "1"));
            byte[] bytes = Files.readAllBytes(dir.resolve("1"));
            assertThat(bytes).isEqualTo(Files.readAllBytes(dir.resolve("2")));
            long header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
            assertThat(header % 8).isZero();
        }
    }

    @Test
    void stridedTensorsAreWrittenInTheirLogicalOrder() {
        try (Scope scope = Scope.inference()) {
            assertThat(scope).isNotNull();
            Tensor t = Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).t();
            SafeTensorsWriter.write(dir.resolve("model.safetensors"), Map.of("t", t), Map.of());
            try (Checkpoint checkpoint = Checkpoint.open(dir)) {
                assertThat(Tensors.floats(checkpoint.tensor("t"))).containsExactly(1, 4, 2, 5, 3, 6);
            }
        }
    }

    @Test
    void aFailedWriteLeavesTheOldFileAndNothingElse() throws IOException {
        Path folder = Files.createDirectory(dir.resolve("model.safetensors"));
        Files.createFile(folder.resolve("occupied"));
        try (Scope scope = Scope.inference()) {
            assertThat(scope).isNotNull();
            Tensor t = Tensors.full(1, DType.F32, 3);
            assertThatThrownBy(() -> SafeTensorsWriter.write(folder, Map.of("t", t), Map.of()))
                    .isInstanceOf(OutputException.class)
                    .hasMessageStartingWith(folder + " cannot be written: ");
        }
        try (Stream<Path> left = Files.list(dir)) {
            assertThat(left).containsExactly(folder);
        }
    }

    @Test
    void aLargeShardedCheckpointOpensAtOnce() throws IOException {
        // Sparse files: 14 GB of holes with the headers of a 7 B model's 300 tensors.
        StringBuilder map = new StringBuilder("{\"weight_map\": {");
        for (int shard = 0; shard < 3; shard++) {
            StringBuilder header = new StringBuilder("{");
            long at = 0;
            for (int i = 0; i < 100; i++) {
                String name = "layers." + (shard * 100 + i) + ".weight";
                long bytes = 4096L * 5696 * 2;
                header.append(i == 0 ? "" : ",").append(Crafted.tensor(name, "BF16", "[4096, 5696]", at, at + bytes));
                map.append(shard + i == 0 ? "" : ",").append("\"" + name + "\": \"s" + shard + ".safetensors\"");
                at += bytes;
            }
            Path file = Crafted.file(
                    dir.resolve("s" + shard + ".safetensors"),
                    header.append("}").toString());
            try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
                raw.setLength(raw.length() + at);
            }
        }
        Files.writeString(dir.resolve("model.safetensors.index.json"), map.append("}}"));
        Natives.ensureLoaded();
        Instant start = Instant.now();
        try (Scope scope = Scope.inference();
                Checkpoint checkpoint = Checkpoint.open(dir)) {
            assertThat(scope).isNotNull();
            for (String name : checkpoint.names()) {
                assertThat(checkpoint.tensor(name).numel()).isEqualTo(4096L * 5696);
            }
            assertThat(checkpoint.byteSize()).isGreaterThan(13_900_000_000L);
        }
        assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(1));
    }

    private static boolean mapped(Path file) {
        try {
            return Files.readString(Path.of("/proc/self/maps")).contains(file.toString());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}

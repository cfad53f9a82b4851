package dev.fovea.core.weights;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.Fuzzing;
import dev.fovea.core.Mutants;
import dev.fovea.core.tensor.Natives;
import dev.fovea.core.tensor.Scope;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged weights and indexes: each is refused in a sentence, or all of its tensors can be taken. */
@Tag("fuzz")
class SafeTensorsFuzzTest {
    private static final JsonNode HEADER = Mutants.tree("""
            {"__metadata__": {"format": "pt"},
             "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
             "b": {"dtype": "BF16", "shape": [0, 3, 2], "data_offsets": [24, 24]},
             "c": {"dtype": "I64", "shape": [], "data_offsets": [24, 32]},
             "d": {"dtype": "BOOL", "shape": [3], "data_offsets": [32, 35]}}
            """);
    private static final JsonNode INDEX = Mutants.tree("""
            {"metadata": {"total_size": 35},
             "weight_map": {"a": "model-1.safetensors", "b": "model-1.safetensors", "x": "model-1.safetensors"}}
            """);
    private static final int DATA = 35;

    @TempDir
    Path folder;

    /** Loading libtorch is no part of the first input. */
    @BeforeAll
    static void load() {
        Natives.ensureLoaded();
    }

    @Test
    void damagedFilesAreRefusedOrRead() throws Exception {
        Path file = folder.resolve("model.safetensors");
        Fuzzing.run("safetensors", 500_000, CheckpointException.class::isInstance, random -> {
            Files.write(file, damaged(random));
            readAll(file);
        });
    }

    @Test
    void damagedIndexesAreRefusedOrRead() throws Exception {
        Files.write(folder.resolve("model-1.safetensors"), file(HEADER.toString(), DATA));
        Path index = folder.resolve("model.safetensors.index.json");
        Fuzzing.run("shard indexes", 100_000, CheckpointException.class::isInstance, random -> {
            Files.writeString(index, Mutants.json(random, INDEX));
            readAll(index);
        });
    }

    private static byte[] damaged(SplittableRandom random) {
        return switch (random.nextInt(4)) {
            case 0 -> Mutants.bytes(random, file(HEADER.toString(), DATA));
            case 1 -> file(Mutants.json(random, HEADER), random.nextInt(80));
            default -> file(Mutants.json(random, HEADER), DATA);
        };
    }

    private static byte[] file(String header, int data) {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + text.length + data)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(text.length)
                .put(text)
                .array();
    }

    private static void readAll(Path path) {
        try (Checkpoint checkpoint = Checkpoint.open(path);
                Scope ignored = Scope.inference()) {
            for (String name : checkpoint.names()) {
                checkpoint.tensor(name).contiguous();
            }
        }
    }
}

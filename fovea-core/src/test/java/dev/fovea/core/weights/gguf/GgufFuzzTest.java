package dev.fovea.core.weights.gguf;

import dev.fovea.core.Fuzzing;
import dev.fovea.core.Mutants;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Natives;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged GGUF files: each is refused in a sentence, or all that it says can be read. */
@Tag("fuzz")
class GgufFuzzTest {
    private static final byte[] SOUND = GgufBytes.sound().toBytes();

    /** Where the front of the sound file ends and its data begins: damage there is what readers trip over. */
    private static final int FRONT = SOUND.length - 32 - 3 * 34;

    @TempDir
    Path folder;

    @BeforeAll
    static void load() {
        Natives.ensureLoaded();
    }

    @Test
    void damagedFilesAreRefusedOrRead() throws Exception {
        Path path = folder.resolve("damaged.gguf");
        Fuzzing.run("gguf", 500_000, CheckpointException.class::isInstance, random -> {
            Files.write(path, damaged(random));
            readAll(path);
        });
    }

    private static byte[] damaged(SplittableRandom random) {
        if (random.nextInt(3) == 0) {
            return Mutants.bytes(random, SOUND);
        }
        byte[] bytes = SOUND.clone();
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(FRONT);
            switch (random.nextInt(3)) {
                case 0 -> bytes[at] = (byte) random.nextInt(256);
                case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                default -> bytes[at] = (byte) (random.nextBoolean() ? 0 : 255);
            }
        }
        return bytes;
    }

    private static void readAll(Path path) {
        try (GgufFile file = GgufFile.open(path);
                Scope ignored = Scope.inference()) {
            file.tensors().keySet().forEach(name -> file.tensor(name, DType.F32).contiguous());
            file.values().values().forEach(value -> {
                if (value instanceof GgufValue.Many many) {
                    many.values();
                }
            });
        }
    }
}

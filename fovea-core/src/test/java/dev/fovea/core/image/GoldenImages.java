package dev.fovea.core.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** The pictures and tensors that the public image processor and PIL made; see {@code reference/image_cases.py}. */
final class GoldenImages {
    static final Path FOLDER = Path.of("src/test/resources/golden/images");
    private static final JsonNode INDEX = readIndex();
    private static final Map<String, Picture> READ = new ConcurrentHashMap<>();

    /** A golden tensor as floats, with its shape. */
    record Golden(float[] values, long[] shape) {}

    private GoldenImages() {}

    static Picture picture(String name) {
        return READ.computeIfAbsent(
                name, n -> new PictureReader().read(FOLDER.resolve("pictures").resolve(n)));
    }

    static JsonNode index() {
        return INDEX;
    }

    static Stream<String> pictures() {
        return INDEX.path("pictures").propertyStream().map(Map.Entry::getKey);
    }

    static boolean lossless(String name) {
        return INDEX.path("pictures").path(name).path("lossless").asBoolean();
    }

    static Golden tensor(String file, String name) {
        return tensor(FOLDER, file + ".safetensors", name);
    }

    /** A tensor of a model's goldens. */
    static Golden tensor(Path folder, String file, String name) {
        try (Scope scope = Scope.inference();
                Checkpoint checkpoint = Checkpoint.open(folder.resolve(file))) {
            var tensor = scope.keep(checkpoint.tensor(name));
            return new Golden(Tensors.floats(tensor), checkpoint.info(name).sizes());
        }
    }

    static boolean has(String file, String name) {
        try (Checkpoint checkpoint = Checkpoint.open(FOLDER.resolve(file + ".safetensors"))) {
            return checkpoint.contains(name);
        }
    }

    /** The largest difference between bytes and golden values. */
    static int largestDifference(byte[] actual, float[] expected) {
        int largest = actual.length == expected.length ? 0 : 256;
        for (int i = 0; i < Math.min(actual.length, expected.length); i++) {
            largest = Math.max(largest, Math.abs((actual[i] & 0xff) - (int) expected[i]));
        }
        return largest;
    }

    private static JsonNode readIndex() {
        try {
            return new ObjectMapper().readTree(FOLDER.resolve("golden.json").toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

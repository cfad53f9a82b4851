package dev.fovea.eval.published;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.model.Rename;
import dev.fovea.core.model.family.Description;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.SafeTensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Writes checkpoints whose weights are random, at the sizes of published ones: for tests, benchmarks and comparisons where
 * what a model says does not matter. Tensors have the names of published files where these are known, and Fovea's own
 * elsewhere.
 */
public final class RandomCheckpoint {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final double DEVIATION = 0.02;
    private static final long SHARD = 2L << 30;

    private RandomCheckpoint() {}

    /**
     * Writes a checkpoint that opens.
     *
     * @param folder an empty folder
     * @param seed of the weights
     * @return the bytes that the weights take
     * @throws IOException if the disk is too small or the folder cannot be written to
     */
    public static long write(Published published, Path folder, DType dtype, long seed) throws IOException {
        published.write(folder);
        Description description = Families.read(folder).description();
        RandomTokenizer.write(published, description, folder);
        Map<String, long[]> shapes = Inventory.of(description);
        long bytes = shapes.values().stream()
                .mapToLong(shape -> elements(shape) * dtype.bytes())
                .sum();
        long free = Files.getFileStore(folder).getUsableSpace();
        if (free < bytes) {
            throw new IOException("its weights take " + bytes + " bytes, and the disk has " + free + " left");
        }
        weights(published, description, shards(shapes, dtype), folder, dtype, seed);
        return bytes;
    }

    private static void weights(
            Published published,
            Description description,
            List<Map<String, long[]>> shards,
            Path folder,
            DType dtype,
            long seed)
            throws IOException {
        ObjectNode index = MAPPER.createObjectNode();
        ObjectNode places = index.putObject("weight_map");
        torch.manual_seed(seed);
        for (int i = 0; i < shards.size(); i++) {
            String file = shards.size() == 1
                    ? "model.safetensors"
                    : String.format("model-%05d-of-%05d.safetensors", i + 1, shards.size());
            try (Scope scope = Scope.inference()) {
                Map<String, Tensor> tensors = new LinkedHashMap<>();
                shards.get(i).forEach((name, shape) -> {
                    String own = published.nameOf(name, description.renames());
                    tensors.put(own, batched(own, random(name, shape, dtype)));
                    places.put(own, file);
                });
                SafeTensorsWriter.writeInto(folder.resolve(file), tensors, Map.of("format", "pt"));
                scope.close();
            }
        }
        if (shards.size() > 1) {
            Files.writeString(
                    folder.resolve("model.safetensors.index.json"),
                    MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(index) + "\n");
        }
    }

    /** InternVL's files hold what is added to every picture as batches of one. */
    private static Tensor batched(String name, Tensor tensor) {
        if (name.endsWith("embeddings.cls_token")) {
            return tensor.view(1, 1, -1);
        }
        return name.endsWith("embeddings.position_embeddings") ? tensor.unsqueeze(0) : tensor;
    }

    private static List<Map<String, long[]>> shards(Map<String, long[]> all, DType dtype) {
        List<Map<String, long[]>> shards = new ArrayList<>(List.of(new LinkedHashMap<>()));
        long held = 0;
        for (Map.Entry<String, long[]> one : all.entrySet()) {
            long bytes = elements(one.getValue()) * dtype.bytes();
            if (held > 0 && held + bytes > SHARD) {
                shards.add(new LinkedHashMap<>());
                held = 0;
            }
            shards.getLast().put(one.getKey(), one.getValue());
            held += bytes;
        }
        return shards;
    }

    /** Norms leave their input as it is, biases are nought, and matrices are small. */
    private static Tensor random(String name, long[] shape, DType dtype) {
        if (shape.length > 1 || !(name.endsWith(".weight") || name.endsWith(".bias"))) {
            return Tensors.to(Tensors.scale(torch.randn(shape), DEVIATION), dtype);
        }
        return Tensors.full(name.endsWith(".bias") ? 0 : 1, dtype, shape);
    }

    private static long elements(long[] shape) {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    /** A list of renames as JSON holds it: pairs of a pattern and what takes its place. */
    static List<Rename> renames(JsonNode pairs) {
        List<Rename> out = new ArrayList<>();
        pairs.forEach(
                pair -> out.add(Rename.of(pair.get(0).asText(), pair.get(1).asText())));
        return out;
    }
}

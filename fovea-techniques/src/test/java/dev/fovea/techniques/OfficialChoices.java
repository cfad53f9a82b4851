package dev.fovea.techniques;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * What the authors' code chose from the numbers of {@link Formula} and from what {@code peek} showed its steps, recorded
 * by {@code reference/token_choice_cases.py}.
 */
public final class OfficialChoices {
    public static final JsonNode PUBLISHED = read().get("published");
    public static final JsonNode PEEK = read().get("peek");
    public static final JsonNode SETS = read().get("sets");

    private OfficialChoices() {}

    public static int[] ints(JsonNode values) {
        return IntStream.range(0, values.size()).map(i -> values.get(i).asInt()).toArray();
    }

    /** A signal that was recorded on {@code peek} for these choices; a vector becomes one row. */
    public static Matrix recorded(String name) {
        return recorded("token-choice-peek", name);
    }

    /** A signal of a file of recorded ones. */
    static Matrix recorded(String from, String name) {
        try (Checkpoint file = Checkpoint.open(Path.of("src/test/resources", from + ".safetensors"))) {
            Tensor tensor = file.tensor(name);
            float[] data = Tensors.floats(tensor);
            int cols = (int) tensor.size(tensor.dim() - 1);
            return new Matrix(data.length / cols, cols, data);
        }
    }

    private static JsonNode read() {
        try (InputStream file = OfficialChoices.class.getResourceAsStream("/token-choice-official.json")) {
            return new ObjectMapper().readTree(file);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}

package dev.fovea.core.learned;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.file.StrictJson;
import dev.fovea.core.message.Printable;
import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What {@code adapter_config.json} of PEFT says of low-rank factors (LoRA, arXiv 2106.09685): to a matrix
 * {@code [out, in]} {@code scale} times {@code lora_B [out, rank]} times {@code lora_A [rank, in]} is added.
 *
 * @param rank of every product
 * @param scale {@code alpha / rank}, or {@code alpha / sqrt(rank)} where they were stabilised by rank
 */
public record Adapter(int rank, double scale) {
    static final String FILE = "adapter_config.json";

    private static final int MOST = 4096;
    private static final List<String> UNEVEN = List.of("rank_pattern", "alpha_pattern", "modules_to_save");

    static Adapter read(Path file) {
        if (!Files.exists(file)) {
            throw new CheckpointException(
                    file + " is missing, which says how low-rank factors are scaled; take all files"
                            + " of the folder that was published");
        }
        JsonNode root = StrictJson.read(file, CheckpointException::new);
        String type = root.path("peft_type").asText("LORA");
        if (!type.equals("LORA")
                || root.path("use_dora").asBoolean()
                || root.path("fan_in_fan_out").asBoolean()) {
            throw new CheckpointException(file + " describes an adapter of kind '" + Printable.of(type)
                    + "' with settings other than plain LoRA's; merge it into its model in Python, and open that");
        }
        for (String key : UNEVEN) {
            if (!root.path(key).isEmpty()) {
                throw new CheckpointException(file + " sets '" + key
                        + "', but only adapters with one rank for every matrix can be opened; merge it into its model in"
                        + " Python, and open that");
            }
        }
        int rank = root.path("r").asInt();
        double alpha = root.path("lora_alpha").asDouble(Double.NaN);
        if (rank < 1 || rank > MOST || !Double.isFinite(alpha)) {
            throw new CheckpointException(
                    file + " must say a rank 'r' in 1.." + MOST + " and a number 'lora_alpha'; download it again");
        }
        return new Adapter(rank, alpha / (root.path("use_rslora").asBoolean() ? Math.sqrt(rank) : rank));
    }
}

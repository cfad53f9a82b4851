package dev.fovea.core.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.Fuzzing;
import dev.fovea.core.Mutants;
import dev.fovea.core.image.ImageProcessorConfig;
import dev.fovea.core.image.PanAndScanProcessor;
import dev.fovea.core.image.PatchBudgetProcessor;
import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.weights.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged configurations: each is refused in a sentence, or it is read. */
@Tag("fuzz")
class ConfigFuzzTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");

    @TempDir
    Path folder;

    private static List<JsonNode> golden(String... files) throws IOException {
        List<JsonNode> all = new ArrayList<>();
        for (String file : files) {
            all.add(Mutants.tree(Files.readString(GOLDEN.resolve(file))));
        }
        return all;
    }

    @Test
    void damagedModelConfigurationsAreRefusedOrRead() throws Exception {
        List<JsonNode> sound = golden(
                "llava-mha/config.json",
                "llava-gqa/config.json",
                "qwen2-5-vl/config.json",
                "qwen2-5-vl-flat/config.json",
                "qwen2-vl-flat/config.json",
                "qwen3-vl/config.json",
                "text-mistral-window/config.json",
                "text-qwen2-window/config.json",
                "idefics3/config.json",
                "smolvlm/config.json",
                "gemma3/config.json",
                "gemma3-pas/config.json",
                "paligemma2/config.json",
                "paligemma/config.json");
        Path file = folder.resolve("config.json");
        Fuzzing.run("config.json", 250_000, CheckpointException.class::isInstance, random -> {
            Files.writeString(file, Mutants.json(random, sound.get(random.nextInt(sound.size()))));
            Families.read(folder);
        });
    }

    @Test
    void damagedPictureConfigurationsAreRefusedOrRead() throws Exception {
        List<JsonNode> sound = golden("llava-mha/preprocessor_config.json", "llava-gqa/preprocessor_config.json");
        Path file = folder.resolve("preprocessor_config.json");
        Fuzzing.run("preprocessor_config.json", 150_000, CheckpointException.class::isInstance, random -> {
            Files.writeString(file, Mutants.json(random, sound.get(random.nextInt(sound.size()))));
            ImageProcessorConfig.read(folder);
        });
    }

    @Test
    void damagedConfigurationsOfCropsAndPatchBudgetsAreRefusedOrRead() throws Exception {
        List<JsonNode> sound = golden("gemma3-pas/preprocessor_config.json", "siglip2/preprocessor_config.json");
        Path file = folder.resolve("preprocessor_config.json");
        Fuzzing.run("preprocessor_config.json", 50_000, CheckpointException.class::isInstance, random -> {
            Files.writeString(file, Mutants.json(random, sound.get(random.nextInt(sound.size()))));
            PictureProcessor read =
                    random.nextBoolean() ? PanAndScanProcessor.read(folder) : PatchBudgetProcessor.read(folder);
            read.views(1 + random.nextInt(3000), 1 + random.nextInt(3000));
        });
    }
}

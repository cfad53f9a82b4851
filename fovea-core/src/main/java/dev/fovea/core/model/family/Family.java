package dev.fovea.core.model.family;

import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.gguf.GgufPictures;
import dev.fovea.core.model.gguf.GgufText;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A family of vision-language models: how its checkpoints describe a composition of the shared parts. Found with
 * {@link java.util.ServiceLoader} by the {@code model_type} of a {@code config.json}; implementations hold no state.
 */
public interface Family {

    /** The {@code model_type}s that it opens. */
    Set<String> modelTypes();

    /**
     * What a checkpoint's {@code config.json} says, as any generation of {@code transformers} wrote it.
     *
     * @throws RuntimeException with one sentence that names the file and the key, if a value is missing or wrong
     */
    Description describe(ModelConfig config);

    /**
     * The chat template, in Jinja, of checkpoints that bring none of their own; null where that form is LLaVA 1.5's.
     */
    default @Nullable String template() {
        return null;
    }

    /** How llama.cpp writes the language models of this family, by the architecture in a file. */
    default Map<String, GgufText> ggufTexts() {
        return Map.of();
    }

    /**
     * How llama.cpp writes what makes pictures tokens of this family's language models, by the kind of connector in a
     * file.
     */
    default Map<String, GgufPictures> ggufPictures() {
        return Map.of();
    }

    /**
     * How this checkpoint's pictures are prepared.
     *
     * @param folder of the checkpoint, with its processor files
     * @throws RuntimeException with one sentence that names the file and what is wrong with it
     */
    PictureProcessor pictures(Path folder, Description description);
}

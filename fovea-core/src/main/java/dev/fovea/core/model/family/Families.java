package dev.fovea.core.model.family;

import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.OtherFormats;
import dev.fovea.core.model.gguf.GgufLayouts;
import dev.fovea.core.model.gguf.GgufModel;
import dev.fovea.core.model.gguf.GgufPictures;
import dev.fovea.core.model.gguf.GgufText;
import dev.fovea.core.model.quantized.Quantization;
import dev.fovea.core.model.quantized.QuantizationConfig;
import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The families that jars on the class path bring. */
public final class Families {
    private Families() {}

    /**
     * A family and what it makes of a checkpoint's configuration.
     *
     * @param weights in how many bits the configuration says that weights lie; null if they lie as numbers
     */
    public record Found(
            Family family,
            Description description,
            @Nullable Quantization weights) {}

    /**
     * What the {@code config.json} of a folder, or the description in a GGUF file and in the one that is found beside it,
     * describes.
     *
     * @throws CheckpointException with one sentence if there is none, or no family opens it
     */
    public static Found read(Path path) {
        return read(path, null);
    }

    /**
     * As above.
     *
     * @param pictures the file that makes pictures tokens of a language model in a GGUF file; null for the one beside it
     */
    public static Found read(Path path, @Nullable Path pictures) {
        return of(
                GgufModel.is(path)
                        ? GgufModel.config(path, pictures, ggufLayouts())
                        : ModelConfig.read(path.resolve("config.json")));
    }

    /** How llama.cpp writes the models of all families. */
    public static GgufLayouts ggufLayouts() {
        Map<String, GgufText> texts = new TreeMap<>();
        Map<String, GgufPictures> pictures = new TreeMap<>();
        for (Family family : ServiceLoader.load(Family.class)) {
            family.ggufTexts().forEach(texts::putIfAbsent);
            family.ggufPictures().forEach(pictures::putIfAbsent);
        }
        return new GgufLayouts(texts, pictures);
    }

    /** What a configuration describes. */
    public static Found of(ModelConfig config) {
        Map<String, Family> byType = new TreeMap<>();
        for (Family family : ServiceLoader.load(Family.class)) {
            family.modelTypes().forEach(type -> byType.putIfAbsent(type, family));
        }
        OtherFormats.refuse(config);
        String type = config.text("model_type", "(none)");
        Family family = byType.get(type);
        if (family == null) {
            throw config.unknown("model_type", type, List.copyOf(byType.keySet()));
        }
        return new Found(family, family.describe(config), QuantizationConfig.read(config));
    }
}

package dev.fovea.eval.cost;

import dev.fovea.core.message.Suggest;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.shape.ModelShape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Sizes of models that can be named without having their weights, or even their configuration. */
public final class Geometries {
    private static final Map<String, ModelShape> KNOWN = new LinkedHashMap<>();

    static {
        KNOWN.put("llava-1.5-7b", llava(32, 4096, 32, 11_008));
        KNOWN.put("llava-1.5-13b", llava(40, 5120, 40, 13_824));
        KNOWN.put(
                "peek",
                new ModelShape(
                        "llava", 16, 16, 14, true, false, 6, 5, 192, 6, 768, true, 6, 256, 8, 8, 32, 512, 1280, 2048));
        KNOWN.put(
                "tiny-mha",
                new ModelShape("llava", 4, 4, 14, true, false, 4, 3, 32, 4, 64, false, 4, 48, 4, 4, 12, 64, 384, 512));
        KNOWN.put(
                "tiny-gqa",
                new ModelShape("llava", 4, 4, 14, true, true, 4, 4, 32, 4, 64, false, 4, 64, 8, 2, 8, 80, 384, 512));
    }

    private Geometries() {}

    /** LLaVA-1.5 (arXiv 2310.03744): CLIP ViT-L/14 at 336 pixels, features behind 23 of 24 layers, and Vicuna. */
    private static ModelShape llava(int layers, int width, int heads, int mlp) {
        return new ModelShape(
                "llava", 24, 24, 14, true, false, 24, 23, 1024, 16, 4096, false, layers, width, heads, heads, 128, mlp,
                32_064, 4096);
    }

    /** The names. */
    public static List<String> names() {
        return List.copyOf(KNOWN.keySet());
    }

    /**
     * The cost model of a known geometry, or of a folder that holds at least a {@code config.json}.
     *
     * @throws IllegalArgumentException if it is neither; suggests the nearest name
     */
    public static CostModel find(String nameOrFolder) {
        ModelShape shape = KNOWN.get(nameOrFolder);
        if (shape != null) {
            return CostModel.of(shape);
        }
        Path folder = Path.of(nameOrFolder);
        if (Files.isRegularFile(folder.resolve("config.json"))) {
            return CostModel.of(Families.read(folder).description());
        }
        throw new IllegalArgumentException("'" + nameOrFolder + "' is neither a folder with a config.json nor a known "
                + "geometry" + Suggest.nearest(nameOrFolder, KNOWN.keySet()) + "; the known ones are: "
                + String.join(", ", KNOWN.keySet()) + ".");
    }
}

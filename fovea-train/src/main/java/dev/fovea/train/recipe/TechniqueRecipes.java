package dev.fovea.train.recipe;

import dev.fovea.train.loop.TrainingException;
import java.util.List;

/** All recipes of techniques, by id. */
final class TechniqueRecipes {
    private static final List<TechniqueRecipe> ALL = List.of(
            new MatryoshkaRecipe(),
            new LlaVoltaRecipe(),
            new DyvteRecipe(),
            new VocoLlamaRecipe(),
            new CovtRecipe(),
            new CoViPalRecipe(),
            new LlavaSpRecipe(),
            new LlavaMiniRecipe(),
            new VloraRecipe(),
            new AdaptVisionScalingRecipe(),
            new FlashRecipe());

    private TechniqueRecipes() {}

    static List<String> ids() {
        return ALL.stream().map(TechniqueRecipe::id).toList();
    }

    static TechniqueRecipe get(String id) {
        return ALL.stream()
                .filter(r -> r.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new TrainingException("There is no recipe for a technique '" + id
                        + "'; the recipes are: " + String.join(", ", ids())));
    }
}

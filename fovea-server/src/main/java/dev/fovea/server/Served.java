package dev.fovea.server;

import dev.fovea.core.DualEncoder;
import dev.fovea.core.VisionLanguageModel;
import org.jspecify.annotations.Nullable;

/**
 * What a server serves; who gives it closes it, after the server.
 *
 * @param name of the model that answers, as clients ask for it
 * @param model that answers, or null
 * @param embedder that embeds pictures and texts, or null; its name is {@link #embedderName()}
 */
public record Served(
        String name,
        @Nullable VisionLanguageModel model,
        @Nullable DualEncoder embedder) {

    /** The name of the dual encoder: the model's own where it is alone, else with {@code /clip} behind it. */
    public String embedderName() {
        return model == null ? name : name + "/clip";
    }
}

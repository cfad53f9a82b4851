package dev.fovea.core;

import dev.fovea.core.technique.Techniques;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How a model is opened.
 *
 * @param precision the element type it works in
 * @param textTower folder of the CLIP checkpoint that the encoder comes from, for techniques that compare patches with
 *     the question; null takes the folder {@code clip} inside the model's, if there is one
 * @param techniques those that can be asked for by name
 * @param chatTemplate a name among the checkpoint's chat templates, or a file with one; null takes the usual one
 */
public record OpenOptions(
        Precision precision,
        @Nullable Path textTower,
        Techniques techniques,
        @Nullable String chatTemplate) {

    /** The element type of the arithmetic; scores, norms, rotary tables and logits are f32 in any case. */
    public enum Precision {
        /** What is faster on this machine, where the checkpoint is large enough for it to matter. */
        AUTO,
        F32,
        BF16
    }

    /** Precision by speed, techniques from the class path. */
    public static OpenOptions defaults() {
        return new OpenOptions(Precision.AUTO, null, Techniques.installed(), null);
    }

    public OpenOptions withPrecision(Precision value) {
        return new OpenOptions(value, textTower, techniques, chatTemplate);
    }

    public OpenOptions withTextTower(Path folder) {
        return new OpenOptions(precision, folder, techniques, chatTemplate);
    }

    public OpenOptions withTechniques(Techniques value) {
        return new OpenOptions(precision, textTower, value, chatTemplate);
    }

    public OpenOptions withChatTemplate(String nameOrFile) {
        return new OpenOptions(precision, textTower, techniques, nameOrFile);
    }
}

package dev.fovea.core;

import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.model.quantized.Quantization;
import dev.fovea.core.technique.Techniques;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How a model is opened.
 *
 * @param precision the element type it works in
 * @param weights in how many bits the linear maps of the language model's layers are held; null as the checkpoint has them
 * @param textTower folder of the CLIP checkpoint that the encoder comes from, for techniques that compare patches with
 *     the question; null takes the folder {@code clip} inside the model's, if there is one
 * @param techniques those that can be asked for by name
 * @param chatTemplate a name among the checkpoint's chat templates, or a file with one; null takes the usual one
 * @param pictures the file that makes pictures tokens of a language model in a GGUF file ({@code mmproj}); null takes the
 *     one beside it whose name begins with {@code mmproj}, if there is exactly one
 * @param rowsAtOnce tokens of a prompt, or patches of pictures, that a layer takes at once: bounds the memory of long
 *     prompts and of many tiles or frames, see {@link PathEngine#takingAtOnce}
 */
public record OpenOptions(
        Precision precision,
        @Nullable Quantization weights,
        @Nullable Path textTower,
        Techniques techniques,
        @Nullable String chatTemplate,
        @Nullable Path pictures,
        int rowsAtOnce) {

    /** The element type of the arithmetic; scores, norms, rotary tables and logits are f32 in any case. */
    public enum Precision {
        /** What is faster on this machine, where the checkpoint is large enough for it to matter. */
        AUTO,
        F32,
        BF16
    }

    /** Precision by speed, techniques from the class path. */
    public static OpenOptions defaults() {
        return new OpenOptions(Precision.AUTO, null, null, Techniques.installed(), null, null, PathEngine.ROWS_AT_ONCE);
    }

    public OpenOptions withPrecision(Precision value) {
        return new OpenOptions(value, weights, textTower, techniques, chatTemplate, pictures, rowsAtOnce);
    }

    public OpenOptions withWeights(@Nullable Quantization value) {
        return new OpenOptions(precision, value, textTower, techniques, chatTemplate, pictures, rowsAtOnce);
    }

    public OpenOptions withTextTower(Path folder) {
        return new OpenOptions(precision, weights, folder, techniques, chatTemplate, pictures, rowsAtOnce);
    }

    public OpenOptions withTechniques(Techniques value) {
        return new OpenOptions(precision, weights, textTower, value, chatTemplate, pictures, rowsAtOnce);
    }

    public OpenOptions withChatTemplate(String nameOrFile) {
        return new OpenOptions(precision, weights, textTower, techniques, nameOrFile, pictures, rowsAtOnce);
    }

    public OpenOptions withPictures(@Nullable Path file) {
        return new OpenOptions(precision, weights, textTower, techniques, chatTemplate, file, rowsAtOnce);
    }

    public OpenOptions withRowsAtOnce(int rows) {
        return new OpenOptions(precision, weights, textTower, techniques, chatTemplate, pictures, rows);
    }
}

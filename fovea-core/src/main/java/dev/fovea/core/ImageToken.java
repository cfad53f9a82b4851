package dev.fovea.core;

import dev.fovea.core.message.Printable;
import dev.fovea.core.text.SpecialTokens;
import dev.fovea.core.text.Tokenizer;
import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Path;
import java.util.OptionalInt;

/** The token that stands for a picture: its text comes from the tokenizer's files, its id from the model's. */
final class ImageToken {
    private ImageToken() {}

    /**
     * The special tokens with the picture's among them. Where no file names its text, it is that of the added token
     * with the configured id.
     *
     * @param configured the id in {@code config.json}
     * @throws CheckpointException if the tokenizer gives its text another id; names both
     */
    static SpecialTokens resolve(Path folder, int configured, Tokenizer tokenizer) {
        SpecialTokens tokens = tokenizer.specialTokens();
        String text = tokens.image();
        if (text == null) {
            return tokenizer
                    .added(configured)
                    .map(tokens::withImage)
                    .orElseThrow(() -> new CheckpointException(folder
                            + " names no image token: none of its files has an image_token, and tokenizer.json has no"
                            + " added token with the id " + configured + " that config.json gives it"));
        }
        OptionalInt id = tokenizer.id(text);
        if (id.isEmpty()) {
            tokenizer.requireId(text);
        }
        if (id.getAsInt() != configured) {
            throw new CheckpointException(folder + ": the image token '" + Printable.of(text) + "' has the id "
                    + configured + " in config.json (image_token_id or image_token_index) and " + id.getAsInt()
                    + " in tokenizer.json; take both files from the same checkpoint");
        }
        return tokens;
    }
}

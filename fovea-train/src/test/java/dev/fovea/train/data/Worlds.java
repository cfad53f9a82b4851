package dev.fovea.train.data;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.fovea.train.text.WorldTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** A tokenizer of few words, learned once for all tests. */
public final class Worlds {
    public static final HuggingFaceTokenizer TOKENIZER = open();

    private Worlds() {}

    private static HuggingFaceTokenizer open() {
        byte[] file = WorldTokenizer.learn(40, 250).getBytes(StandardCharsets.UTF_8);
        try {
            return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(file), Map.of());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

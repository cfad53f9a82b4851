package dev.fovea.mcp;

import dev.fovea.core.BatchOptions;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.SharedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/** The default model and its scene. */
final class Peek {
    static final Path ROOT = Path.of("").toAbsolutePath().resolve("..").normalize();
    static final Path SCENE = ROOT.resolve("docs/images/scene.png");
    static final String QUESTION = "How many red circles are there?";
    static final String SIGN = "What is written on the sign?";

    private Peek() {}

    static SharedModel open() {
        return SharedModel.open(
                ROOT.resolve("models/peek"),
                OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32),
                BatchOptions.defaults());
    }

    static String sceneUrl() {
        try {
            return "data:image/png;base64," + Base64.getEncoder().encodeToString(Files.readAllBytes(SCENE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

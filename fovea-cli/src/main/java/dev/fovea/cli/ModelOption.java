package dev.fovea.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --model}, the same on every command that runs one. */
final class ModelOption {
    @Option(
            names = "--model",
            paramLabel = "DIR",
            description =
                    "Folder of a LLaVA checkpoint in the Hugging Face layout (default: peek, which comes with Fovea).")
    @Nullable
    Path folder;

    /**
     * The folder to load.
     *
     * @throws CommandFailure if there is none
     */
    Path resolve(Session session) {
        Path chosen = folder == null ? session.home().resolve("models/peek") : folder;
        if (!Files.isDirectory(chosen)) {
            throw CommandFailure.model(
                    folder == null
                            ? "the default model is missing (" + chosen
                                    + "); name one with --model, or train it with 'fovea train peek'"
                            : "there is no model folder " + chosen
                                    + "; give --model a folder with config.json and safetensors files");
        }
        return chosen;
    }

    /** How the model is called in results. */
    String name(Session session) {
        Path name = resolve(session).toAbsolutePath().normalize().getFileName();
        return name == null ? "model" : name.toString();
    }
}

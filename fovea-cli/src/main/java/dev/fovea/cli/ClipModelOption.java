package dev.fovea.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --model} of commands that run a dual encoder. */
final class ClipModelOption {
    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description =
                    "Folder of a CLIP or SigLIP checkpoint in the Hugging Face layout, or of a LLaVA one that keeps its dual"
                            + " encoder in a subfolder clip/, or ORG/NAME[@REVISION] of one that 'fovea pull' has"
                            + " fetched (default: peek, which comes with Fovea).")
    @Nullable
    String model;

    /** Whether it is the model that comes with Fovea. */
    boolean isDefault() {
        return model == null;
    }

    /**
     * The folder to load.
     *
     * @throws CommandFailure if there is none
     */
    Path resolve(Session session) {
        Path chosen = plain().resolve(session);
        Path beside = chosen.resolve("clip");
        return Files.isDirectory(beside) ? beside : chosen;
    }

    /** How the model is called in results. */
    String name(Session session) {
        return plain().name(session);
    }

    private ModelOption plain() {
        ModelOption option = new ModelOption();
        option.model = model;
        return option;
    }
}

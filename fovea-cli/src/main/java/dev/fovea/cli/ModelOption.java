package dev.fovea.cli;

import dev.fovea.core.OpenOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.hub.HubCache;
import dev.fovea.core.hub.HubName;
import dev.fovea.core.model.gguf.GgufModel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --model}, the same on every command that runs one. */
final class ModelOption {
    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = "Folder of a checkpoint in the Hugging Face layout, a .gguf file, or"
                    + " ORG/NAME[@REVISION] of one that 'fovea pull' has fetched (default: peek, which comes with"
                    + " Fovea).")
    @Nullable
    String model;

    @Option(
            names = "--mmproj",
            paramLabel = "FILE",
            description = "With a .gguf file: the one that makes pictures its tokens (default: the one beside it whose"
                    + " name begins with mmproj, if there is exactly one).")
    @Nullable
    String mmproj;

    /**
     * The folder or file to load.
     *
     * @throws CommandFailure if there is none
     */
    Path resolve(Session session) {
        if (model == null) {
            Path peek = session.home().resolve("models/peek");
            if (!Files.isDirectory(peek)) {
                throw CommandFailure.model("the default model is missing (" + peek
                        + "); name one with --model, or train it with 'fovea train peek'");
            }
            return peek;
        }
        Path folder = path(model);
        if (Files.isDirectory(folder) || GgufModel.is(folder)) {
            return folder;
        }
        if (!HubName.isOne(model)) {
            throw CommandFailure.model(
                    "there is no model folder " + model
                            + "; give --model a folder with config.json and safetensors files, or a model of the Hub as ORG/NAME");
        }
        HubName name = HubName.parse(model);
        return HubCache.of(session.environment())
                .find(name)
                .orElseThrow(() -> CommandFailure.model("there is no folder " + model
                        + ", and the Hub's cache holds no " + name + "; fetch it with 'fovea pull " + name + "'"));
    }

    /**
     * Opens the model and says what is to be known about it, each note once, on standard error.
     *
     * @param folder what {@link #resolve} gave
     */
    VisionLanguageModel open(Session session, Path folder, OpenOptions options) {
        VisionLanguageModel opened = VisionLanguageModel.open(folder, with(options));
        opened.notes().forEach(note -> session.terminal().err().println("fovea: note: " + note));
        return opened;
    }

    /** Options with the file that makes pictures tokens of this model, if one is named. */
    OpenOptions with(OpenOptions options) {
        return options.withPictures(pictures());
    }

    /** The file that makes pictures tokens of this model, or null if none is named. */
    @Nullable
    Path pictures() {
        return mmproj == null ? null : path(mmproj);
    }

    private static Path path(String text) {
        try {
            return PathArgument.of(text);
        } catch (CommandFailure e) {
            throw CommandFailure.model(CommandFailure.sentence(e));
        }
    }

    /** How the model is called in results. */
    String name(Session session) {
        if (model != null && HubName.isOne(model) && !Files.isDirectory(path(model))) {
            return HubName.parse(model).name();
        }
        Path name = resolve(session).toAbsolutePath().normalize().getFileName();
        return name == null ? "model" : name.toString();
    }
}

package dev.fovea.cli;

import dev.fovea.eval.classify.ClassTexts;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What pictures are sorted into: labels, and the templates that make texts of them. */
final class LabelOptions {
    /** The template that CLIP's authors name first. */
    private static final String PHOTO = "a photo of a {}.";

    /** How captions of the world read, in which {@code photo} does not occur. */
    private static final String WORLD = "a {}";

    @Option(names = "--labels", paramLabel = "A,B,...", description = "The labels, at least two.")
    @Nullable
    String labels;

    @Option(names = "--labels-file", paramLabel = "FILE", description = "A text file with a label on each line.")
    @Nullable
    Path file;

    @Option(
            names = {"--template", "--templates"},
            paramLabel = "TEXT",
            description =
                    "A caption with {} for the label; may be repeated, the texts of a label are averaged (default:"
                            + " '" + PHOTO + "', and '" + WORLD + "' with peek).")
    List<String> templates = new ArrayList<>();

    boolean given() {
        return labels != null || file != null || !templates.isEmpty();
    }

    /** The templates that hold. */
    List<String> templates(boolean peek) {
        return templates.isEmpty() ? List.of(peek ? WORLD : PHOTO) : List.copyOf(templates);
    }

    /**
     * The labels with their texts.
     *
     * @param peek whether the default model reads them
     * @throws CommandFailure if they cannot be used
     */
    ClassTexts texts(boolean peek) {
        if (labels == null && file == null) {
            throw CommandFailure.usage(
                    "there are no labels to choose from; name at least two with --labels or --labels-file");
        }
        if (labels != null && file != null) {
            throw CommandFailure.usage("--labels and --labels-file both name the labels; give one of them");
        }
        try {
            return ClassTexts.of(names(), templates(peek));
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }

    private List<String> names() {
        if (labels != null) {
            return List.of(labels.split(",", -1)).stream().map(String::strip).toList();
        }
        try {
            return Files.readAllLines(file).stream()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .toList();
        } catch (NoSuchFileException e) {
            throw CommandFailure.input("there is no file " + file + " with labels; check --labels-file");
        } catch (CharacterCodingException e) {
            throw CommandFailure.input(file + " is not a text file in UTF-8; --labels-file has a label on each line");
        } catch (IOException e) {
            throw CommandFailure.input(file + " cannot be read as a file of labels");
        }
    }
}

package dev.fovea.core.model.gguf;

import dev.fovea.core.file.Reasons;
import dev.fovea.core.weights.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The file that makes pictures tokens of a language model in another: the one that was named, or the only one beside it
 * whose name begins with {@code mmproj}, as llama.cpp's converter calls them.
 *
 * @param path null if there is none
 * @param named whether somebody asked for it
 * @param others how many lie beside the model if they are several, of which none is taken
 */
record PictureFile(@Nullable Path path, boolean named, int others) {
    private static final String PREFIX = "mmproj";

    static PictureFile of(Path model, @Nullable Path named) {
        if (named != null) {
            return new PictureFile(named, true, 0);
        }
        List<Path> beside = beside(model);
        return new PictureFile(
                beside.size() == 1 ? beside.getFirst() : null, false, beside.size() == 1 ? 0 : beside.size());
    }

    private static List<Path> beside(Path model) {
        Path folder = model.toAbsolutePath().getParent();
        if (folder == null || isOne(model)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(PictureFile::isOne)
                    .map(file -> model.resolveSibling(file.getFileName()))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new CheckpointException(folder + " cannot be read: " + Reasons.of(e), e);
        }
    }

    /** Whether a file is called as such files are. */
    static boolean isOne(Path path) {
        Path name = path.getFileName();
        return name != null && name.toString().toLowerCase(Locale.ROOT).startsWith(PREFIX) && GgufModel.is(path);
    }
}

package dev.fovea.core.model.gguf;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.file.Reasons;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A model in a GGUF file, or in two, laid out as the folder of a checkpoint: small files for what they say of the model,
 * its pictures and its vocabulary, in a temporary place until this is closed, while the weights stay where they are.
 */
public final class GgufModel implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path place;
    private final Path folder;
    private final Map<String, ObjectNode> files;
    private final ModelConfig config;
    private final @Nullable String note;
    private final Checkpoint checkpoint;
    private boolean taken;

    private GgufModel(Path place, Path folder, Map<String, ObjectNode> files, GgufParts parts) {
        this.place = place;
        this.folder = folder;
        this.files = files;
        this.config = parts.config();
        this.note = parts.note();
        this.checkpoint = parts.checkpoint();
    }

    /** Whether a path names a GGUF file. */
    public static boolean is(Path path) {
        Path name = path.getFileName();
        return name != null && name.toString().toLowerCase(Locale.ROOT).endsWith(".gguf") && Files.isRegularFile(path);
    }

    /** Whether a path names a GGUF file that is called as those are that make pictures tokens of a language model. */
    public static boolean isForPictures(Path path) {
        return PictureFile.isOne(path);
    }

    /**
     * What {@code config.json} would say of the model in a file, which is not laid out for that.
     *
     * @throws CheckpointException as {@link #open}
     */
    public static ModelConfig config(Path path, @Nullable Path pictures, GgufLayouts layouts) {
        try (GgufParts parts = GgufParts.open(path, pictures, layouts)) {
            return parts.config();
        }
    }

    /**
     * Lays a model out.
     *
     * @param path the file of a language model
     * @param pictures the file that makes pictures its tokens; null takes the one beside it whose name begins with
     *     {@code mmproj}, if there is exactly one and it is this model's
     * @throws CheckpointException with one sentence if a file is corrupt, holds a model that cannot be opened, or the two
     *     do not belong together
     */
    public static GgufModel open(Path path, @Nullable Path pictures, GgufLayouts layouts) {
        GgufParts parts = GgufParts.open(path, pictures, layouts);
        try {
            Path place = Files.createTempDirectory("fovea-");
            Path folder = Files.createDirectory(place.resolve(String.valueOf(path.getFileName())));
            Map<String, ObjectNode> files = new LinkedHashMap<>(parts.files());
            for (Map.Entry<String, ObjectNode> file : files.entrySet()) {
                JSON.writeValue(folder.resolve(file.getKey()).toFile(), file.getValue());
            }
            return new GgufModel(place, folder, files, parts);
        } catch (IOException e) {
            parts.close();
            throw new CheckpointException(
                    path + " cannot be laid out in the folder for temporary files: " + Reasons.of(e)
                            + "; make room there",
                    e);
        } catch (RuntimeException e) {
            parts.close();
            throw e;
        }
    }

    /** Where {@code config.json} and the others are. */
    public Path folder() {
        return folder;
    }

    /** What {@code config.json} says there; its messages name the file that was opened. */
    public ModelConfig config() {
        return config;
    }

    /** Through which file its pictures are seen, or why through none, in a sentence; null where none was looked for. */
    public @Nullable String note() {
        return note;
    }

    /** The weights; whoever takes them closes them. */
    public Checkpoint takeCheckpoint() {
        taken = true;
        return checkpoint;
    }

    /** Takes the small files away, and closes the weights if nobody took them. */
    @Override
    public void close() {
        if (!taken) {
            checkpoint.close();
        }
        files.keySet().forEach(name -> remove(folder.resolve(name)));
        remove(folder);
        remove(place);
    }

    private static void remove(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException ignored) {
            // The system clears its folder for temporary files by itself.
        }
    }
}

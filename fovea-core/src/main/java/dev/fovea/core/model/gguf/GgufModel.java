package dev.fovea.core.model.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.file.Reasons;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.gguf.GgufFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * A GGUF file laid out as the folder of a checkpoint: small files for what it says of the model and its vocabulary, in a
 * temporary place until this is closed, while the weights stay where they are.
 */
public final class GgufModel implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path place;
    private final Path folder;
    private final Checkpoint checkpoint;
    private boolean taken;

    private GgufModel(Path place, Path folder, Checkpoint checkpoint) {
        this.place = place;
        this.folder = folder;
        this.checkpoint = checkpoint;
    }

    /** Whether a path names a GGUF file. */
    public static boolean is(Path path) {
        Path name = path.getFileName();
        return name != null && name.toString().toLowerCase(Locale.ROOT).endsWith(".gguf") && Files.isRegularFile(path);
    }

    /**
     * What {@code config.json} would say of the model in a file, which is not laid out for that.
     *
     * @throws CheckpointException as {@link #open}
     */
    public static ModelConfig config(Path path) {
        try (GgufFile file = GgufFile.open(path)) {
            return new ModelConfig(path, "", GgufConfig.of(new GgufValues(file)));
        }
    }

    /**
     * Lays a file out.
     *
     * @throws CheckpointException with one sentence if it is corrupt, or holds a model that cannot be opened
     */
    public static GgufModel open(Path path) {
        GgufFile file = GgufFile.open(path);
        try {
            GgufValues values = new GgufValues(file);
            JsonNode config = GgufConfig.of(values);
            GgufVocabulary vocabulary = new GgufVocabulary(values);
            Checkpoint checkpoint = Checkpoint.of(file.mapped(), GgufTensors.of(values));
            Path place = Files.createTempDirectory("fovea-");
            Path folder = Files.createDirectory(place.resolve(String.valueOf(path.getFileName())));
            JSON.writeValue(folder.resolve("config.json").toFile(), config);
            JSON.writeValue(folder.resolve("tokenizer.json").toFile(), vocabulary.tokenizer());
            JSON.writeValue(folder.resolve("tokenizer_config.json").toFile(), vocabulary.config());
            return new GgufModel(place, folder, checkpoint);
        } catch (IOException e) {
            file.close();
            throw new CheckpointException(
                    path + " cannot be laid out in the folder for temporary files: " + Reasons.of(e)
                            + "; make room there",
                    e);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** Where {@code config.json} and the others are. */
    public Path folder() {
        return folder;
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
        for (String name : new String[] {"config.json", "tokenizer.json", "tokenizer_config.json"}) {
            remove(folder.resolve(name));
        }
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

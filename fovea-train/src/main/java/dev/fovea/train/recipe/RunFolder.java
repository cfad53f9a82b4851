package dev.fovea.train.recipe;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.file.FolderLock;
import dev.fovea.core.file.Reasons;
import dev.fovea.train.loop.TrainingException;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.text.WorldTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;

/**
 * The folder of a run, and what is decided once for the whole of it: the size of the model, the words it knows and the
 * precision it is trained in, which a run that goes on must not change.
 *
 * @param path the folder
 * @param precision in which matrices are multiplied
 * @param tokenizer its {@code tokenizer.json}
 * @param lock keeps other runs out until it is closed
 */
record RunFolder(Path path, Precision precision, Path tokenizer, FolderLock lock) implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * Opens the folder of a run, new or begun.
     *
     * @throws TrainingException if it cannot be used, or another run is under way in it
     */
    static RunFolder open(Path path, PeekSize size) {
        FolderLock lock = lock(path);
        try {
            Path tokenizer = path.resolve("tokenizer.json");
            if (!Files.exists(tokenizer)) {
                writeWhole(tokenizer, WorldTokenizer.learn(size.words(), size.merges()));
            }
            return new RunFolder(path, precision(path.resolve("run.json"), "peek", size.name()), tokenizer, lock);
        } catch (IOException e) {
            lock.close();
            throw unusable(path, e);
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    /** Takes a folder for a run. */
    static FolderLock lock(Path path) {
        try {
            Files.createDirectories(path);
            return FolderLock.take(path);
        } catch (FolderLock.HeldException e) {
            throw new TrainingException(String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw unusable(path, e);
        }
    }

    static TrainingException unusable(Path path, IOException e) {
        return new TrainingException("The folder " + path + " cannot be used for training: " + Reasons.of(e), e);
    }

    @Override
    public void close() {
        lock.close();
    }

    /**
     * The precision of a run, decided when it begins.
     *
     * @param file that remembers it
     * @param size what else a run that goes on must not change
     * @throws TrainingException if the run that was begun is another one
     */
    static Precision precision(Path file, String recipe, String size) throws IOException {
        if (!Files.exists(file)) {
            Precision fastest = Precision.fastest();
            writeWhole(
                    file,
                    JSON.createObjectNode()
                                    .put("recipe", recipe)
                                    .put("size", size)
                                    .put("precision", fastest.name().toLowerCase(Locale.ROOT))
                                    .toPrettyString()
                            + "\n");
            return fastest;
        }
        JsonNode run = begun(file);
        String other = run.path("recipe").asText(recipe);
        if (!other.equals(recipe)) {
            throw new TrainingException(file.toAbsolutePath().getParent() + " holds a run of the recipe '" + other
                    + "', not '" + recipe + "'; choose another folder");
        }
        String begun = run.path("size").asText();
        if (!begun.equals(size)) {
            throw new TrainingException(file.toAbsolutePath().getParent() + " holds a run of size '" + begun
                    + "', not '" + size + "'; choose another folder");
        }
        String precision = run.path("precision").asText();
        for (Precision known : Precision.values()) {
            if (known.name().equalsIgnoreCase(precision)) {
                return known;
            }
        }
        throw new TrainingException(file + " names the precision '" + precision
                + "', which this version does not train in; choose another folder");
    }

    private static JsonNode begun(Path file) throws IOException {
        try {
            return JSON.readTree(Files.readAllBytes(file));
        } catch (JacksonException e) {
            throw new TrainingException(
                    file + " is not valid JSON, so it is not known what was begun here; choose another folder", e);
        }
    }

    /** How many tokens the tokenizer knows, without the end of text. */
    int learnedTokens() {
        try {
            return JSON.readTree(tokenizer.toFile()).at("/model/vocab").size();
        } catch (IOException e) {
            throw new TrainingException(tokenizer + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** The tokenizer, ready for use; the caller closes it. */
    HuggingFaceTokenizer openTokenizer() {
        try {
            return HuggingFaceTokenizer.newInstance(tokenizer);
        } catch (IOException | RuntimeException e) {
            throw new TrainingException(tokenizer + " is no usable tokenizer: " + e.getMessage(), e);
        }
    }

    /** Writes a text beside its place and moves it there, so that the file is never half-written. */
    static void writeWhole(Path file, String text) throws IOException {
        Path part = file.resolveSibling("." + file.getFileName() + ".part");
        try {
            Files.writeString(part, text);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** Copies a file beside its place and moves it there. */
    static void copyWhole(Path from, Path to) throws IOException {
        Path part = to.resolveSibling("." + to.getFileName() + ".part");
        try {
            Files.copy(from, part, StandardCopyOption.REPLACE_EXISTING);
            Files.move(part, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }
}

package dev.fovea.train.recipe;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
 */
record RunFolder(Path path, Precision precision, Path tokenizer) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Opens the folder of a run, new or begun. */
    static RunFolder open(Path path, PeekSize size) {
        try {
            Files.createDirectories(path);
            Path tokenizer = path.resolve("tokenizer.json");
            if (!Files.exists(tokenizer)) {
                writeWhole(tokenizer, WorldTokenizer.learn(size.words(), size.merges()));
            }
            return new RunFolder(path, precision(path.resolve("run.json"), size), tokenizer);
        } catch (IOException e) {
            throw new TrainingException("The folder " + path + " cannot be used for training: " + e.getMessage(), e);
        }
    }

    private static Precision precision(Path file, PeekSize size) throws IOException {
        if (!Files.exists(file)) {
            Precision fastest = Precision.fastest();
            writeWhole(
                    file,
                    JSON.createObjectNode()
                                    .put("recipe", "peek")
                                    .put("size", size.name())
                                    .put("precision", fastest.name().toLowerCase(Locale.ROOT))
                                    .toPrettyString()
                            + "\n");
            return fastest;
        }
        JsonNode run = JSON.readTree(file.toFile());
        String begun = run.path("size").asText();
        if (!begun.equals(size.name())) {
            throw new TrainingException(file.toAbsolutePath().getParent() + " holds a run of size '" + begun
                    + "', not '" + size.name() + "'; choose another folder");
        }
        return Precision.valueOf(run.path("precision").asText().toUpperCase(Locale.ROOT));
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
}

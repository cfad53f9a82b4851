package dev.fovea.core.text;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the small JSON files of a checkpoint. */
final class JsonFiles {
    private static final ObjectMapper JSON = new ObjectMapper();

    private JsonFiles() {}

    /** The tree of this file, or a missing node if there is no such file. */
    static JsonNode readIfPresent(Path path) {
        if (!Files.exists(path)) {
            return MissingNode.getInstance();
        }
        try {
            return JSON.readTree(Files.readString(path));
        } catch (JacksonException e) {
            throw new TextException(
                    path + " is not valid JSON near line " + e.getLocation().getLineNr() + "; download it again", e);
        } catch (IOException e) {
            throw new TextException(path + " cannot be read: " + e.getMessage(), e);
        }
    }
}

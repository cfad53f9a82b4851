package dev.fovea.core.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.fovea.core.file.StrictJson;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the small JSON files of a checkpoint. */
final class JsonFiles {
    private JsonFiles() {}

    /** The tree of this file, or a missing node if there is no such file. */
    static JsonNode readIfPresent(Path path) {
        return Files.exists(path) ? StrictJson.read(path, TextException::new) : MissingNode.getInstance();
    }
}

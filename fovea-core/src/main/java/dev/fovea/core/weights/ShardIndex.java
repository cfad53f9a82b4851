package dev.fovea.core.weights;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.fovea.core.file.Reasons;
import dev.fovea.core.file.StrictJson;
import dev.fovea.core.message.Printable;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code model.safetensors.index.json}: which shard holds which tensor.
 *
 * @param weightMap tensor name → file name, in the order of the index
 */
record ShardIndex(Map<String, String> weightMap) {
    private static final JsonFactory JSON = new JsonFactory();
    private static final long MAX_BYTES = 100_000_000;

    static ShardIndex read(Path path) {
        try {
            long size = Files.size(path);
            if (size > MAX_BYTES) {
                throw new CheckpointException(path + " has " + size + " bytes, too many for an index of shards");
            }
            try (JsonParser json = JSON.createParser(Files.readString(path))) {
                return parse(json, path);
            }
        } catch (JacksonException e) {
            throw new CheckpointException(StrictJson.fault(path, e), e);
        } catch (CharacterCodingException e) {
            throw new CheckpointException(path + " is not UTF-8 text; download it again", e);
        } catch (IOException e) {
            throw new CheckpointException(path + " cannot be read: " + Reasons.of(e), e);
        }
    }

    private static ShardIndex parse(JsonParser json, Path path) throws IOException {
        Map<String, String> weightMap = new LinkedHashMap<>();
        if (json.nextToken() == JsonToken.START_OBJECT) {
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                boolean weights = json.currentName().equals("weight_map");
                json.nextToken();
                if (weights && json.currentToken() == JsonToken.START_OBJECT) {
                    readMap(json, path, weightMap);
                } else {
                    json.skipChildren();
                }
            }
        }
        if (weightMap.isEmpty()) {
            throw new CheckpointException(path + " has no weight_map that names the shards; download it again");
        }
        return new ShardIndex(weightMap);
    }

    private static void readMap(JsonParser json, Path path, Map<String, String> weightMap) throws IOException {
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String tensor = json.currentName();
            if (json.nextToken() != JsonToken.VALUE_STRING) {
                throw new CheckpointException(path + " does not name a file for tensor '" + Printable.of(tensor) + "'");
            }
            String shard = json.getText();
            requirePlainName(path, tensor, shard);
            if (weightMap.put(tensor, shard) != null) {
                throw new CheckpointException(
                        path + " names tensor '" + Printable.of(tensor) + "' twice; download it again");
            }
        }
    }

    /** An index may come from anywhere: a shard must lie beside it, never elsewhere on the machine. */
    private static void requirePlainName(Path path, String tensor, String shard) {
        boolean plain = !shard.isBlank()
                && shard.indexOf('/') < 0
                && shard.indexOf('\\') < 0
                && shard.indexOf(':') < 0
                && shard.chars().noneMatch(Character::isISOControl)
                && !shard.equals(".")
                && !shard.equals("..");
        if (!plain || !shard.endsWith(".safetensors")) {
            throw new CheckpointException(
                    path + " places tensor '" + Printable.of(tensor) + "' in '" + Printable.of(shard)
                            + "', which is not the plain name of a safetensors file beside it; do not trust this checkpoint");
        }
    }

    /** The shards in the order of first mention, each with its tensors. */
    Map<String, List<String>> shards() {
        Map<String, List<String>> shards = new LinkedHashMap<>();
        weightMap.forEach((tensor, shard) ->
                shards.computeIfAbsent(shard, s -> new ArrayList<>()).add(tensor));
        return shards;
    }
}

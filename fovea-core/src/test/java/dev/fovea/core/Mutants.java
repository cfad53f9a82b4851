package dev.fovea.core;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ContainerNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Damages files, as transfers, editors and enemies do. */
public final class Mutants {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Values that programs trip over, as they stand in a file. */
    private static final List<String> AWKWARD = List.of(
            "null",
            "true",
            "false",
            "0",
            "-1",
            "1",
            "2",
            "64",
            "1.5",
            "-0.0",
            "1e308",
            "1e999",
            "NaN",
            "Infinity",
            "2147483647",
            "2147483648",
            "4294967295",
            "4294967296",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551616",
            "4611686018427387904",
            "1" + "0".repeat(60),
            "\"\"",
            "\" \"",
            "\"a\"",
            "\"▁\"",
            "\"\\u0000\"",
            "\"\\u001b[2J\"",
            "\"\\ud800\"",
            "\"\\u0301\"",
            "\"</s>\"",
            "\"" + "x".repeat(3000) + "\"",
            "[]",
            "{}",
            "[[]]",
            "[0]",
            "[-1, 3]",
            "{\"type\":\"Sequence\"}",
            "{\"type\":\"Fuse\"}",
            "{\"a\":1,\"a\":2}",
            "[".repeat(300) + "]".repeat(300),
            "{\"a\":".repeat(150) + "1" + "}".repeat(150),
            "{\"String\":\"\"}",
            "{\"Regex\":\"(a+)+$\"}",
            "{\"Regex\":\"[\"}",
            "\"(x|xx)*y\"");

    private static final List<String> GENTLE = List.of(
            "\"\"",
            "\" \"",
            "\"a\"",
            "\"▁\"",
            "\"é\"",
            "\"\u0301\"",
            "\"</s>\"",
            "\"red\"",
            "\"##\"",
            "\"<0x0A>\"",
            "\"🙂\"",
            "\"\\u0000\"",
            "\"NFC\"",
            "\"Isolated\"",
            "\"never\"",
            "\"F16\"",
            "\"A\"",
            "\"\\\\s+\"");

    private Mutants() {}

    /** A file with some bytes changed, taken out, put in or moved. */
    public static byte[] bytes(SplittableRandom random, byte... sound) {
        byte[] bytes = sound.clone();
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes && bytes.length > 0; i++) {
            int at = random.nextInt(bytes.length);
            int count = 1 + random.nextInt(Math.min(16, bytes.length - at));
            bytes = switch (random.nextInt(6)) {
                case 0 -> with(bytes, at, (byte) random.nextInt(256));
                case 1 -> with(bytes, at, (byte) (bytes[at] ^ 1 << random.nextInt(8)));
                case 2 -> splice(bytes, at, count, new byte[0]);
                case 3 -> splice(bytes, at, 0, Arrays.copyOfRange(bytes, at, at + count));
                case 4 -> splice(bytes, at, count, token(random));
                default -> Arrays.copyOf(bytes, at);
            };
        }
        return bytes;
    }

    private static byte[] with(byte[] bytes, int at, byte value) {
        bytes[at] = value;
        return bytes;
    }

    private static byte[] splice(byte[] bytes, int at, int removed, byte[] added) {
        byte[] out = Arrays.copyOf(bytes, bytes.length - removed + added.length);
        System.arraycopy(added, 0, out, at, added.length);
        System.arraycopy(bytes, at + removed, out, at + added.length, bytes.length - at - removed);
        return out;
    }

    private static byte[] token(SplittableRandom random) {
        return AWKWARD.get(random.nextInt(AWKWARD.size())).getBytes(StandardCharsets.UTF_8);
    }

    /** A JSON text with some values replaced, keys taken out, parts swapped, or bytes changed. */
    public static String json(SplittableRandom random, JsonNode sound) {
        JsonNode tree = sound.deepCopy();
        int changes = 1 + random.nextInt(3);
        for (int i = 0; i < changes; i++) {
            change(random, tree);
        }
        String text = tree.toString();
        if (random.nextInt(5) > 0) {
            return text;
        }
        return new String(bytes(random, text.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
    }

    /** A value that its neighbours could have: the kind of damage that is not seen at once. */
    private static String alike(SplittableRandom random, JsonNode value) {
        if (value.isBoolean()) {
            return String.valueOf(!value.booleanValue());
        }
        if (value.isNumber()) {
            return String.valueOf(random.nextInt(-1, 400));
        }
        return value.isTextual() ? GENTLE.get(random.nextInt(GENTLE.size())) : "null";
    }

    private static void change(SplittableRandom random, JsonNode tree) {
        List<JsonNode> inner = new ArrayList<>();
        collect(tree, inner);
        JsonNode at = inner.get(random.nextInt(inner.size()));
        JsonNode other = random.nextInt(4) == 0 ? inner.get(random.nextInt(inner.size())) : null;
        boolean cyclic = other != null && other.size() > 50;
        RawValue raw = new RawValue(AWKWARD.get(random.nextInt(AWKWARD.size())));
        if (at instanceof ObjectNode object && !object.isEmpty()) {
            List<String> keys = new ArrayList<>();
            object.fieldNames().forEachRemaining(keys::add);
            String key = keys.get(random.nextInt(keys.size()));
            switch (random.nextInt(12)) {
                case 5, 6, 7, 8, 9, 10 -> object.putRawValue(key, new RawValue(alike(random, object.get(key))));
                case 0 -> object.remove(key);
                case 1 -> object.set(key + "x", object.remove(key));
                case 2 -> object.set(keys.get(random.nextInt(keys.size())), copy(object.get(key)));
                default -> {
                    if (other == null || cyclic) {
                        object.putRawValue(key, raw);
                    } else {
                        object.set(key, copy(other));
                    }
                }
            }
        } else if (at instanceof ArrayNode array && !array.isEmpty()) {
            int index = random.nextInt(array.size());
            switch (random.nextInt(8)) {
                case 4, 5, 6 ->
                    array.set(index, JSON.getNodeFactory().rawValueNode(new RawValue(alike(random, array.get(index)))));
                case 0 -> array.remove(index);
                case 1 -> array.insert(index, copy(array.get(random.nextInt(array.size()))));
                case 2 -> array.set(index, copy(array.get(random.nextInt(array.size()))));
                default -> array.insertRawValue(index, raw);
            }
        }
    }

    /** Copies of copies must not grow without end. */
    private static JsonNode copy(JsonNode node) {
        return node.toString().length() > 20_000 ? JSON.nullNode() : node.deepCopy();
    }

    private static void collect(JsonNode node, List<JsonNode> inner) {
        if (node instanceof ContainerNode<?>) {
            inner.add(node);
            // Vocabularies are long and their entries alike.
            int visited = 0;
            for (JsonNode child : node) {
                if (visited++ < 40) {
                    collect(child, inner);
                }
            }
        }
    }

    /** A tree from its text. */
    public static JsonNode tree(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }
}

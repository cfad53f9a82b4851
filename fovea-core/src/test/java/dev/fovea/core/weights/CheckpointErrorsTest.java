package dev.fovea.core.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointErrorsTest {
    @TempDir
    Path dir;

    static Stream<Arguments> badHeaders() {
        return Stream.of(
                Arguments.of("not JSON", "{\"a\": nonsense}", new byte[0], "not valid JSON"),
                Arguments.of("no brace", "[]", new byte[0], "does not start with '{'"),
                Arguments.of("unclosed", "{\"a\":{\"dtype\":\"F32\"", new byte[0], "not valid JSON"),
                Arguments.of("text after", "{} {}", new byte[0], "text after the JSON"),
                Arguments.of("not an object", "{\"a\":3}", new byte[0], "tensor 'a' is not a JSON object"),
                Arguments.of(
                        "unknown dtype",
                        "{" + Crafted.tensor("a", "Q4_K", "[1]", 0, 4) + "}",
                        new byte[4],
                        "tensor 'a' has the element type 'Q4_K'"),
                Arguments.of(
                        "dtype of another kind",
                        "{\"a\":{\"dtype\":7,\"shape\":[1],\"data_offsets\":[0,4]}}",
                        new byte[4],
                        "the dtype of tensor 'a' is not a JSON text"),
                Arguments.of(
                        "no shape",
                        "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}",
                        new byte[4],
                        "'a' has no shape"),
                Arguments.of(
                        "extra entry",
                        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}",
                        new byte[4],
                        "an entry 'x'"),
                Arguments.of(
                        "negative size",
                        "{" + Crafted.tensor("a", "F32", "[-1]", 0, 4) + "}",
                        new byte[4],
                        "the shape of tensor 'a' holds '-1'"),
                Arguments.of(
                        "fractional size",
                        "{" + Crafted.tensor("a", "F32", "[1.5]", 0, 4) + "}",
                        new byte[4],
                        "holds '1.5'"),
                Arguments.of(
                        "huge size",
                        "{" + Crafted.tensor("a", "F32", "[99999999999999999999]", 0, 4) + "}",
                        new byte[4],
                        "holds '99999999999999999999'"),
                Arguments.of(
                        "overflowing shape",
                        "{" + Crafted.tensor("a", "F32", "[4611686018427387904, 4]", 0, 4) + "}",
                        new byte[4],
                        "more bytes than can be counted"),
                Arguments.of(
                        "shape and range disagree",
                        "{" + Crafted.tensor("a", "F32", "[2]", 0, 4) + "}",
                        new byte[4],
                        "tensor 'a' is F32 [2], which takes 8 bytes, but its data_offsets span 4"),
                Arguments.of(
                        "backward range",
                        "{" + Crafted.tensor("a", "F32", "[1]", 4, 0) + "}",
                        new byte[4],
                        "instead of a begin and an end"),
                Arguments.of(
                        "one offset",
                        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}",
                        new byte[4],
                        "data_offsets [0] instead of"),
                Arguments.of(
                        "truncated data",
                        "{" + Crafted.tensor("a", "F32", "[2]", 0, 8) + "}",
                        new byte[7],
                        "is truncated: tensor 'a' ends at data byte 8 but the file holds only 7"),
                Arguments.of(
                        "overlap",
                        "{" + Crafted.tensor("a", "F32", "[2]", 0, 8) + "," + Crafted.tensor("b", "F32", "[2]", 4, 12)
                                + "}",
                        new byte[12],
                        "tensors 'a' and 'b' overlap at data byte 4"),
                Arguments.of(
                        "hole",
                        "{" + Crafted.tensor("a", "F32", "[1]", 0, 4) + "," + Crafted.tensor("b", "F32", "[1]", 8, 12)
                                + "}",
                        new byte[12],
                        "no tensor covers data bytes 4 to 8, before tensor 'b'"),
                Arguments.of(
                        "trailing bytes",
                        "{" + Crafted.tensor("a", "F32", "[1]", 0, 4) + "}",
                        new byte[9],
                        "has 5 bytes after its last tensor"),
                Arguments.of(
                        "duplicate name",
                        "{" + Crafted.tensor("a", "F32", "[1]", 0, 4) + "," + Crafted.tensor("a", "F32", "[1]", 4, 8)
                                + "}",
                        new byte[8],
                        "names tensor 'a' twice"),
                Arguments.of(
                        "empty, with strides that overflow",
                        "{" + Crafted.tensor("a", "I64", "[4611686018427387904, 0, 3037000500]", 0, 0) + "}",
                        new byte[0],
                        "more than any tensor can be"),
                Arguments.of(
                        "empty, with bytes that overflow",
                        "{" + Crafted.tensor("a", "F64", "[0, 1152921504606846976]", 0, 0) + "}",
                        new byte[0],
                        "more than any tensor can be"),
                Arguments.of(
                        "more dimensions than any tensor",
                        "{" + Crafted.tensor("a", "U8", "[1" + ",1".repeat(64) + "]", 0, 1) + "}",
                        new byte[1],
                        "more than any tensor can be"),
                Arguments.of(
                        "a name that commands the terminal",
                        "{" + Crafted.tensor("\\u001b[2J" + "x".repeat(5000), "Q", "[1]", 0, 4) + "}",
                        new byte[4],
                        "tensor '\\u001b[2Jxxx"),
                Arguments.of("metadata not text", "{\"__metadata__\":{\"k\":1}}", new byte[0], "entry 'k'"),
                Arguments.of(
                        "two metadata",
                        "{\"__metadata__\":{\"k\":\"v\"},\"__metadata__\":{}}",
                        new byte[0],
                        "two __metadata__ entries"),
                Arguments.of(
                        "nested too deep",
                        "{\"a\":{\"dtype\":\"F32\",\"shape\":" + "[".repeat(2000) + "]",
                        new byte[0],
                        "holds '['"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badHeaders")
    void everyBadHeaderIsRefusedInOneSentence(String what, String header, byte[] data, String expected) {
        Path file = Crafted.file(dir.resolve("bad.safetensors"), header, data);
        assertRefused(file, expected);
    }

    @Test
    void oversizedHeaderIsRefusedBeforeItIsRead() {
        assertRefused(
                Crafted.file(dir.resolve("big.safetensors"), 100_000_001L, "{}"), "claims a header of 100000001 bytes");
        assertRefused(
                Crafted.file(dir.resolve("neg.safetensors"), -1L, "{}"), "claims a header of 18446744073709551615");
    }

    @Test
    void headerLongerThanTheFileIsTruncation() {
        assertRefused(Crafted.file(dir.resolve("cut.safetensors"), 50L, "{}"), "its header should take 50 bytes");
    }

    @Test
    void emptyAndTinyFilesAreRefused() {
        assertRefused(Crafted.bytes(dir.resolve("empty.safetensors"), new byte[0]), "is empty");
        assertRefused(Crafted.bytes(dir.resolve("tiny.safetensors"), new byte[5]), "has only 5 bytes");
    }

    @Test
    void headerThatIsNotUtf8IsRefused() {
        assertRefused(
                Crafted.bytes(
                        dir.resolve("latin.safetensors"),
                        new byte[] {4, 0, 0, 0, 0, 0, 0, 0, '{', (byte) 0xff, (byte) 0xfe, '}'}),
                "not UTF-8");
    }

    @Test
    void missingPlacesAreNamed() throws IOException {
        assertRefused(dir.resolve("nowhere"), "does not exist");
        Path folder = Files.createDirectory(dir.resolve("folder"));
        assertRefused(folder, "holds neither model.safetensors nor model.safetensors.index.json");
        Files.createFile(folder.resolve("pytorch_model.bin"));
        assertRefused(folder, "must be converted to safetensors");
    }

    @Test
    void shardsMustBeThereAndHoldWhatTheIndexSays() throws IOException {
        Path index = dir.resolve("model.safetensors.index.json");
        Files.writeString(index, """
                {"metadata": {"total_size": 8},
                 "weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
                """);
        Crafted.file(
                dir.resolve("model-1.safetensors"), "{" + Crafted.tensor("a", "F32", "[1]", 0, 4) + "}", new byte[4]);
        assertRefused(
                dir, "model-2.safetensors is missing, though model.safetensors.index.json places tensor 'b' in it");

        Crafted.file(
                dir.resolve("model-2.safetensors"), "{" + Crafted.tensor("c", "F32", "[1]", 0, 4) + "}", new byte[4]);
        try (Checkpoint checkpoint = Checkpoint.open(dir)) {
            assertThat(checkpoint.contains("a")).isTrue();
            assertThat(checkpoint.contains("b"))
                    .as("listed, but nobody needs it yet")
                    .isFalse();
            assertThatThrownBy(() -> checkpoint.tensor("b"))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage(index + " places tensor 'b' in model-2.safetensors, but that file does not hold it;"
                            + " the two are not of the same checkpoint");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../model.safetensors",
                "/etc/model.safetensors",
                "sub/model.safetensors",
                "..\\\\model.safetensors",
                "C:model.safetensors",
                "..",
                "",
                "model.bin"
            })
    void shardNamesCannotLeaveTheFolder(String shard) throws IOException {
        Files.writeString(dir.resolve("model.safetensors.index.json"), "{\"weight_map\": {\"a\": \"" + shard + "\"}}");
        assertRefused(dir, "is not the plain name of a safetensors file");
    }

    @Test
    void brokenIndexesAreRefused() throws IOException {
        Path index = dir.resolve("model.safetensors.index.json");
        Files.writeString(index, "{\"weight_map\": {\"a\": ");
        assertRefused(dir, "is not valid JSON near line 1");
        Files.writeString(index, "{\"metadata\": {}}");
        assertRefused(dir, "has no weight_map");
        Files.writeString(index, "{\"weight_map\": {\"a\": 3}}");
        assertRefused(dir, "does not name a file for tensor 'a'");
        Files.writeString(index, "{\"weight_map\": {\"a\": \"x.safetensors\", \"a\": \"y.safetensors\"}}");
        assertRefused(dir, "names tensor 'a' twice");
    }

    @Test
    void unknownTensorSuggestsTheNearest() {
        Path file = Crafted.file(
                dir.resolve("model.safetensors"),
                "{" + Crafted.tensor("lm_head.weight", "F32", "[1]", 0, 4) + "}",
                new byte[4]);
        try (Checkpoint checkpoint = Checkpoint.open(dir)) {
            assertThatThrownBy(() -> checkpoint.info("lm_head.wieght"))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage(file + " holds no tensor named 'lm_head.wieght' (did you mean 'lm_head.weight'?)");
        }
    }

    private void assertRefused(Path path, String expected) {
        assertThatThrownBy(() -> Checkpoint.open(path).close())
                .isInstanceOf(CheckpointException.class)
                .message()
                .contains(expected)
                .satisfies(m -> assertThat(m.lines()).hasSize(1))
                .satisfies(m -> assertThat(m).contains(dir.toString()));
    }
}

package dev.fovea.core.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.weights.CheckpointException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class StrictJsonTest {
    @TempDir
    Path dir;

    private JsonNode read(byte... bytes) throws IOException {
        return StrictJson.read(Files.write(dir.resolve("config.json"), bytes), CheckpointException::new);
    }

    private JsonNode read(String text) throws IOException {
        return read(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void whatPythonWritesIsRead() throws IOException {
        assertThat(read("{\"limit\": [0.0, Infinity, -Infinity, NaN]}").path("limit"))
                .hasSize(4);
        assertThat(read("{\"n\": 1000000000000000019884624838656}").path("n").isBigInteger())
                .isTrue();
        assertThat(read("").isMissingNode()).isTrue();
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                Arguments.of("{\"a\":".repeat(101) + "1" + "}".repeat(101), "is nested deeper"),
                Arguments.of("[".repeat(100_000), "is nested deeper"),
                Arguments.of("{\"a\":1,\n\"b\u001b\":2,\"a\":3}", "is not valid JSON near line 2"),
                Arguments.of("{\"a\":1,\n\"a\":3}", "names the key 'a' twice near line 2; remove one of them"),
                Arguments.of("{\"a\\u001b\":1,\"a\\u001b\":3}", "names the key 'a\\u001b' twice"),
                Arguments.of("{} {}", "is not valid JSON"),
                Arguments.of("{\"a\": 1" + "0".repeat(5_000) + "}", "too long to be meant"),
                Arguments.of("{\"a\": 1", "is not valid JSON near line 1; download it again"),
                Arguments.of("{'a': 1}", "is not valid JSON"),
                Arguments.of("{\"a\": 1,}", "is not valid JSON"));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void everythingElseIsOneSentence(String text, String expected) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOf(CheckpointException.class)
                .message()
                .contains("config.json")
                .contains(expected)
                .doesNotContain("\u001b")
                .satisfies(m -> assertThat(m.lines()).hasSize(1));
    }

    @Test
    void bytesThatAreNoTextAreSaidToBeNone() {
        assertThatThrownBy(() -> read(new byte[] {'{', (byte) 0xff, '}'}))
                .hasMessageEndingWith("config.json is not UTF-8 text; download it again");
    }
}

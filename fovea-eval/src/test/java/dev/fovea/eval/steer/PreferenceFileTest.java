package dev.fovea.eval.steer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.eval.EvalException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreferenceFileTest {
    private static final String GOOD =
            "{\"image\": \"a.png\", \"question\": \" Where? \", \"preferred\": \"left\", \"dispreferred\": \"right\"}\n";

    @TempDir
    Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("pairs.jsonl"), text);
    }

    @Test
    void readsLines() throws IOException {
        List<Preference> pairs = PreferenceFile.read(file(GOOD + "\n" + GOOD + GOOD.strip()), 50);
        assertThat(pairs).extracting(Preference::id).containsExactly("line-1", "line-3", "line-4");
        assertThat(pairs.getFirst().question()).isEqualTo("Where?");
        assertThat(pairs.getFirst().preferred()).isEqualTo("left");
        assertThat(PreferenceFile.read(folder.resolve("pairs.jsonl"), 2)).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "nonsense | is not valid JSON",
                "{} | does not say 'image'",
                "[1] | does not say 'image'",
                "{'image': 'a', 'preferred': 'b', 'dispreferred': 'b', 'question': 'c'} | prefers an answer to itself",
                "{'image': 'a', 'preferred': 'b', 'dispreferred': 'c'} | does not say 'question'",
                "{'image': 'a', 'preferred': 'b', 'dispreferred': '', 'question': 'c'} | does not say 'dispreferred'",
            })
    void linesThatAreNoPairs(String line, String reason) throws IOException {
        Path file = file(GOOD + line.replace('\'', '"') + "\n");
        assertThatThrownBy(() -> PreferenceFile.read(file, 50))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("Line 2 of " + file)
                .hasMessageContaining(reason);
    }

    @Test
    void filesThatAreNoPairs() throws IOException {
        assertThatThrownBy(() -> PreferenceFile.read(folder.resolve("none"), 1)).hasMessageContaining("cannot be read");
        assertThatThrownBy(() -> PreferenceFile.read(folder, 1)).hasMessageContaining("cannot be read");
        assertThatThrownBy(() -> PreferenceFile.read(file("\n"), 1)).hasMessageContaining("holds no pairs");
        Files.write(folder.resolve("bytes"), new byte[] {(byte) 0xff, (byte) 0xfe});
        assertThatThrownBy(() -> PreferenceFile.read(folder.resolve("bytes"), 1))
                .hasMessageContaining("is not UTF-8 text");
        Path endless = file("x".repeat(1 << 17));
        assertThatThrownBy(() -> PreferenceFile.read(endless, 1))
                .hasMessageContaining("has more than 65536 characters");
    }
}

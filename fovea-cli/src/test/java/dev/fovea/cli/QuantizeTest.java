package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code quantize}: what it exits with. */
class QuantizeTest {
    /** Characters of a path that Linux takes. */
    private static final int LONGEST = 4095;

    @TempDir
    Path folder;

    @Test
    void aCheckpointOnceMore() {
        Run run = Run.of("quantize", Run.MODEL, "--weights", "int8", "--out", folder.resolve("int8"));
        assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OK);
        assertThat(folder.resolve("int8/model.safetensors")).exists();
    }

    /** The small files still fit into the path, the file of the weights does not. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void weightsThatCannotBeWrittenAreAnOutputThatCannotBeWritten() throws IOException {
        int small = "/.part1234567890123456789/processor_config.json".length();
        Path parent = folder;
        int left = LONGEST - small - 12 - folder.toString().length();
        for (; left > 200; left -= 101) {
            parent = parent.resolve("n".repeat(100));
        }
        parent = Files.createDirectories(parent.resolve("n".repeat(left - 1)));
        Run run = Run.of("quantize", Run.MODEL, "--weights", "int8", "--out", parent.resolve("o"));
        assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OUTPUT);
        assertThat(run.err()).startsWith("fovea: " + folder).hasLineCount(1);
        assertThat(parent).isEmptyDirectory();
    }
}

package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class StandardOutputTest {
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final PrintStream err = new PrintStream(said, true, StandardCharsets.UTF_8);

    @Test
    void whatCanBeWrittenIsWritten() {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        assertThat(codeAfterPrinting(new StandardOutput(written), ExitCode.OK)).isEqualTo(ExitCode.OK);
        assertThat(written.toString(StandardCharsets.UTF_8)).isEqualTo("a result\n");
        assertThat(said.size()).isZero();
    }

    @Test
    void aResultThatIsLostOnAFullDiskIsAFailure() throws IOException {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full));
        try (OutputStream device = new FileOutputStream(full.toFile())) {
            StandardOutput output = new StandardOutput(device);
            assertThat(codeAfterPrinting(output, ExitCode.OK)).isEqualTo(ExitCode.OUTPUT);
            assertThat(said.toString(StandardCharsets.UTF_8))
                    .contains("standard output cannot be written: the disk is full")
                    .hasLineCount(1);
            assertThat(codeAfterPrinting(output, ExitCode.INPUT)).isEqualTo(ExitCode.INPUT);
        }
    }

    @Test
    void aReaderThatHasSeenEnoughIsNoFailure() {
        StandardOutput output = new StandardOutput(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        });
        assertThat(codeAfterPrinting(output, ExitCode.OK)).isEqualTo(ExitCode.OK);
        assertThat(said.size()).isZero();
    }

    private int codeAfterPrinting(StandardOutput output, int code) {
        new PrintStream(output, true, StandardCharsets.UTF_8).print("a result\n");
        return output.outcome(code, err);
    }
}

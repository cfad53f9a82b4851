package dev.fovea.core.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FolderLockTest {
    private static final long PID = ProcessHandle.current().pid();

    @TempDir
    Path folder;

    /** Takes a folder and holds it until the process is killed. */
    static final class Holder {
        private Holder() {}

        @SuppressWarnings("MustBeClosedChecker")
        public static void main(String[] args) throws IOException, InterruptedException {
            FolderLock lock = FolderLock.take(Path.of(args[0]));
            System.out.println("held");
            Thread.sleep(60_000);
            lock.close();
        }
    }

    @Test
    void theSecondIsToldWhoHoldsIt() throws IOException {
        try (FolderLock lock = FolderLock.take(folder)) {
            assertThat(lock).isNotNull();
            assertThatThrownBy(() -> FolderLock.take(folder))
                    .isInstanceOf(FolderLock.HeldException.class)
                    .hasMessageMatching("\\S+ is in use by process " + PID
                            + " on \\S.* since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d; wait until it has ended or"
                            + " choose another folder");
        }
        FolderLock.take(folder).close();
        assertThat(folder.resolve(".lock")).isEmptyFile();
    }

    /** On POSIX systems closing a file anywhere in a process would let go of its lock. */
    @Test
    void askingInVainDoesNotLetGo() throws Exception {
        try (FolderLock lock = FolderLock.take(folder)) {
            assertThat(lock).isNotNull();
            assertThatThrownBy(() -> FolderLock.take(folder)).isInstanceOf(FolderLock.HeldException.class);
            Process other = holder();
            assertThat(other.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(other.exitValue()).isNotZero();
            assertThat(new String(other.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("is in use by process " + PID);
        }
    }

    private Process holder() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Holder.class.getName(),
                        folder.toString())
                .start();
    }

    @Test
    void aProcessThatDiesLetsGo() throws Exception {
        Process holder = holder();
        try {
            assertThat(holder.inputReader().readLine()).isEqualTo("held");
            assertThatThrownBy(() -> FolderLock.take(folder)).hasMessageContaining("process " + holder.pid());
        } finally {
            holder.destroyForcibly();
        }
        assertThat(holder.waitFor(20, TimeUnit.SECONDS)).isTrue();
        FolderLock.take(folder).close();
        assertThat(folder.resolve(".lock")).isEmptyFile();
    }

    /** What a kill, a full disk or another program may leave. */
    @ParameterizedTest
    @ValueSource(strings = {"", "99999999\nhere\n2020-01-01 00:00:00\n", "nonsense", "1\n", "\u0000\u00ff"})
    void aFileThatNobodyHoldsIsTakenOver(String left) throws IOException {
        Files.writeString(folder.resolve(".lock"), left);
        FolderLock.take(folder).close();
        assertThat(folder.resolve(".lock")).isEmptyFile();
    }

    @Test
    void aFolderThatIsNotThereCannotBeTaken() {
        assertThatThrownBy(() -> FolderLock.take(folder.resolve("none"))).isInstanceOf(IOException.class);
    }
}

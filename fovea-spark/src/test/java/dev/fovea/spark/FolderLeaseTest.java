package dev.fovea.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two runs do not work on one folder, and one that is gone does not keep it. */
class FolderLeaseTest {
    @TempDir
    java.nio.file.Path folder;

    private FolderLease take() throws IOException {
        return FolderLease.take(FileSystem.getLocal(new Configuration()).getRaw(), new Path(folder.toUri()));
    }

    private java.nio.file.Path file() {
        return folder.resolve("_fovea.run");
    }

    @Test
    void aSecondRunIsRefusedUntilTheFirstHasEnded() throws IOException {
        try (FolderLease ignored = take()) {
            assertThatThrownBy(this::take)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("Another run works on")
                    .hasMessageContaining(String.valueOf(ProcessHandle.current().pid()));
            assertThat(file()).exists();
        }
        assertThat(file()).doesNotExist();
        take().close();
    }

    @Test
    void aProcessThatIsGoneKeepsNothing() throws Exception {
        Process gone = new ProcessBuilder("true").start();
        gone.waitFor();
        String[] mine;
        try (FolderLease ignored = take()) {
            mine = Files.readString(file()).strip().split(" ");
        }
        Files.writeString(file(), mine[0] + " " + gone.pid() + " " + mine[2] + " other");
        take().close();
        // Its number has been given to another process since.
        Files.writeString(file(), mine[0] + " " + mine[1] + " 1999-12-31T00:00:00Z other");
        take().close();
    }

    @Test
    void aRunOfAnotherMachineKeepsItAsLongAsItShowsItself() throws IOException {
        Files.writeString(file(), "elsewhere 7 unknown other");
        assertThatThrownBy(this::take).hasMessageContaining("process 7 on elsewhere");
        Files.setLastModifiedTime(file(), FileTime.from(Instant.now().minusSeconds(600)));
        take().close();
        Files.writeString(file(), "");
        assertThatThrownBy(this::take).hasMessageContaining("another machine");
    }
}

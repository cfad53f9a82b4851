package dev.fovea.core.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fovea.core.file.OutputFile.Content;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.stream.FileImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class OutputFileTest {
    private static final Path FULL = Path.of("/dev/full");

    @TempDir
    private Path folder;

    @Test
    void theWholeFileAppearsInFoldersThatAreMade() throws IOException {
        Path target = folder.resolve("new/folder/out.txt");
        OutputFile.check(target);
        assertThat(folder.resolve("new")).doesNotExist();
        OutputFile.write(target, file -> {
            assertThat(file).doesNotExist();
            Files.writeString(file, "whole");
            assertThat(target).doesNotExist();
        });
        assertThat(target).hasContent("whole");
        assertThat(names(target.resolveSibling("."))).containsExactly("out.txt");
    }

    @Test
    void namesThatTheFileSystemDoesNotTakeAreFoundBeforeTheWork() {
        Path target = folder.resolve("n".repeat(300));
        IOException e = catchThrowableOfType(IOException.class, () -> OutputFile.check(target));
        assertThat(OutputFile.sentence(target, e))
                .contains("cannot be written: ")
                .hasLineCount(1);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void foldersAreTriedWhereTheyAreOrWillBe() throws IOException {
        OutputFile.checkFolder(folder);
        OutputFile.checkFolder(folder.resolve("new/folder"));
        assertThat(folder).isEmptyDirectory();
        Path file = Files.writeString(folder.resolve("file"), "");
        for (Path wrong : List.of(file, file.resolve("folder"))) {
            IOException e = catchThrowableOfType(IOException.class, () -> OutputFile.checkFolder(wrong));
            assertThat(OutputFile.sentence(wrong, e))
                    .isEqualTo(wrong + " cannot be written: " + file + " is a file, not a folder");
        }
    }

    @Test
    void aFullDiskIsCalledThatAndTheOldFileStays() throws IOException {
        assumeTrue(Files.exists(FULL));
        Path target = Files.writeString(folder.resolve("out.png"), "old");
        Content bytes = file -> {
            Files.writeString(file, "half");
            try (FileChannel full = FileChannel.open(FULL, StandardOpenOption.WRITE)) {
                full.write(java.nio.ByteBuffer.allocate(4096));
            }
        };
        Content picture = file -> {
            Files.writeString(file, "half");
            try (FileImageOutputStream full = new FileImageOutputStream(new File("/dev/full"))) {
                ImageIO.write(new BufferedImage(300, 200, BufferedImage.TYPE_3BYTE_BGR), "png", full);
            }
        };
        for (Content content : List.of(bytes, picture)) {
            assertThat(refusal(target, content))
                    .isEqualTo(target + " cannot be written: the disk is full; free some space and try again");
            assertThat(target).hasContent("old");
            assertThat(names(folder)).containsExactly("out.png");
        }
    }

    @Test
    void whatIsInTheWayIsNamed() throws IOException {
        Path directory = Files.createDirectory(folder.resolve("directory"));
        Path file = Files.writeString(folder.resolve("file"), "x");
        assertThat(refusal(directory, f -> {}))
                .isEqualTo(directory + " cannot be written: it is a folder; name a file");
        for (Path below : List.of(file.resolve("out.png"), file.resolve("more/out.png"))) {
            assertThat(refusal(below, f -> {}))
                    .isEqualTo(below + " cannot be written: " + file + " is a file, not a folder");
        }
        assertThat(names(folder)).containsExactly("directory", "file");
    }

    @Test
    void aDeviceIsNotReplacedByAFile() {
        assumeTrue(Files.exists(FULL));
        assertThat(refusal(FULL, f -> Files.writeString(f, "x"))).contains("it is a device, not a file");
        assertThat(Files.isRegularFile(FULL)).isFalse();
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void permissionsCount() throws IOException {
        Path closed = Files.createDirectory(folder.resolve("closed"));
        Path kept = Files.writeString(folder.resolve("kept.png"), "x");
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r-xr-xr-x"));
        Files.setPosixFilePermissions(kept, PosixFilePermissions.fromString("r--r--r--"));
        // Nothing is closed to the superuser.
        assumeTrue(!Files.isWritable(closed));
        assertThat(refusal(closed.resolve("out.png"), f -> {}))
                .endsWith("permission is denied in the folder " + closed);
        assertThat(refusal(kept, f -> {})).endsWith("permission is denied");
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void linksAreFollowed() throws IOException {
        Path real = Files.writeString(folder.resolve("real.txt"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link.txt"), real.getFileName());
        OutputFile.write(link, file -> Files.writeString(file, "new"));
        assertThat(link).isSymbolicLink();
        assertThat(real).hasContent("new");
    }

    @Test
    void everyReasonIsInWords() {
        assertThat(Reasons.of(new java.nio.file.NoSuchFileException("x"))).isEqualTo("it does not exist");
        assertThat(Reasons.of(new java.nio.file.AccessDeniedException("x"))).isEqualTo("permission is denied");
        assertThat(Reasons.of(new java.nio.file.FileSystemException("x", null, "Is a directory")))
                .isEqualTo("it is a folder");
        assertThat(Reasons.of(new IOException("outer", new IOException("No space left on device"))))
                .startsWith("the disk is full");
        assertThat(Reasons.of(new java.io.FileNotFoundException("/a/.b (c).part (Permission denied)")))
                .isEqualTo("permission is denied");
        assertThat(Reasons.of(new IOException("Input/output error"))).isEqualTo("Input/output error");
        assertThat(Reasons.of(new IOException())).isEqualTo("IOException");
        assertThatCode(() -> OutputFile.check(Path.of("a relative name"))).doesNotThrowAnyException();
    }

    private static String refusal(Path target, Content content) {
        IOException failure = catchThrowableOfType(IOException.class, () -> OutputFile.write(target, content));
        assertThat(failure).as("writing " + target).isNotNull();
        return OutputFile.sentence(target, failure);
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }
}

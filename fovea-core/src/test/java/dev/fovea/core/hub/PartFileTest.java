package dev.fovea.core.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a process that died left is what the next one goes on from. */
class PartFileTest {
    @TempDir
    Path dir;

    @Test
    void completePiecesAreRemembered() throws IOException {
        Path blob = dir.resolve("blob");
        try (PartFile part = PartFile.open(blob, 10, 4)) {
            assertThat(part.pieces()).isEqualTo(3);
            part.write(ByteBuffer.wrap(new byte[] {5, 6, 7, 8}), 4);
            part.complete(1);
            assertThat(part.present()).isEqualTo(4);
        }
        try (PartFile part = PartFile.open(blob, 10, 4)) {
            assertThat(part.missing()).containsExactly(0, 2);
            part.write(ByteBuffer.wrap(new byte[] {9, 10}), 8);
            part.complete(2);
            assertThat(part.present()).isEqualTo(6);
        }
    }

    @Test
    void aLineThatWasCutDoesNotCount() throws IOException {
        Path blob = dir.resolve("blob");
        try (PartFile part = PartFile.open(blob, 100, 1)) {
            part.write(ByteBuffer.wrap(new byte[100]), 0);
            part.complete(3);
        }
        Files.writeString(dir.resolve("blob.fovea-pieces"), "4", StandardOpenOption.APPEND);
        try (PartFile part = PartFile.open(blob, 100, 1)) {
            assertThat(part.missing()).doesNotContain(3).contains(4);
            part.complete(5);
        }
        // Nor does what follows it make another number of it.
        try (PartFile part = PartFile.open(blob, 100, 1)) {
            assertThat(part.missing()).doesNotContain(3, 5).contains(4, 45);
        }
    }

    @Test
    void anotherSizeStartsAnew() throws IOException {
        Path blob = dir.resolve("blob");
        try (PartFile part = PartFile.open(blob, 8, 4)) {
            part.write(ByteBuffer.wrap(new byte[8]), 0);
            part.complete(0);
        }
        try (PartFile part = PartFile.open(blob, 9, 4)) {
            assertThat(part.present()).isZero();
        }
    }
}

package dev.fovea.core.weights.gguf;

import static dev.fovea.core.weights.gguf.GgufBytes.LIST;
import static dev.fovea.core.weights.gguf.GgufBytes.TEXT;
import static dev.fovea.core.weights.gguf.GgufBytes.WHOLE;
import static dev.fovea.core.weights.gguf.GgufBytes.file;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.fovea.core.weights.CheckpointException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Files made to hurt a reader: each is refused in one sentence, and nothing is allocated on their word. */
class GgufErrorsTest {
    private static final long BEYOND = 1L << 62;

    @TempDir
    Path folder;

    static Stream<Arguments> wrongFiles() {
        return Stream.of(
                arguments("empty", new GgufBytes(), "does not begin with 'GGUF'"),
                arguments("another format", new GgufBytes().text("safetensors"), "does not begin with 'GGUF'"),
                arguments("version 1", new GgufBytes().int32(0x46554747).int32(1), "version 1"),
                arguments("version 4", new GgufBytes().int32(0x46554747).int32(4), "version 4"),
                arguments("other end first", new GgufBytes().int32(0x46554747).int32(3 << 24), "highest byte first"),
                arguments("no counts", new GgufBytes().int32(0x46554747).int32(3), "cut off in the middle of"),
                arguments("tensors that overflow", file(BEYOND, 0), "the number of tensors is 4611686018427387904"),
                arguments("negative tensors", file(-1, 0), "the number of tensors is 18446744073709551615"),
                arguments("values that overflow", file(0, BEYOND), "the number of values"),
                arguments("a key longer than the file", file(0, 1).int64(BEYOND).int64(0), "the length of the name"),
                arguments(
                        "a key that is no text",
                        file(0, 1).int64(2).bytes(new byte[] {-1, -2}).int64(0),
                        "not UTF-8"),
                arguments(
                        "a key too long",
                        file(0, 1).value("x".repeat(65_536), 0).int8(0),
                        "65536 characters long"),
                arguments("an unknown kind", file(0, 1).value("a", 13).int64(0), "'a' is of kind 13"),
                arguments("a negative kind", file(0, 1).value("a", -1).int64(0), "'a' is of kind 4294967295"),
                arguments("a flag that is none", file(0, 1).value("a", 7).int8(2), "true or false, but is 2"),
                arguments(
                        "a value twice",
                        file(0, 2).value("a", 0).int8(0).value("a", 0).int8(0),
                        "'a' twice"),
                arguments(
                        "a text past the end",
                        file(0, 1).value("a", TEXT).int64(9).int8(0),
                        "the length of 'a' is 9"),
                arguments(
                        "a list that overflows",
                        file(0, 1).value("a", LIST).int32(12).int64(BEYOND),
                        "the length of 'a' is 4611686018427387904"),
                arguments(
                        "a list of what is not defined",
                        file(0, 1).value("a", LIST).int32(77).int64(0),
                        "a list of kind 77"),
                arguments("lists in lists", lists(), "lists in lists in lists"),
                arguments(
                        "a text in a list past the end",
                        file(0, 1).value("a", LIST).int32(TEXT).int64(1).int64(5),
                        "an entry of 'a'"),
                arguments("no alignment", aligned(0), "'general.alignment' is 0"),
                arguments("an odd alignment", aligned(33), "'general.alignment' is 33"),
                arguments("an unbounded alignment", aligned(1 << 30), "'general.alignment' is 1073741824"),
                arguments(
                        "an alignment that is text",
                        file(0, 1).value("general.alignment", TEXT).text("32"),
                        "'general.alignment' is no whole number"),
                arguments("rank 0", tensor(0, 0), "has 0 dimensions"),
                arguments("rank 5", tensor(0, 0, 1, 1, 1, 1, 1), "has 5 dimensions"),
                arguments("a zero size", tensor(0, 0, 0, 4), "has the shape [4, 0]"),
                arguments("a negative size", tensor(0, 0, -4), "has the shape [-4]"),
                arguments("sizes that overflow", tensor(0, 0, 1L << 40, 1L << 40), "which no tensor can have"),
                arguments("sizes that wrap to few", tensor(0, 0, 1L << 32, 1L << 32, 4), "which no tensor can have"),
                arguments("bytes that overflow", tensor(0, 0, 1L << 62), "which no tensor can have"),
                arguments("an unknown type", tensor(99, 0, 4), "ggml type 99, which Fovea cannot read (it reads F32"),
                arguments("a type that went away", tensor(4, 0, 32), "ggml type 4"),
                arguments("rows that do not fill blocks", tensor(8, 0, 33), "rows of 33 weights, which blocks of 32"),
                arguments("a place past the end", tensor(0, 64, 4), "from byte 64 of the data on"),
                arguments("a place that overflows", tensor(0, Long.MAX_VALUE & ~31, 4), "cut off or corrupt"),
                arguments("a negative place", tensor(0, -32, 4), "no multiple of the alignment"),
                arguments("a place off the alignment", tensor(0, 4, 4), "no multiple of the alignment 32"),
                arguments(
                        "tensors over one another",
                        file(2, 0)
                                .tensor("a", 0, 0, 16)
                                .tensor("b", 0, 32, 4)
                                .padded(32)
                                .bytes(new byte[64]),
                        "'a' and 'b' lie over one another"),
                arguments(
                        "a tensor twice",
                        file(2, 0)
                                .tensor("a", 0, 0, 4)
                                .tensor("a", 0, 32, 4)
                                .padded(32)
                                .bytes(new byte[64]),
                        "tensor 'a' twice"),
                arguments(
                        "a name that commands a terminal",
                        file(1, 0).tensor("\u001b[2J", 99, 0, 4),
                        "tensor '\\u001b[2J'"));
    }

    private static GgufBytes aligned(int alignment) {
        return file(0, 1).value("general.alignment", WHOLE).int32(alignment);
    }

    private static GgufBytes tensor(int type, long offset, long... sizes) {
        return file(1, 0).tensor("t", type, offset, sizes).padded(32).bytes(new byte[64]);
    }

    private static GgufBytes lists() {
        GgufBytes bytes = file(0, 1).value("a", LIST);
        for (int i = 0; i < 100_000; i++) {
            bytes.int32(LIST).int64(1);
        }
        return bytes.int32(0).int64(0);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongFiles")
    void wrongFilesAreRefusedInOneSentence(String name, GgufBytes bytes, String said) throws Exception {
        Path path = Files.write(folder.resolve("wrong.gguf"), bytes.toBytes());
        assertThatThrownBy(() -> GgufFile.open(path).close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith(path.toString())
                .hasMessageContaining(said);
    }

    @Test
    void aFileThatIsCutAnywhereIsRefused() throws Exception {
        byte[] sound = GgufBytes.sound().toBytes();
        Path path = folder.resolve("cut.gguf");
        Files.write(path, sound);
        GgufFile.open(path).close();
        for (int length = 0; length < sound.length; length++) {
            Files.write(path, Arrays.copyOf(sound, length));
            assertThatThrownBy(() -> GgufFile.open(path).close())
                    .as("cut to %d bytes", length)
                    .isInstanceOf(CheckpointException.class);
        }
    }

    @Test
    void aHundredThousandValuesAreReadAtOnce() throws Exception {
        GgufBytes bytes = file(0, 100_000);
        for (int i = 0; i < 100_000; i++) {
            bytes.value("v" + i, 0).int8(i & 0x7f);
        }
        Path path = Files.write(folder.resolve("many.gguf"), bytes.toBytes());
        // Of this thread's processor, so that a busy machine fails nothing; one pass takes a tenth of it.
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long began = threads.getCurrentThreadCpuTime();
        try (GgufFile file = GgufFile.open(path)) {
            assertThat(file.values()).hasSize(100_000);
        }
        assertThat(threads.getCurrentThreadCpuTime() - began).isLessThan(2_000_000_000L);
    }

    @Test
    void aFolderOrNothingIsNoFile() {
        assertThatThrownBy(() -> GgufFile.open(folder)).isInstanceOf(CheckpointException.class);
        assertThatThrownBy(() -> GgufFile.open(folder.resolve("absent.gguf"))).isInstanceOf(CheckpointException.class);
    }
}

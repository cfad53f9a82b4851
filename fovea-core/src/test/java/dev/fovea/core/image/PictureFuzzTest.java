package dev.fovea.core.image;

import dev.fovea.core.Fuzzing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Damaged pictures of every format end in a picture or in one sentence, and soon: no crash, no hang, no
 * {@code OutOfMemoryError}, no exception of a decoder. The inputs are the golden pictures with bytes, numbers and whole
 * stretches changed, cut off, doubled or taken from another picture.
 */
@Tag("fuzz")
class PictureFuzzTest {
    private static final int INPUTS = 500_000;
    private static final int LARGEST_SEED = 20_000;
    private static final Path GOLDEN = Path.of("src/test/resources/golden");

    /** Numbers at the edges of what sizes, counts and offsets may be. */
    private static final long[] EDGES = {
        0,
        1,
        2,
        7,
        8,
        0x7f,
        0x80,
        0xff,
        0x100,
        0x3fff,
        0x4000,
        0x7fff,
        0x8000,
        0xffff,
        0x10000,
        0xffffff,
        0x1000000,
        0x7fffffffL,
        0x80000000L,
        0xfffffff0L,
        0xffffffffL
    };

    @ParameterizedTest
    @EnumSource
    void damagedPicturesEndInASentence(PictureFormat format) throws IOException {
        List<byte[]> seeds = seeds(format);
        PictureReader reader = new PictureReader();
        // Unharmed they must all be read; this also loads what is native before time is taken.
        seeds.forEach(seed -> reader.read(seed, "seed"));
        Fuzzing.run(
                "pictures " + format,
                INPUTS / PictureFormat.values().length,
                PictureException.class::isInstance,
                random -> {
                    byte[] mutant = mutant(seeds, random);
                    if (format == PictureFormat.PNG && random.nextBoolean()) {
                        correctSums(mutant);
                    }
                    reader.read(mutant, "mutant");
                });
    }

    private static List<byte[]> seeds(PictureFormat format) throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        for (String folder : List.of("formats/pictures", "formats/cases", "formats/heic", "images/pictures")) {
            try (Stream<Path> files = Files.list(GOLDEN.resolve(folder)).sorted()) {
                files.map(PictureFuzzTest::bytes)
                        .filter(b -> b.length <= LARGEST_SEED && PictureFormat.of(b) == format)
                        .forEach(seeds::add);
            }
        }
        return seeds;
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] mutant(List<byte[]> seeds, SplittableRandom random) {
        byte[] mutant = seeds.get(random.nextInt(seeds.size())).clone();
        int changes = 1 + random.nextInt(random.nextInt(1, 9));
        for (int i = 0; i < changes && mutant.length > 8; i++) {
            mutant = switch (random.nextInt(8)) {
                case 0, 1 -> withByte(mutant, random);
                case 2, 3, 4 -> withNumber(mutant, random);
                case 5 -> Arrays.copyOf(mutant, random.nextInt(8, mutant.length + 64));
                case 6 -> spliced(mutant, mutant, random);
                default -> spliced(mutant, seeds.get(random.nextInt(seeds.size())), random);
            };
        }
        return mutant;
    }

    /** Most headers lie at the beginning, so half of the changes are made there. */
    private static int place(byte[] file, SplittableRandom random) {
        return random.nextInt(random.nextBoolean() ? Math.min(file.length, 128) : file.length);
    }

    private static byte[] withByte(byte[] file, SplittableRandom random) {
        file[place(file, random)] = (byte) random.nextInt();
        return file;
    }

    private static byte[] withNumber(byte[] file, SplittableRandom random) {
        int width = 1 << random.nextInt(4);
        int at = Math.min(place(file, random), file.length - width);
        long value = EDGES[random.nextInt(EDGES.length)];
        ByteBuffer out = ByteBuffer.wrap(file);
        out.order(random.nextBoolean() ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        switch (width) {
            case 1 -> out.put(at, (byte) value);
            case 2 -> out.putShort(at, (short) value);
            case 4 -> out.putInt(at, (int) value);
            default -> out.putLong(at, value);
        }
        return file;
    }

    /** So that damage inside a chunk gets beyond its check sum. */
    private static void correctSums(byte[] png) {
        CRC32 sum = new CRC32();
        for (long at = 8; at + 12 <= png.length; at += 12 + Bytes.big(png, (int) at)) {
            long end = at + 8 + Bytes.big(png, (int) at);
            if (end + 4 > png.length) {
                return;
            }
            sum.reset();
            sum.update(png, (int) at + 4, (int) (end - at - 4));
            ByteBuffer.wrap(png).putInt((int) end, (int) sum.getValue());
        }
    }

    /** A stretch of another file in place of one of this file, at times longer or shorter. */
    private static byte[] spliced(byte[] file, byte[] other, SplittableRandom random) {
        int from = place(file, random);
        int to = Math.min(file.length, from + random.nextInt(0, 64));
        int otherFrom = place(other, random);
        int length = Math.min(other.length - otherFrom, random.nextInt(0, 64));
        byte[] out = new byte[file.length - (to - from) + length];
        System.arraycopy(file, 0, out, 0, from);
        System.arraycopy(other, otherFrom, out, from, length);
        System.arraycopy(file, to, out, from + length, file.length - to);
        return out;
    }
}

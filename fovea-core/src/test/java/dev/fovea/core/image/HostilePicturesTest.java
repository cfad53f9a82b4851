package dev.fovea.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that ask for more than they are worth end in one sentence, before the work is done. */
@Timeout(20)
class HostilePicturesTest {
    private static final Path FOLDER = GoldenFormatsTest.FOLDER;

    private final PictureReader reader = new PictureReader();

    @ParameterizedTest
    @CsvSource({
        "jpeg-prog-4000-500scans.jpg, 510 scans",
        "tiff-tile.tif, tiles of 2147483647x2147483647",
        "webp-iccp.webp, truncated or damaged"
    })
    void filesThatHungOrTookAllMemory(String name, String expected) {
        assertThatThrownBy(() -> reader.read(FOLDER.resolve("hostile").resolve(name)))
                .isInstanceOf(PictureException.class)
                .hasMessageContaining(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "65500, 2700, 90, hold next to nothing",
        "4000, 4000, 99, hold next to nothing",
        "4000, 4000, 101, 101 scans",
        "9000, 9000, 10, hold next to nothing",
        "4000, 4000, 3, truncated or damaged"
    })
    void progressiveJpegsWithNothingInTheirScans(int width, int height, int scans, String expected) throws IOException {
        byte[] jpeg = withScans(width, height, scans);
        assertThat(jpeg).hasSizeLessThan(10_000);
        assertThatThrownBy(() -> reader.read(jpeg, "x"))
                .isInstanceOf(PictureException.class)
                .hasMessageContaining(expected);
    }

    @Test
    void aCallerMayAllowMoreOrLess() throws IOException {
        byte[] jpeg = Files.readAllBytes(FOLDER.resolve("pictures/icc-progressive.jpg"));
        PictureReader strict = new PictureReader(PictureLimits.DEFAULT.withScans(5));
        assertThatThrownBy(() -> strict.read(jpeg, "x")).hasMessageContaining("scans, more than the limit of 5");
        assertThat(reader.read(jpeg, "x").image()).isNotNull();
        PictureReader small = new PictureReader(PictureLimits.DEFAULT.withFileBytes(100));
        assertThatThrownBy(() -> small.read(jpeg, "x"))
                .hasMessage("x has more than 100 bytes, the limit for a picture file");
    }

    /** The scans of a small progressive JPEG's last one again and again, under a frame of another size. */
    private static byte[] withScans(int width, int height, int scans) throws IOException {
        byte[] seed = Files.readAllBytes(FOLDER.resolve("pictures/icc-progressive.jpg"));
        int frame = find(seed, 0xc2, 2);
        ByteBuffer.wrap(seed).putShort(frame + 5, (short) height).putShort(frame + 7, (short) width);
        int scan = find(seed, 0xda, frame);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(seed, 0, scan);
        for (int i = 0; i < scans; i++) {
            // One component, one coefficient after the first, and not a bit of data.
            out.writeBytes(new byte[] {-1, (byte) 0xda, 0, 8, 1, 1, 0, 1, 1, 0});
        }
        out.writeBytes(new byte[] {-1, (byte) 0xd9});
        return out.toByteArray();
    }

    private static int find(byte[] b, int marker, int from) {
        int at = from;
        while ((b[at] & 0xff) != 0xff || (b[at + 1] & 0xff) != marker) {
            at += at == 2 || (b[at] & 0xff) == 0xff && at > 2 ? 2 + Bytes.big16(b, at + 2) : 1;
        }
        return at;
    }

    @ParameterizedTest
    @CsvSource({
        "322, 70000000, tiles of 70000000x16",
        "323, 2147483647, tiles of 16x2147483647",
        "322, 0, truncated or damaged",
        "256, 100000, truncated or damaged",
        "257, 2147483647, claims 37x2147483647 pixels",
        "277, 60000, 60000 samples",
        "259, 50000, Zstandard"
    })
    void tiffsThatAnnounceMoreThanTheyHold(int tag, int value, String expected) throws IOException {
        byte[] tiff = Files.readAllBytes(FOLDER.resolve("pictures/rgb-tiled.tif"));
        ByteBuffer in = ByteBuffer.wrap(tiff).order(ByteOrder.LITTLE_ENDIAN);
        int directory = in.getInt(4);
        for (int i = 0; i < in.getShort(directory); i++) {
            int entry = directory + 2 + 12 * i;
            if (in.getShort(entry) == tag) {
                in.putShort(entry + 2, (short) 4).putInt(entry + 8, value);
            }
        }
        assertThatThrownBy(() -> reader.read(tiff, "x"))
                .isInstanceOf(PictureException.class)
                .hasMessageContaining(expected);
    }

    @ParameterizedTest
    @CsvSource({"4, 0xffffffff", "0, 0x0000ffff", "0, 0x00000000", "4, 0x00000000"})
    void avifsWhoseGridIsNotThatOfTheirTiles(int at, String value) throws IOException {
        byte[] avif = Files.readAllBytes(FOLDER.resolve("pictures/tiles.avif"));
        // The grid's rows and columns, less one each, then its width and height.
        int grid = new String(avif, StandardCharsets.ISO_8859_1).indexOf("mdat") + 4;
        ByteBuffer.wrap(avif).putInt(grid + at, Long.decode(value).intValue());
        assertThatThrownBy(() -> reader.read(avif, "x"))
                .isInstanceOf(PictureException.class)
                .hasMessageMatching("x (claims 65535x65535 pixels|is a truncated or damaged AVIF).*");
    }

    @ParameterizedTest
    @ValueSource(strings = {"pictures/tiles.avif", "pictures/420.avif", "heic/444.heic", "heic/grey.heic"})
    void cutAvifAndHeicAreRefused(String name) throws IOException {
        byte[] whole = Files.readAllBytes(FOLDER.resolve(name));
        for (int tenth = 1; tenth < 10; tenth++) {
            byte[] cut = Arrays.copyOf(whole, whole.length * tenth / 10);
            assertThatThrownBy(() -> reader.read(cut, "x"))
                    .as("cut to %d of %d bytes", cut.length, whole.length)
                    .isInstanceOf(PictureException.class);
        }
    }

    @Test
    void metadataThatInflateToGigabytesAreLeftAside() throws IOException {
        byte[] png = Files.readAllBytes(FOLDER.resolve("pictures/grey-2.png"));
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        text.writeBytes("Raw profile type exif\0\0".getBytes(StandardCharsets.ISO_8859_1));
        try (var deflated = new DeflaterOutputStream(text, new Deflater(9))) {
            for (int i = 0; i < 300; i++) {
                deflated.write(new byte[1 << 20]);
            }
        }
        byte[] bomb = withChunk(png, "zTXt", text.toByteArray());
        assertThat(bomb).hasSizeLessThan(500_000);
        assertThat(reader.read(bomb, "x").image().rgb())
                .isEqualTo(reader.read(png, "y").image().rgb());
    }

    private static byte[] withChunk(byte[] png, String name, byte[] data) {
        ByteBuffer out = ByteBuffer.allocate(png.length + 12 + data.length);
        byte[] title = name.getBytes(StandardCharsets.US_ASCII);
        CRC32 sum = new CRC32();
        sum.update(title);
        sum.update(data);
        out.put(png, 0, 33).putInt(data.length).put(title).put(data).putInt((int) sum.getValue());
        return out.put(png, 33, png.length - 33).array();
    }

    @ParameterizedTest
    @ValueSource(strings = {"grey-2.png", "bits-24.bmp", "large-420.jpg"})
    void sizesThatSoFewBytesCannotHoldAreRefusedBeforeRoomIsMade(String name) throws IOException {
        byte[] file = Files.readAllBytes(FOLDER.resolve("pictures").resolve(name));
        ByteBuffer out = ByteBuffer.wrap(file);
        if (name.endsWith(".png")) {
            out.putInt(16, 13_000).putInt(20, 13_000);
        } else if (name.endsWith(".bmp")) {
            out.order(ByteOrder.LITTLE_ENDIAN).putInt(18, 13_000).putInt(22, 13_000);
        } else {
            int frame = find(file, 0xc0, 2);
            out.putShort(frame + 5, (short) 13_000).putShort(frame + 7, (short) 13_000);
        }
        long before = System.nanoTime();
        assertThatThrownBy(() -> reader.read(file, "x")).hasMessageContaining("x is a truncated or damaged");
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(2));
    }

    @Test
    void whatDoesNotFitIntoMemoryIsNotCalledDamaged() {
        // 712,890,000 pixels take more than the 4 GB that tests have.
        PictureReader generous = new PictureReader(Integer.MAX_VALUE / 3);
        byte[] webp = Arrays.copyOf(lossless(16_384, 16_384), 60);
        assertThatThrownBy(() -> new PictureReader().read(webp, "x")).hasMessageContaining("claims 16384x16384 pixels");
        ByteBuffer tiff = ByteBuffer.allocate(8 + 2 + 12 * 2 + 4).order(ByteOrder.LITTLE_ENDIAN);
        tiff.put((byte) 'I').put((byte) 'I').putShort((short) 42).putInt(8).putShort((short) 2);
        tiff.putShort((short) 256).putShort((short) 4).putInt(1).putInt(26_700);
        tiff.putShort((short) 257).putShort((short) 4).putInt(1).putInt(26_700).putInt(0);
        assertThatThrownBy(() -> generous.read(tiff.array(), "x"))
                .isInstanceOf(PictureException.class)
                .hasMessageMatching("x \\(26700x26700 pixels\\) does not fit into the memory of \\d+ MB; "
                        + "give the JVM more \\(-Xmx\\) or scale the picture down");
    }

    /** The beginning of a lossless WebP of that size. */
    private static byte[] lossless(int width, int height) {
        ByteBuffer out = ByteBuffer.allocate(60).order(ByteOrder.LITTLE_ENDIAN);
        out.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(52);
        out.put("WEBPVP8L".getBytes(StandardCharsets.US_ASCII)).putInt(40).put((byte) 0x2f);
        return out.putInt((width - 1) | (height - 1) << 14).array();
    }

    @Test
    void aStreamThatNeverEndsIsReadUpToTheLimit() {
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                return 'x';
            }

            @Override
            public int read(byte[] into, int offset, int length) {
                Arrays.fill(into, offset, offset + length, (byte) 'x');
                return length;
            }
        };
        PictureReader small = new PictureReader(PictureLimits.DEFAULT.withFileBytes(1 << 20));
        assertThatThrownBy(() -> small.read(endless, "pipe"))
                .isInstanceOf(PictureException.class)
                .hasMessage("pipe has more than 1048576 bytes, the limit for a picture file");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lossy-60.webp",
                "420.avif",
                "rgb.tif",
                "rgb-16-adam7.png",
                "large-420.jpg",
                "plain.gif",
                "bits-24.bmp"
            })
    void anInterruptedThreadDecodesNothing(String name) throws IOException {
        byte[] file = Files.readAllBytes(FOLDER.resolve("pictures").resolve(name));
        Thread.currentThread().interrupt();
        try {
            assertThatThrownBy(() -> reader.read(file, "x"))
                    .isInstanceOf(PictureException.class)
                    .hasMessage("x was not decoded because its thread was interrupted");
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"webp", "tiff", "png", "jpeg", "gif", "bmp"})
    void decodingEndsWhenItsThreadIsInterrupted(String format) throws Exception {
        byte[] file = encoded(format, 2_500);
        long whole = System.nanoTime();
        assertThat(reader.read(file, "x").image().width()).isEqualTo(2_500);
        whole = System.nanoTime() - whole;
        AtomicReference<Throwable> end = new AtomicReference<>();
        Thread thread = Thread.ofPlatform().start(() -> {
            try {
                reader.read(file, "x");
            } catch (PictureException e) {
                end.set(e);
            }
        });
        Thread.sleep(Math.max(1, whole / 20_000_000));
        thread.interrupt();
        thread.join(10_000);
        assertThat(thread.isAlive()).isFalse();
        assertThat(end.get()).hasMessage("x was not decoded because its thread was interrupted");
    }

    @ParameterizedTest
    @ValueSource(strings = {"webp", "tiff", "png", "jpeg", "gif", "bmp"})
    void decodingEndsWhenItsTimeIsOver(String format) throws IOException {
        byte[] file = encoded(format, 1_000);
        PictureReader hasty = new PictureReader(PictureLimits.DEFAULT.withTime(Duration.ofMillis(1)));
        assertThatThrownBy(() -> hasty.read(file, "x"))
                .isInstanceOf(PictureException.class)
                .hasMessageContaining("x takes longer to decode than the limit of 0.001 seconds");
    }

    private static byte[] encoded(String format, int side) throws IOException {
        // A GIF has a palette; making one from all colours would take the writer longer than the rest of the test.
        int type = format.equals("gif") ? BufferedImage.TYPE_BYTE_INDEXED : BufferedImage.TYPE_3BYTE_BGR;
        BufferedImage image = new BufferedImage(side, side, type);
        for (int i = 0; i < side; i++) {
            image.setRGB(i, i, 0xff8000 + i);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(ImageIO.write(image, format, out))
                .as("a writer for %s", format)
                .isTrue();
        return out.toByteArray();
    }

    @ParameterizedTest
    @CsvSource({
        "https://example.org/a.png, is a URL, download it first",
        "http://example.org/a.png, is a URL, download it first",
        "'data:image/png;base64,iVBORw0KGgo', is a URL, save it as a file first",
        "file:///tmp/a.png, is a URL, 'give the path alone, /tmp/a.png'",
        "'', An empty name is no picture, give the path of a file"
    })
    void whatIsNoFileIsSaidSo(String name, String what, String advice) {
        assertThatThrownBy(() -> reader.read(Path.of(name)))
                .isInstanceOf(PictureException.class)
                .hasMessageContaining(what)
                .hasMessageContaining(advice);
    }

    @Test
    void limitsMustMakeSense() {
        assertThatThrownBy(() -> PictureLimits.DEFAULT.withScans(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PictureLimits.DEFAULT.withTime(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PictureLimits.DEFAULT.withPixels(1L << 40))
                .isInstanceOf(IllegalArgumentException.class);
    }
}

package dev.fovea.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PictureReaderTest {
    // 5x3 pixels, red = 50 x, green = 80 y, blue as said; written losslessly.
    private static final String WEBP =
            "UklGRjwAAABXRUJQVlA4TC8AAAAvBIAAAHdAkG0zxCLcH+QMIzPI89+DDLC8AAYBIBGoWFJIIbgUVhg1"
                    + "ov/hIce+AAA="; // blue 200
    private static final String WEBP_ANIMATED =
            "UklGRhQBAABXRUJQVlA4WAoAAAACAAAABAAAAgAAQU5JTQYAAAAAAAAAAABBTk1GSAAAAAAAAAAAAAQAAAIAAGQAAAJWUDhMLwAAAC8EgAAAd0CQ"
                    + "bTPEItwf5AwjMwrz34MMsLwABgEgEahYUkghuBRWGDWi/+Ehx74AAEFOTUZIAAAAAAAAAAAABAAAAgAAZAAAAFZQOEwvAAAALwSAAAB3"
                    + "QJBtM8Qi3B/kDCMzZPPfgwywvAAGASARqFhSSCG4FFYYNaL/4SHHvgAAQU5NRkgAAAAAAAAAAAAEAAACAABkAAAAVlA4TC8AAAAvBIAA"
                    + "AHdAkG0zxCLcH+QMIzPI89+DDLC8AAYBIBGoWFJIIbgUVhg1ov/hIce+AAA="; // blue 10, 100, 200
    private static final String WEBP_TURNED =
            "UklGRnAAAABXRUJQVlA4WAoAAAAIAAAABAAAAgAAVlA4TC8AAAAvBIAAAHdAkG0zxCLcH+QMIzPI"
                    + "89+DDLC8AAYBIBGoWFJIIbgUVhg1ov/hIce+AABFWElGGgAAAE1NACoAAAAIAAEBEgADAAAAAQAGAAAAAAAA";
    private static final String PNG_TURNED =
            "iVBORw0KGgoAAAANSUhEUgAAAAUAAAADCAIAAADUVFKvAAAAGmVYSWZNTQAqAAAACAABARIAAwAAAAEABgAAAAAAANZnS2kAAAAYSURBVHic"
                    + "Y2RgOGHEwABHLAwBDMgAnQ8AUOQCOq+Y6loAAAAASUVORK5CYII=";
    private static final String GIF_ANIMATED =
            "R0lGODdhBQADAIIAAJagCq9QCmRQChmgChlQCq8ACmQAChkACiwAAAAABQADAAAIEgAPHDBQoAABAgICBBgwAIDDgAAh+QQBAAAIACwAAAAA"
                    + "BQADAIKWoPqvUPpkUPoZoPoZUPqvAPpkAPoZAPoIEgAPHDBQoAABAgICBBgwAIDDgAA7";

    private final PictureReader reader = new PictureReader();

    @TempDir
    Path dir;

    @Test
    void webpIsRead() {
        assertThat(reader.read(bytes(WEBP), "w").image().rgb()).isEqualTo(ramp(200));
        assertThat(reader.read(bytes(WEBP), "w").notes()).isEmpty();
    }

    @Test
    void animationsGiveTheirFirstFrameAndANote() {
        Picture webp = reader.read(bytes(WEBP_ANIMATED), "party.webp");
        assertThat(webp.image().rgb()).isEqualTo(ramp(10));
        assertThat(webp.notes()).containsExactly("party.webp has 3 frames; only the first is used");
        Picture gif = reader.read(bytes(GIF_ANIMATED), "party.gif");
        assertThat(gif.image().sample(0, 0, 0)).isEqualTo(25);
        assertThat(gif.image().sample(4, 2, 1)).isEqualTo(160);
        assertThat(gif.image().sample(4, 2, 2)).isEqualTo(10);
        assertThat(gif.notes()).containsExactly("party.gif has 2 frames; only the first is used");
        byte[] still = bytes(PNG_TURNED);
        ByteBuffer moving = ByteBuffer.allocate(still.length + 20);
        int header = 8 + 25;
        moving.put(still, 0, header).putInt(8);
        byte[] control = {'a', 'c', 'T', 'L', 0, 0, 0, 7, 0, 0, 0, 0};
        CRC32 sum = new CRC32();
        sum.update(control);
        moving.put(control).putInt((int) sum.getValue()).put(still, header, still.length - header);
        Picture png = reader.read(moving.array(), "party.png");
        assertThat(png.image().rgb())
                .isEqualTo(reader.read(still, "still.png").image().rgb());
        assertThat(png.notes()).containsExactly("party.png has 7 frames; only the first is used");
    }

    @ParameterizedTest
    @ValueSource(strings = {WEBP_TURNED, PNG_TURNED})
    void orientationCountsInEveryFormatThatHasIt(String file) {
        RgbImage image = reader.read(bytes(file), "turned").image();
        assertThat(image.width()).isEqualTo(3);
        assertThat(image.height()).isEqualTo(5);
        // Turned clockwise: the stored lower left corner is seen at the upper left.
        assertThat(image.sample(0, 0, 1)).isEqualTo(160);
        assertThat(image.sample(2, 0, 1)).isEqualTo(0);
        assertThat(image.sample(0, 4, 0)).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({
        "1, abcdef, 3", "2, cbafed, 3", "3, fedcba, 3", "4, defabc, 3",
        "5, adbecf, 2", "6, daebfc, 2", "7, fcebda, 2", "8, cfbead, 2"
    })
    void orientationsTurnAndMirror(int orientation, String expected, int width) {
        // Stored as the rows "abc" and "def".
        byte[] rgb = new byte[18];
        for (int i = 0; i < 6; i++) {
            Arrays.fill(rgb, 3 * i, 3 * i + 3, (byte) ('a' + i));
        }
        RgbImage seen = Orientation.apply(new RgbImage(3, 2, rgb), orientation);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 6; i++) {
            text.append((char) seen.rgb()[3 * i]);
        }
        assertThat(text).hasToString(expected);
        assertThat(seen.width()).isEqualTo(width);
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "bmp", "tiff"})
    void whatTheJdkWritesIsReadBack(String format) throws IOException {
        BufferedImage image = new BufferedImage(4, 3, BufferedImage.TYPE_3BYTE_BGR);
        image.setRGB(1, 2, 0xff0000);
        image.setRGB(3, 0, 0x0000ff);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(ImageIO.write(image, format, out)).isTrue();
        RgbImage read = reader.read(out.toByteArray(), "x").image();
        assertThat(read.rgb()).isEqualTo(RgbImage.of(image).rgb());
        assertThat(read.sample(1, 2, 0)).isEqualTo(255);
        assertThat(read.sample(3, 0, 2)).isEqualTo(255);
    }

    @Test
    void bombsAreRefusedByTheirHeader() {
        byte[] png = pngHeader(60_000, 60_000);
        assertThatThrownBy(() -> reader.read(png, "bomb.png"))
                .isInstanceOf(PictureException.class)
                .hasMessage(
                        "bomb.png claims 60000x60000 pixels, more than the limit of 178956970; scale it down first");
        assertThatThrownBy(() -> reader.read(pngHeader(-1, -1), "bomb.png"))
                .hasMessageContaining("4294967295x4294967295");
        byte[] gif = bytes(GIF_ANIMATED);
        gif[6] = gif[7] = gif[8] = gif[9] = (byte) 0xff;
        assertThatThrownBy(() -> reader.read(gif, "bomb.gif")).hasMessageContaining("claims 65535x65535 pixels");
        assertThatThrownBy(() -> new PictureReader(10).read(bytes(WEBP), "big.webp"))
                .hasMessage("big.webp claims 5x3 pixels, more than the limit of 10; scale it down first");
    }

    @Test
    void hugeJpegsAreRefusedByTheirFrameHeader() throws IOException {
        byte[] jpeg = Files.readAllBytes(GoldenImages.FOLDER.resolve("pictures/jpeg-444-101x67.jpg"));
        for (int i = 0; i < jpeg.length - 9; i++) {
            if ((jpeg[i] & 0xff) == 0xff && (jpeg[i + 1] & 0xff) == 0xc0) {
                Arrays.fill(jpeg, i + 5, i + 9, (byte) 0xff);
                break;
            }
        }
        assertThatThrownBy(() -> reader.read(jpeg, "bomb.jpg")).hasMessageContaining("claims 65535x65535 pixels");
    }

    @Test
    void missingEmptyAndForeignFilesAreSaidInOneSentence() throws IOException {
        Path missing = dir.resolve("none.png");
        assertThatThrownBy(() -> reader.read(missing))
                .hasMessage(missing + " does not exist; check the path of the picture");
        assertThatThrownBy(() -> reader.read(dir))
                .hasMessage(dir + " is a folder, not a picture; give the file itself");
        Path empty = Files.createFile(dir.resolve("empty.png"));
        assertThatThrownBy(() -> reader.read(empty)).hasMessage(empty + " is empty; give a picture");
        Path text = Files.writeString(dir.resolve("notes.png"), "just some words");
        assertThatThrownBy(() -> reader.read(text)).hasMessageContaining("is not a picture that Fovea can decode");
    }

    @ParameterizedTest
    @CsvSource({"%PDF-1.7, is a PDF document", "'....JXL ', is a JPEG XL picture", "....ftypisom, is a video"})
    void wellKnownOtherFormatsAreNamed(String start, String expected) {
        assertThatThrownBy(() -> reader.read(start.getBytes(StandardCharsets.ISO_8859_1), "x"))
                .isInstanceOf(PictureException.class)
                .hasMessageContaining(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rgb-333x77.png",
                "palette-75x62.png",
                "rgb-16-bit-58x70.png",
                "jpeg-640x480.jpg",
                "jpeg-progressive-120x90.jpg",
                "jpeg-cmyk-72x60.jpg"
            })
    void cutFilesAreRefusedWhereverTheyEnd(String name) throws IOException {
        byte[] whole =
                Files.readAllBytes(GoldenImages.FOLDER.resolve("pictures").resolve(name));
        for (int tenth = 0; tenth < 10; tenth++) {
            byte[] cut = Arrays.copyOf(whole, Math.max(9, whole.length * tenth / 10));
            assertThatThrownBy(() -> reader.read(cut, "cut"))
                    .as("%s cut to %d of %d bytes", name, cut.length, whole.length)
                    .isInstanceOf(PictureException.class)
                    .hasMessageContaining("cut is a truncated or damaged");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {WEBP, WEBP_ANIMATED, GIF_ANIMATED})
    void smallFilesCutAnywhereAreRefused(String file) {
        byte[] whole = bytes(file);
        for (int length = 13; length < whole.length - 2; length += 5) {
            byte[] cut = Arrays.copyOf(whole, length);
            // An animation is whole enough once its first frame is there; WebP says its length, GIF does not.
            if (!file.equals(GIF_ANIMATED) || length < 60) {
                assertThatThrownBy(() -> reader.read(cut, "cut"))
                        .as("cut to %d of %d bytes", length, whole.length)
                        .isInstanceOf(PictureException.class);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {WEBP, WEBP_ANIMATED, GIF_ANIMATED, PNG_TURNED})
    void damagedBytesNeverEscapeAsAnotherException(String file) {
        byte[] whole = bytes(file);
        PictureReader small = new PictureReader(1_000_000);
        for (int at = 0; at < whole.length; at++) {
            byte[] damaged = whole.clone();
            damaged[at] ^= (byte) 0x5a;
            try {
                assertThat(small.read(damaged, "damaged").image()).isNotNull();
            } catch (PictureException e) {
                assertThat(String.valueOf(e.getMessage()).lines()).hasSize(1);
            }
        }
    }

    @Test
    void theLimitItselfMustMakeSense() {
        assertThatThrownBy(() -> new PictureReader(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new PictureReader(1L << 40)).isInstanceOf(IllegalArgumentException.class);
    }

    private static byte[] bytes(String base64) {
        return Base64.getDecoder().decode(base64);
    }

    private static byte[] ramp(int blue) {
        byte[] rgb = new byte[45];
        for (int i = 0; i < 15; i++) {
            rgb[3 * i] = (byte) (i % 5 * 50);
            rgb[3 * i + 1] = (byte) (i / 5 * 80);
            rgb[3 * i + 2] = (byte) blue;
        }
        return rgb;
    }

    /** A PNG that is nothing but signature and header. */
    private static byte[] pngHeader(int width, int height) {
        byte[] chunk = ByteBuffer.allocate(17)
                .put("IHDR".getBytes(StandardCharsets.US_ASCII))
                .putInt(width)
                .putInt(height)
                .put(new byte[] {8, 2, 0, 0, 0})
                .array();
        CRC32 crc = new CRC32();
        crc.update(chunk);
        return ByteBuffer.allocate(33)
                .putLong(0x89504e470d0a1a0aL)
                .putInt(13)
                .put(chunk)
                .putInt((int) crc.getValue())
                .array();
    }
}

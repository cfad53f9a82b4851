package dev.fovea.core.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every format people have decodes to PIL's bytes; see {@code reference/format_cases.py}. */
class GoldenFormatsTest {
    static final Path FOLDER = Path.of("src/test/resources/golden/formats");

    static Stream<String> pictures() throws IOException {
        return index().propertyStream().map(Map.Entry::getKey);
    }

    private static JsonNode index() throws IOException {
        return new ObjectMapper()
                .readTree(FOLDER.resolve("golden.json").toFile())
                .path("pictures");
    }

    /** Where PIL's picture lies, as the JDK reads its lossless file. */
    static RgbImage right(String name) throws IOException {
        BufferedImage image =
                ImageIO.read(FOLDER.resolve("right/" + name + ".png").toFile());
        return RgbImage.of(image);
    }

    static Path file(String name) throws IOException {
        return FOLDER.resolve(index().path(name).path("file").asText());
    }

    @ParameterizedTest
    @MethodSource("pictures")
    void decodesToPilsBytes(String name) throws IOException {
        RgbImage image = new PictureReader().read(file(name)).image();
        RgbImage right = right(name);
        assertThat(image).hasToString(right.toString());
        assertThat(different(image.rgb(), right.rgb())).as("bytes that differ").isZero();
    }

    /** HEIC is not PIL's: pillow-heif spreads chroma in another way, which shows by a few levels in a smooth picture. */
    @ParameterizedTest
    @CsvSource({"444.heic, 1", "grey.heic, 1", "420-cropped.heic, 5", "420-turned.heic, 5"})
    void heicIsDecodedCroppedAndTurned(String name, int tolerance) throws IOException {
        RgbImage image =
                new PictureReader().read(FOLDER.resolve("heic").resolve(name)).image();
        RgbImage right = RgbImage.of(ImageIO.read(
                FOLDER.resolve("heic").resolve(name.replace(".heic", ".png")).toFile()));
        assertThat(image).hasToString(right.toString());
        int largest = 0;
        for (int i = 0; i < right.rgb().length; i++) {
            largest = Math.max(largest, Math.abs((image.rgb()[i] & 0xff) - (right.rgb()[i] & 0xff)));
        }
        assertThat(largest).isLessThanOrEqualTo(tolerance);
    }

    private static long different(byte[] actual, byte[] expected) {
        long different = 0;
        for (int i = 0; i < expected.length; i++) {
            different += actual[i] == expected[i] ? 0 : 1;
        }
        return different;
    }
}

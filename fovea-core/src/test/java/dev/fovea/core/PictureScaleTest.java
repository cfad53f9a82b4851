package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.image.NoPictures;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How large the pages of documents are drawn for models that see pictures in different ways. */
class PictureScaleTest {
    private static final double WIDTH = 595;
    private static final double HEIGHT = 842;
    private static final long MOST = 2_200_000;

    private static double scale(String model, double width, double height, long most) {
        Path folder = Path.of("src", "test", "resources", "golden", model);
        try (VisionLanguageModel opened = VisionLanguageModel.open(folder)) {
            return opened.pictureScale(width, height, most);
        }
    }

    /** The shorter side of the page fills the square of 56 pixels, which is cut out of its middle. */
    @Test
    void aModelOfOneSizeGetsItsView() {
        assertThat(scale("llava-mha", WIDTH, HEIGHT, MOST)).isEqualTo(56 / WIDTH, within(1e-9));
        assertThat(scale("llava-mha", HEIGHT, WIDTH, MOST)).isEqualTo(56 / WIDTH, within(1e-9));
    }

    /** Nine tiles of 56 pixels, three rows and three columns, beside their overview. */
    @Test
    void aModelThatCutsTilesGetsThePixelsOfAllTiles() {
        double scale = scale("idefics3", WIDTH, HEIGHT, MOST);
        assertThat(scale * scale * WIDTH * HEIGHT).isEqualTo(9 * 56 * 56, within(1e-6));
    }

    /** At most 31,360 pixels in multiples of 28, with the aspect ratio as near as that allows. */
    @Test
    void aModelOfAnySizeGetsWhatItTakes() {
        double scale = scale("qwen2-vl", WIDTH, HEIGHT, MOST);
        assertThat(scale * scale * WIDTH * HEIGHT).isBetween(20_000.0, 40_000.0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "idefics3", "qwen2-vl", "llava-next"})
    void neverMorePixelsThanAllowed(String model) {
        double scale = scale(model, WIDTH, HEIGHT, 5_000);
        assertThat(scale * scale * WIDTH * HEIGHT).isLessThanOrEqualTo(5_000 + 1e-6);
        assertThat(scale).isPositive();
    }

    @Test
    void aModelThatReadsTextAloneSaysSo() {
        assertThatThrownBy(() -> scale("text-llama", WIDTH, HEIGHT, MOST))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(NoPictures.SENTENCE);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
    void lengthsAreAboveZero(double length) {
        assertThatThrownBy(() -> scale("llava-mha", length, 10, MOST))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cannot be drawn");
    }
}

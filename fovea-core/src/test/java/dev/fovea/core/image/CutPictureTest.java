package dev.fovea.core.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.path.Part;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pictures as an overview and tiles: what is cut out is there, in its place, and nothing else. */
class CutPictureTest {
    /** Bytes stay bytes: nothing is scaled or normalised. */
    private static final ImageProcessorConfig RAW = new ImageProcessorConfig(
            new ImageProcessorConfig.Size.ShortestEdge(20),
            Resampling.BICUBIC,
            true,
            20,
            20,
            false,
            1,
            false,
            List.of(0.0, 0.0, 0.0),
            List.of(1.0, 1.0, 1.0),
            false);

    private static RgbImage picture(int width, int height) {
        RgbImage picture = RgbImage.filled(width, height, 0, 0, 0);
        for (int i = 0; i < picture.rgb().length; i++) {
            picture.rgb()[i] = (byte) (i * 131 % 253);
        }
        return picture;
    }

    /** The whole of it, stretched to three rows of two, comes back when tiles are put side by side. */
    @Test
    void tilesPasteBackExactly() {
        RgbImage picture = picture(47, 90);
        PreparedPicture cut = new ImageProcessor(RAW).cut(picture, 3, 2);
        RgbImage stretched = Resizer.resize(picture, 40, 60, Resampling.LANCZOS);
        assertThat(cut.tileRows()).isEqualTo(3);
        assertThat(cut.tileColumns()).isEqualTo(2);
        assertThat(cut.views()).hasSize(7);
        float[] pasted = new float[3 * 40 * 60];
        for (PreparedImage view : cut.views().subList(1, 7)) {
            Part.Tile tile = (Part.Tile) view.part();
            for (int c = 0; c < 3; c++) {
                for (int y = 0; y < 20; y++) {
                    for (int x = 0; x < 20; x++) {
                        int to = ((tile.row() * 20 + y) * 40 + tile.column() * 20 + x) * 3 + c;
                        pasted[to] = view.pixels()[(c * 20 + y) * 20 + x];
                    }
                }
            }
        }
        for (int i = 0; i < pasted.length; i++) {
            assertThat((int) pasted[i]).isEqualTo(stretched.rgb()[i] & 255);
        }
    }

    /** The overview is made of the stretched picture, not of the original. */
    @Test
    void theOverviewIsTheStretchedPictureMadeSmall() {
        RgbImage picture = picture(47, 90);
        PreparedImage overview =
                new ImageProcessor(RAW).cut(picture, 3, 2).views().getFirst();
        RgbImage small =
                Resizer.resize(Resizer.resize(picture, 40, 60, Resampling.LANCZOS), 20, 20, Resampling.LANCZOS);
        assertThat(overview.part()).isEqualTo(new Part.Overview());
        for (int i = 0; i < small.rgb().length; i++) {
            int c = i % 3;
            int pixel = i / 3;
            assertThat((int) overview.pixels()[c * 400 + pixel]).isEqualTo(small.rgb()[i] & 255);
        }
        assertThat(overview.geometry().originalX(20)).isEqualTo(47);
        assertThat(overview.geometry().originalY(20)).isEqualTo(90);
    }

    /** The model would have cropped the middle of it; the overview shows all. */
    @Test
    void theOverviewMayStandAlone() {
        PreparedPicture cut = new ImageProcessor(RAW).cut(picture(47, 90), 0, 0);
        assertThat(cut.views()).hasSize(1);
        assertThat(cut.views().getFirst().part()).isEqualTo(new Part.Overview());
        assertThat(cut.views().getFirst().geometry().originalY(20)).isEqualTo(90);
        RgbImage small = Resizer.resize(picture(47, 90), 20, 20, Resampling.LANCZOS);
        assertThat((int) cut.views().getFirst().pixels()[0]).isEqualTo(small.rgb()[0] & 255);
        assertThat(cut.tileRows()).isZero();
    }

    /** Of a picture that fills one tile the overview and the tile show the same. */
    @Test
    void oneTileIsTheOverview() {
        List<PreparedImage> views =
                new ImageProcessor(RAW).cut(picture(20, 20), 1, 1).views();
        assertThat(views).hasSize(2);
        assertThat(views.get(1).part()).isEqualTo(new Part.Tile(0, 0));
        assertThat(views.get(1).pixels()).containsExactly(views.get(0).pixels());
    }
}

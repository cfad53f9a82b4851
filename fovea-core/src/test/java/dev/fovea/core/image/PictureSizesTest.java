package dev.fovea.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The right sizes are those that the published processors compute. */
class PictureSizesTest {
    @ParameterizedTest
    @CsvSource({
        "90, 61, 84, 56",
        "47, 131, 56, 140",
        "19, 23, 56, 84",
        "301, 222, 196, 140",
        "70, 42, 56, 56", // 2.5 and 1.5 go to the even neighbour
    })
    void sidesBecomeMultiplesOfAToken(int width, int height, int toWidth, int toHeight) {
        DynamicSize sizes = new DynamicSize(28, 3136, 28 * 28 * 40);
        assertThat(sizes.of(width, height)).isEqualTo(new DynamicSize.Size(toWidth, toHeight));
    }

    @Test
    void aStripIsRefused() {
        DynamicSize sizes = new DynamicSize(28, 3136, 1_000_000);
        assertThatThrownBy(() -> sizes.of(2010, 10))
                .isInstanceOf(PictureException.class)
                .hasMessage("A picture of 2010x10 pixels is more than 200 times as long as wide, which this model does "
                        + "not take; crop it first");
    }

    @ParameterizedTest
    @CsvSource({
        "90, 61, 168, 114, 168, 168, 3, 3",
        "47, 73, 108, 168, 112, 168, 3, 2",
        "150, 33, 168, 36, 168, 56, 1, 3",
        "3000, 3000, 168, 168, 168, 168, 3, 3",
    })
    void picturesAreCutIntoWholeTiles(
            int width,
            int height,
            int firstWidth,
            int firstHeight,
            int wholeWidth,
            int wholeHeight,
            int rows,
            int columns) {
        TileSplit.Tiling tiling = new TileSplit(168, 56).of(width, height);
        assertThat(tiling.first()).isEqualTo(new DynamicSize.Size(firstWidth, firstHeight));
        assertThat(tiling.whole()).isEqualTo(new DynamicSize.Size(wholeWidth, wholeHeight));
        assertThat(tiling.rows()).isEqualTo(rows);
        assertThat(tiling.columns()).isEqualTo(columns);
        assertThat(tiling.pictures()).isEqualTo(rows * columns + 1);
    }

    @Test
    void aPictureOfOneTileIsNotCut() {
        assertThat(new TileSplit(56, 56).of(100, 80).pictures()).isEqualTo(1);
    }
}

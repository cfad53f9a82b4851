package dev.fovea.techniques.framing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The worked examples of the paper's method, and what holds for every picture. */
class PixelPruneTest {
    private static final String[] RECTANGLE = {"000000", "005550", "005550", "005550", "000000"};
    private static final String[] TEXT = {"00000000", "07390470", "00000000", "07390000"};

    /** One value a cell, as a share of the value range. */
    private static Matrix shares(double... values) {
        float[] cells = new float[values.length];
        for (int i = 0; i < cells.length; i++) {
            cells[i] = (float) (255 * values[i]);
        }
        return new Matrix(cells.length, 1, cells);
    }

    private static int[] kept(Matrix cells, int cols, String... knobs) {
        Step step = Models.only(Models.plan(new PixelPrune(), Models.LLAVA, Budget.share(0.5), knobs));
        return Models.kept(FakeSignals.of(Layout.ofGrid(cells.rows() / cols, cols))
                .with(new Signal.PatchPixels(), cells)
                .run(step));
    }

    private static int[] kept(String[] rows, String... knobs) {
        float[] cells = new float[rows.length * rows[0].length()];
        String all = String.join("", rows);
        for (int i = 0; i < cells.length; i++) {
            cells[i] = all.charAt(i) - '0';
        }
        return kept(new Matrix(cells.length, 1, cells), rows[0].length(), knobs);
    }

    @Test
    void ofARectangleOnlyTheCorners() {
        assertThat(kept(RECTANGLE)).containsExactly(0, 8, 11, 26);
        assertThat(kept(RECTANGLE, "method=raster")).containsExactly(0, 8, 11, 14, 17, 20, 23);
        assertThat(kept(RECTANGLE, "method=serpentine")).containsExactly(0, 7, 10, 14, 17, 19, 22);
    }

    @Test
    void fourBlocks() {
        String[] blocks = {"0011", "0011", "2211", "2233"};
        assertThat(kept(blocks)).containsExactly(0, 2, 8, 10, 14);
        assertThat(kept(blocks, "method=raster")).containsExactly(0, 2, 4, 6, 8, 10, 12, 14);
        assertThat(kept(blocks, "method=serpentine")).containsExactly(0, 2, 5, 8, 10, 13, 15);
    }

    @Test
    void textMayTakeMoreThanRowByRow() {
        assertThat(kept(TEXT)).containsExactly(0, 9, 10, 11, 12, 13, 14, 15, 17, 21, 25, 26, 27, 28);
        assertThat(kept(TEXT, "method=raster")).containsExactly(0, 9, 10, 11, 12, 13, 14, 15, 25, 26, 27, 28);
    }

    @ParameterizedTest
    @CsvSource({"0, on, '0,1,2,3,4,5'", "0.03, on, '0,2,4'", "0.05, on, '0,3'", "0.03, off, '0'"})
    void anchorsBoundTheErrorOfARamp(String tau, String anchored, String wanted) {
        Matrix ramp = shares(0, .02, .04, .06, .08, .10, 0, .02, .04, .06, .08, .10);
        assertThat(kept(ramp, 6, "tau=" + tau, "anchored=" + anchored))
                .containsExactly(IntStream.of(java.util.Arrays.stream(wanted.split(","))
                                .mapToInt(Integer::parseInt)
                                .toArray())
                        .toArray());
    }

    @ParameterizedTest
    @CsvSource({"mae, 0.06, 1", "rmse, 0.06, 3", "rmse, 0.11, 1", "max, 0.11, 3", "mae, 0.04, 3", "rmse, 0.04, 3"})
    void metrics(String metric, String tau, int count) {
        float[] cells = {0, 0, 0, 0, 0, 0, 0, 51, 12.75f, 12.75f, 12.75f, 12.75f};
        assertThat(kept(new Matrix(3, 4, cells), 3, "metric=" + metric, "tau=" + tau))
                .hasSize(count);
    }

    @Test
    void uniformPicturesAndChessboards() {
        assertThat(kept(shares(new double[35]), 7)).containsExactly(0);
        String[] board = {"0101", "1010", "0101", "1010"};
        assertThat(kept(board)).hasSize(16);
    }

    @Test
    void aLargerPicture() {
        float[] cells = new float[12 * 16];
        for (int i = 0; i < cells.length; i++) {
            int r = i / 16;
            int c = i % 16;
            cells[i] = r * c % 11 == 0 ? 9 : (5 * (r / 3) + 3 * (c / 4)) % 7;
        }
        Matrix picture = new Matrix(cells.length, 1, cells);
        int[] kept = kept(picture, 16);
        assertThat(kept).hasSize(23).startsWith(0, 17, 20, 24, 27, 28, 49, 52);
        assertThat(IntStream.of(kept).sum()).isEqualTo(2029);
        assertThat(kept(picture, 16, "method=raster")).hasSize(61);
        assertThat(kept(picture, 16, "method=serpentine")).hasSize(55);
    }

    @Test
    void actsBeforeInsideOrBehindTheEncoder() {
        assertThat(station()).isEqualTo(new Station.Patches());
        assertThat(station("layer=2")).isEqualTo(new Station.EncoderOutput(1));
        assertThat(station("layer=23")).isEqualTo(new Station.Connector());
    }

    private static Station station(String... knobs) {
        Plan plan = Models.plan(new PixelPrune(), Models.LLAVA, Budget.share(0.5), knobs);
        return Models.only(plan).station();
    }

    @Test
    void needsTheWholePicture() {
        Step step = Models.only(Models.plan(new PixelPrune(), Models.LLAVA, Budget.share(0.5)));
        Layout half = new Layout(2, new int[] {0, 1}, new int[] {0, 3}, 2, 2, 1, 4);
        assertThatThrownBy(() -> FakeSignals.of(half)
                        .with(new Signal.PatchPixels(), shares(0, 1))
                        .run(step))
                .hasMessageContaining("needs the whole grid of 2 x 2 tokens");
    }
}

package dev.fovea.techniques.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.learned.Declaration;
import dev.fovea.core.learned.OwnWeights;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Scope;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The worked numbers of AdaptVision, arXiv 2408.16986. */
class AdaptVisionScalingTest {
    private static final AdaptVisionScaling TECHNIQUE = new AdaptVisionScaling();

    /** The sizes of peek's parts. */
    private static final ModelShape PEEK =
            new ModelShape("llava", 16, 16, 14, true, false, 6, 5, 192, 6, 768, true, 6, 256, 8, 8, 32, 512, 896, 2048);

    /** 24 x 24 tokens of 336 pixels, as published, with words of four channels. */
    private static final ModelShape NARROW = Models.shape(24, 24, true, 2, 1, 8, 1, false, 2, 4, 1, 1);

    private static final Signal.PictureSize SIZE = new Signal.PictureSize();
    private static final Signal.Projected PROJECTED = new Signal.Projected();
    private static final int OPEN = 0;
    private static final int CLOSE = 1;
    private static final int THUMBNAIL = 2;

    /** A technique with the weights that training starts from. */
    private record Ready(Plan plan, OwnWeights own) implements AutoCloseable {
        static Ready of(ModelShape shape, String... knobs) {
            Knobs all = Models.knobs(TECHNIQUE, knobs);
            OwnWeights own = OwnWeights.initial("adaptvision-scaling", TECHNIQUE.declaration(shape, all), 1);
            return new Ready(TECHNIQUE.plan(shape, Budget.full(), all, own), own);
        }

        Step at(Station station) {
            return plan.steps().stream()
                    .filter(s -> s.station().equals(station))
                    .findFirst()
                    .orElseThrow();
        }

        /** How a picture of this size is cut. */
        Decision cut(int width, int height) {
            return FakeSignals.of(layout(new Part.Whole()))
                    .with(SIZE, new float[] {width, height})
                    .run(at(new Station.Framing()))
                    .decision();
        }

        /** What the language model sees of one part of it. */
        Decision.Resample tokens(Part part, int width, int height, float[] projected) {
            return (Decision.Resample) FakeSignals.of(layout(part))
                    .with(SIZE, new float[] {width, height})
                    .with(PROJECTED, new Matrix(576, 4, projected))
                    .run(at(new Station.Projector()))
                    .decision();
        }

        float[] row(int learned) {
            return Arrays.copyOfRange(
                    dev.fovea.core.tensor.Tensors.floats(own.tensor("places", 12, 4)), 4 * learned, 4 * learned + 4);
        }

        @Override
        public void close() {
            own.close();
        }
    }

    private static Layout layout(Part part) {
        return Layout.ofGrid(new Ledger.Grid(24, 24, 0, part, 1));
    }

    private static float[] counted() {
        float[] values = new float[576 * 4];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i);
        }
        return values;
    }

    private static float[] row(Decision.Resample resample, int row) {
        float[] all = TensorRows.matrix(resample.tokens()).data();
        return Arrays.copyOfRange(all, 4 * row, 4 * row + 4);
    }

    /** Every part of a picture as the prompt shows it. */
    private static List<Part> parts(Decision.Cut cut) {
        List<Part> parts = new ArrayList<>(List.of(new Part.Overview()));
        for (int i = 0; i < cut.rows() * cut.cols(); i++) {
            parts.add(new Part.Tile(i / cut.cols(), i % cut.cols()));
        }
        return parts;
    }

    /** Tiles of 336 pixels; the last column leaves out the two brackets. */
    @ParameterizedTest
    @CsvSource({
        "200, 150, 336, 336, 1, 722",
        "336, 336, 336, 336, 1, 722",
        "337, 100, 672, 336, 2, 867",
        "640, 300, 672, 336, 2, 867",
        "500, 500, 672, 672, 4, 1157",
        "1000, 300, 1008, 336, 3, 1012",
        "300, 1000, 336, 1008, 3, 1012",
        "800, 600, 1008, 1008, 9, 1882",
        "1600, 1200, 1008, 1008, 9, 1882",
        "2400, 700, 1008, 336, 3, 1012"
    })
    void theSizesOfThePaper(int width, int height, int resizedWidth, int resizedHeight, int tiles, int positions) {
        try (Ready ready = Ready.of(NARROW);
                Scope ignored = Scope.inference()) {
            Decision.Cut cut = (Decision.Cut) ready.cut(width, height);
            assertThat(336 * cut.cols()).isEqualTo(resizedWidth);
            assertThat(336 * cut.rows()).isEqualTo(resizedHeight);
            assertThat(cut.rows() * cut.cols()).isEqualTo(tiles);
            int all = 0;
            for (Part part : parts(cut)) {
                all += ready.tokens(part, width, height, counted()).tokens().rows();
            }
            assertThat(all).isEqualTo(positions + 2);
        }
    }

    /** Sides of the resized picture are one, two or three tiles, whatever comes in. */
    @Test
    void sidesAreWholeTiles() {
        for (int width = 1; width < 3000; width += 37) {
            for (int height = 1; height < 3000; height += 41) {
                TileGrid grid = TileGrid.of(width, height, 336, 3);
                assertThat(grid.rows()).isBetween(1, 3);
                assertThat(grid.cols()).isBetween(1, 3);
                TileGrid turned = TileGrid.of(height, width, 336, 3);
                assertThat(turned).isEqualTo(new TileGrid(grid.cols(), grid.rows()));
            }
        }
        // 672 * 300 / 640 is 315: one row.
        assertThat(TileGrid.of(640, 300, 336, 3)).isEqualTo(new TileGrid(1, 2));
        assertThat(TileGrid.of(640, 320, 336, 3)).isEqualTo(new TileGrid(1, 2));
        assertThat(TileGrid.of(640, 321, 336, 3)).isEqualTo(new TileGrid(2, 2));
        assertThat(TileGrid.of(Integer.MAX_VALUE, 1, 336, 3)).isEqualTo(new TileGrid(1, 3));
    }

    /** Of 24 patches in a row four each: the first token of a tile is made of (0, 0)..(0, 3), the seventh of the next row. */
    @Test
    void whatATokenOfATileIsMadeOf() {
        try (Ready ready = Ready.of(NARROW);
                Scope ignored = Scope.inference()) {
            Part tile = new Part.Tile(0, 1);
            float[] values = counted();
            Decision.Resample before = ready.tokens(tile, 1000, 300, values);
            for (int patch : new int[] {0, 3, 4, 24, 27, 28}) {
                float[] changed = values.clone();
                changed[4 * patch + 2] += 1;
                Decision.Resample after = ready.tokens(tile, 1000, 300, changed);
                List<Integer> moved = IntStream.range(0, 145)
                        .filter(i -> !Arrays.equals(row(before, i), row(after, i)))
                        .boxed()
                        .toList();
                assertThat(moved).as("patch %d", patch).containsExactly(1 + patch / 4);
            }
            assertThat(before.anchors()).startsWith(-1, 0, 4, 8, 12, 16, 20, 24).hasSize(145);
        }
    }

    /** As it starts, the layer that merges takes four tokens to their mean. */
    @Test
    void untrainedTokensOfTilesAreMeansOfRunsOfFour() {
        try (Ready ready = Ready.of(NARROW);
                Scope ignored = Scope.inference()) {
            float[] values = counted();
            Decision.Resample tile = ready.tokens(new Part.Tile(0, 0), 1000, 300, values);
            for (int token : new int[] {0, 1, 6, 143}) {
                float[] mean = new float[4];
                for (int c = 0; c < 4; c++) {
                    for (int i = 0; i < 4; i++) {
                        mean[c] += values[(4 * token + i) * 4 + c] / 4;
                    }
                }
                assertThat(row(tile, 1 + token)).containsExactly(mean, within(1e-6f));
            }
            // Those of the thumbnail are what they were.
            Decision.Resample thumbnail = ready.tokens(new Part.Overview(), 1000, 300, values);
            assertThat(row(thumbnail, 2)).containsExactly(Arrays.copyOf(values, 4));
            assertThat(row(thumbnail, 577)).containsExactly(Arrays.copyOfRange(values, 575 * 4, 576 * 4));
        }
    }

    /** A picture of K tiles has K + 1 places, the thumbnail's first, between two brackets. */
    @Test
    void learnedTokensSayWhereEachPartLies() {
        try (Ready ready = Ready.of(NARROW);
                Scope ignored = Scope.inference()) {
            Decision.Resample thumbnail = ready.tokens(new Part.Overview(), 1000, 600, counted());
            assertThat(row(thumbnail, 0)).containsExactly(ready.row(OPEN));
            assertThat(row(thumbnail, 1)).containsExactly(ready.row(THUMBNAIL));
            assertThat(thumbnail.anchors()).startsWith(-1, -1, 0, 1, 2).hasSize(578);
            Decision.Cut cut = (Decision.Cut) ready.cut(1000, 600);
            assertThat(cut).isEqualTo(new Decision.Cut(2, 3));
            int places = 1;
            for (Part part : parts(cut).subList(1, 7)) {
                Part.Tile tile = (Part.Tile) part;
                Decision.Resample tokens = ready.tokens(tile, 1000, 600, counted());
                boolean last = tile.row() == 1 && tile.column() == 2;
                assertThat(tokens.tokens().rows()).isEqualTo(last ? 146 : 145);
                assertThat(row(tokens, 0)).containsExactly(ready.row(THUMBNAIL + 1 + 3 * tile.row() + tile.column()));
                if (last) {
                    assertThat(row(tokens, 145)).containsExactly(ready.row(CLOSE));
                }
                places++;
            }
            assertThat(places).isEqualTo(7);
        }
    }

    @Test
    void placesMayBeLeftOut() {
        try (Ready ready = Ready.of(NARROW, "places=off");
                Scope ignored = Scope.inference()) {
            assertThat(ready.tokens(new Part.Overview(), 300, 300, counted())
                            .tokens()
                            .rows())
                    .isEqualTo(577);
            assertThat(ready.tokens(new Part.Tile(0, 0), 300, 300, counted())
                            .tokens()
                            .rows())
                    .as("144 tokens and a bracket")
                    .isEqualTo(145);
        }
    }

    /** The two ways that the dynamic one is held against. */
    @Test
    void theThumbnailAloneAndAsManyTilesAsThereMayBe() {
        try (Ready none = Ready.of(NARROW, "cut=none");
                Ready fixed = Ready.of(NARROW, "cut=fixed", "tiles=2");
                Ready fewer = Ready.of(NARROW, "cut=fixed", "side=2");
                Ready more = Ready.of(NARROW, "cut=fixed", "tiles=2", "side=3");
                Scope ignored = Scope.inference()) {
            assertThat(none.cut(1000, 1000)).isEqualTo(new Decision.Cut(0, 0));
            Decision.Resample alone = none.tokens(new Part.Overview(), 1000, 1000, counted());
            assertThat(alone.tokens().rows()).isEqualTo(579);
            assertThat(row(alone, 578)).containsExactly(none.row(CLOSE));
            assertThat(fixed.cut(10, 10)).isEqualTo(new Decision.Cut(2, 2));
            assertThat(fewer.cut(10, 10)).isEqualTo(new Decision.Cut(2, 2));
            assertThatThrownBy(() -> more.cut(10, 10))
                    .hasMessage(
                            "Technique 'adaptvision-scaling' was asked for side=3, but cuts a picture into at most 2"
                                    + " tiles along a side (tiles=2).");
        }
    }

    /** Tiles are cut once, and moments of videos not at all. */
    @Test
    void onlyWholePicturesAreCut() {
        try (Ready ready = Ready.of(NARROW)) {
            for (Part part : List.of(new Part.Overview(), new Part.Tile(0, 0), new Part.Frame(0, 1, 0))) {
                Step framing = ready.at(new Station.Framing());
                assertThat(FakeSignals.of(layout(part))
                                .with(SIZE, new float[] {1000, 1000})
                                .run(framing)
                                .decision())
                        .isEqualTo(new Decision.Unchanged());
            }
        }
    }

    @Test
    void whatIsLearnedFitsFourMegabytesForPeek() {
        Declaration declaration = TECHNIQUE.declaration(PEEK, Knobs.defaults(TECHNIQUE.card()));
        // Language model and connector 953,600, the tiles' encoder 276,480, merging 262,400, twelve tokens 3,072.
        assertThat(declaration.size()).isEqualTo(953_600 + 276_480 + 262_400 + 3_072);
        assertThat(2 * declaration.size()).isLessThan(4_000_000);
        // All that starts at random is what is multiplied by zeros, and the tokens of places.
        assertThat(declaration.parameters().stream()
                        .filter(p -> p.start() instanceof Declaration.Start.Normal)
                        .filter(p -> !p.name().endsWith(".down")))
                .extracting(Declaration.Parameter::name)
                .containsExactly("places");
        assertThat(TECHNIQUE
                        .declaration(PEEK, Models.knobs(TECHNIQUE, "local=0"))
                        .size())
                .isEqualTo(declaration.size() - 276_480);
    }

    /** With peek's 16 x 16 tokens of 224 pixels. */
    @ParameterizedTest
    @CsvSource({"224, 224, 1, 1, 324", "500, 100, 1, 3, 454", "450, 300, 2, 3, 649", "672, 672, 3, 3, 844"})
    void onPeek(int width, int height, int rows, int cols, int tokens) {
        try (Ready ready = Ready.of(PEEK)) {
            assertThat(ready.cut(width, height)).isEqualTo(new Decision.Cut(rows, cols));
            assertThat(2 + 257 + 65 * rows * cols).isEqualTo(tokens);
        }
    }

    @Test
    void whatCannotBeIsOneSentence() {
        ModelShape.Traits cuts = new ModelShape.Traits(1, java.util.Set.of(), 0, false, 4, 1, true, false, 0, 0, false);
        ModelShape tiled = new ModelShape(
                "idefics3", 24, 24, 14, true, false, 2, 1, 8, 1, 32, false, 2, 4, 1, 1, 4, 8, 100, 4096, cuts);
        assertThatThrownBy(() -> Models.plan(TECHNIQUE, tiled, Budget.full()))
                .hasMessage(
                        "Technique 'adaptvision-scaling' cuts pictures into tiles, but this model cuts them itself; use it"
                                + " with one that sees pictures as a whole.");
        try (Ready ready = Ready.of(NARROW, "merge=5");
                Scope ignored = Scope.inference()) {
            assertThatThrownBy(() -> ready.tokens(new Part.Tile(0, 0), 300, 300, counted()))
                    .hasMessage(
                            "Technique 'adaptvision-scaling' merges 5 tokens of a tile into one, but a tile of this model"
                                    + " has 576; set its knob 'merge' to a divisor of that.");
        }
    }
}

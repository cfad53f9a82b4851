package dev.fovea.techniques.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.learned.OwnWeights;
import dev.fovea.core.path.AttentionEdges;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The mask of VoCo-LLaMA, arXiv 2406.12275, and what remains of a prompt under it. */
class VocoLlamaTest {
    private static final VocoLlama TECHNIQUE = new VocoLlama();

    /** A prompt of one picture: its vision tokens from one place on, its compression tokens from another. */
    private static Layout layout(int length, int vision, int cells, int compression, int n) {
        int[] visual = IntStream.concat(
                        IntStream.range(vision, vision + cells), IntStream.range(compression, compression + n))
                .toArray();
        int[] of = IntStream.range(0, cells + n).map(i -> i < cells ? i : -1).toArray();
        return new Layout(length, visual, of, 1, cells, 1, cells);
    }

    private static int[] seen(AttentionEdges edges, int query) {
        return IntStream.range(0, edges.groups().length)
                .filter(key -> edges.sees(query, key))
                .toArray();
    }

    /** Begin, three vision tokens, a newline, two compression tokens, four of text. */
    @Test
    void elevenPositions() {
        VocoGroups groups = VocoGroups.of(layout(11, 1, 3, 5, 2), false);
        AttentionEdges code = groups.edges(false);
        AttentionEdges paper = groups.edges(true);
        for (int row = 0; row <= 6; row++) {
            int[] causal = IntStream.rangeClosed(0, row).toArray();
            assertThat(seen(code, row)).containsExactly(causal);
            assertThat(seen(paper, row)).containsExactly(causal);
        }
        assertThat(seen(code, 7)).containsExactly(5, 6, 7);
        assertThat(seen(code, 10)).containsExactly(5, 6, 7, 8, 9, 10);
        assertThat(seen(paper, 7)).containsExactly(0, 4, 5, 6, 7);
        assertThat(seen(paper, 10)).containsExactly(0, 4, 5, 6, 7, 8, 9, 10);
        assertThat(groups.remaining(false)).containsExactly(5, 6, 7, 8, 9, 10);
        assertThat(groups.remaining(true)).containsExactly(0, 4, 5, 6, 7, 8, 9, 10);
        // What follows is text.
        assertThat(code.sees(11, 0)).isFalse();
        assertThat(code.sees(11, 3)).isFalse();
        assertThat(code.sees(11, 5)).isTrue();
        assertThat(code.sees(12, 11)).isTrue();
        assertThat(paper.sees(11, 0)).isTrue();
        assertThat(paper.sees(11, 3)).isFalse();
    }

    /**
     * The rule of the official code, with the first and the last compression token at f and e: rows up to e see all
     * before them, later ones what is from f on; and that of the paper: text does not see vision tokens.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void theRulesOfCodeAndPaper(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int before = random.nextInt(4);
        int cells = 1 + random.nextInt(9);
        int f = before + cells + random.nextInt(3);
        int n = 1 + random.nextInt(4);
        int e = f + n - 1;
        int length = e + 1 + random.nextInt(6);
        VocoGroups groups = VocoGroups.of(layout(length, before, cells, f, n), false);
        for (int i = 0; i < length; i++) {
            int row = i;
            assertThat(seen(groups.edges(false), i))
                    .containsExactly(IntStream.rangeClosed(0, i)
                            .filter(j -> row <= e || j >= f)
                            .toArray());
            assertThat(seen(groups.edges(true), i))
                    .containsExactly(IntStream.rangeClosed(0, i)
                            .filter(j -> row <= e || j < before || j >= before + cells)
                            .toArray());
        }
        assertThat(groups.plain()).isEqualTo(length == e + 1);
    }

    /** Every image is compressed alone; text sees the compression tokens of all that stand before it, and all text. */
    @Test
    void severalPictures() {
        Ledger.Grid grid = new Ledger.Grid(1, 2);
        List<Ledger.Grid> grids = List.of(grid, grid.inPicture(1));
        // 0 | 1 2 . 3 | 4 5 | 6 7 . 8 | 9: words, a picture with its compression token, words, another, words.
        Layout layout = new Layout(10, new int[] {1, 2, 3, 6, 7, 8}, new int[] {0, 1, -1, 2, 3, -1}, grids, 4);
        AttentionEdges code = VocoGroups.of(layout, false).edges(false);
        assertThat(seen(code, 5)).containsExactly(3, 4, 5);
        assertThat(seen(code, 7)).containsExactly(0, 6, 7);
        assertThat(seen(code, 8)).containsExactly(0, 6, 7, 8);
        assertThat(seen(code, 9)).containsExactly(3, 4, 5, 8, 9);
        AttentionEdges paper = VocoGroups.of(layout, false).edges(true);
        assertThat(seen(paper, 9)).containsExactly(0, 3, 4, 5, 8, 9);
        assertThat(VocoGroups.of(layout, false).remaining(true)).containsExactly(0, 3, 4, 5, 8, 9);
        assertThat(VocoGroups.of(layout, false).plain()).isFalse();
    }

    /** The end of a row, and the mark between tiles, are the picture's; class tokens compress nothing. */
    @Test
    void wordsInsideAPictureAndClassTokens() {
        Ledger.Grid left = new Ledger.Grid(2, 1, 0, new Part.Tile(0, 0), 1);
        Ledger.Grid right = new Ledger.Grid(2, 1, 0, new Part.Tile(0, 1), 1);
        // Two rows of two tiles, each row with its end: the compression tokens of the tiles stand with the last row.
        Layout rows =
                new Layout(9, new int[] {1, 2, 4, 5, 6, 7}, new int[] {0, 2, 1, -1, 3, -1}, List.of(left, right), 4);
        AttentionEdges edges = VocoGroups.of(rows, false).edges(true);
        assertThat(seen(edges, 5)).containsExactly(0, 1, 3, 4, 5);
        assertThat(seen(edges, 7)).containsExactly(0, 2, 6, 7);
        assertThat(seen(edges, 8)).containsExactly(0, 5, 7, 8);
        Ledger.Grid grid = new Ledger.Grid(1, 2);
        // A class token in front of each image's cells, of which the last have a compression token behind them.
        Layout classes = new Layout(
                9,
                new int[] {1, 2, 3, 4, 5, 6, 7, 8},
                new int[] {-1, 0, 1, -1, -1, 2, 3, -1},
                List.of(grid, grid.inPicture(1)),
                6);
        AttentionEdges both = VocoGroups.of(classes, true).edges(false);
        assertThat(seen(both, 4)).containsExactly(0, 1, 2, 3, 4);
        assertThat(seen(both, 8)).containsExactly(0, 5, 6, 7, 8);
        assertThat(VocoGroups.of(classes, true).remaining(false)).containsExactly(4, 8);
    }

    @Test
    void aPromptWithoutPicturesIsText() {
        Layout words = new Layout(3, new int[0], new int[0], List.of(), 0);
        VocoGroups groups = VocoGroups.of(words, false);
        assertThat(groups.plain()).isTrue();
        assertThat(groups.remaining(false)).isEmpty();
        assertThat(seen(groups.edges(false), 2)).containsExactly(0, 1, 2);
    }

    @ParameterizedTest
    @CsvSource({"1, 8, 1", "2, 8, 2", "3, 8, 2", "7, 8, 4", "8, 8, 8", "100, 8, 8", "100, 32, 32", "100, 5, 4"})
    void theBudgetIsACeiling(int budget, int most, int n) {
        Plan plan = Models.plan(TECHNIQUE, Models.LLAVA, Budget.count(budget), "most=" + most);
        assertThat(appended(plan).tokens().rows()).isEqualTo(n);
        Plan set = Models.plan(TECHNIQUE, Models.LLAVA, Budget.count(budget), "n=3");
        assertThat(appended(set).tokens().rows()).isEqualTo(3);
    }

    private static Decision.Append appended(Plan plan) {
        return (Decision.Append)
                FakeSignals.of(Layout.ofGrid(2, 2)).run(plan.steps().get(1)).decision();
    }

    @Test
    void copiesOfOneTokenStandBehindThePicture() {
        Plan plan = Models.untrained(TECHNIQUE, Models.SMALL, Budget.count(4));
        float[] tokens = TensorRows.matrix(appended(plan).tokens()).data();
        float[] one = Arrays.copyOf(tokens, 64);
        assertThat(tokens).hasSize(4 * 64);
        for (int i = 1; i < 4; i++) {
            assertThat(Arrays.copyOfRange(tokens, 64 * i, 64 * (i + 1))).containsExactly(one);
        }
        assertThat(IntStream.range(0, 64)
                        .mapToDouble(i -> one[i])
                        .map(Math::abs)
                        .max()
                        .orElseThrow())
                .isBetween(0.02, 0.1);
    }

    @Test
    void stationsAndWhatTheyDecide() {
        Plan plan = Models.plan(TECHNIQUE, Models.SMALL, Budget.count(2));
        assertThat(plan.steps().stream().map(Step::station))
                .containsExactly(
                        new Station.Weights(),
                        new Station.Projector(),
                        new Station.Prompt(),
                        new Station.Cache(Station.Behind.PICTURES));
        Layout whole = layout(11, 1, 3, 5, 2);
        assertThat(FakeSignals.of(whole).run(plan.steps().get(2)).decision()).isInstanceOf(Decision.Edges.class);
        // Read by themselves, a picture and its compression tokens see all before them.
        Layout picture = layout(7, 1, 3, 5, 2);
        assertThat(FakeSignals.of(picture).run(plan.steps().get(2)).decision()).isInstanceOf(Decision.Unchanged.class);
        assertThat(((Decision.Retain)
                                FakeSignals.of(picture).run(plan.steps().get(3)).decision())
                        .tokens())
                .containsExactly(5, 6);
        Plan all = Models.plan(TECHNIQUE, Models.SMALL, Budget.count(2), "cache=all");
        assertThat(all.steps()).hasSize(3);
        assertThat(FakeSignals.of(picture).run(all.steps().get(2)).decision()).isInstanceOf(Decision.Edges.class);
    }

    /** On peek: what is learned has fewer than two million values. */
    @Test
    void itFitsPeek() {
        ModelShape peek = new ModelShape(
                "llava", 16, 16, 14, true, false, 6, 5, 192, 6, 768, true, 6, 256, 8, 8, 32, 512, 896, 2048);
        assertThat(TECHNIQUE.declaration(peek, Models.knobs(TECHNIQUE)).size()).isBetween(1_500_000L, 2_000_000L);
    }

    @Test
    void promptsThatSeeThemselvesAreRefused() {
        ModelShape.Traits traits =
                new ModelShape.Traits(1, Collections.emptySet(), 0, false, 64, 1, false, false, 0, 0, true);
        ModelShape shape = new ModelShape(
                "test", 4, 4, 14, false, false, 2, 2, 32, 4, 64, false, 2, 64, 4, 4, 16, 128, 101, 512, traits);
        assertThatThrownBy(() -> TECHNIQUE.steps(
                        shape,
                        Budget.count(1),
                        Models.knobs(TECHNIQUE),
                        OwnWeights.initial("voco-llama", TECHNIQUE.declaration(shape, Models.knobs(TECHNIQUE)), 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'voco-llama' hides pictures from the words behind them")
                .hasMessageNotContaining("\n");
    }
}

package dev.fovea.techniques.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.learned.Declaration;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.primitives.AveragePooling;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The worked numbers of Matryoshka Multimodal Models, arXiv 2405.17430. */
class MatryoshkaTest {
    private static final Matryoshka TECHNIQUE = new Matryoshka();

    /** The sizes of peek's parts. */
    private static final ModelShape PEEK =
            new ModelShape("llava", 16, 16, 14, true, false, 6, 5, 192, 6, 768, true, 6, 256, 8, 8, 32, 512, 896, 2048);

    private static int kernel(ModelShape shape, Budget budget, String... knobs) {
        Plan plan = Models.plan(TECHNIQUE, shape, budget, knobs);
        return plan.steps().stream()
                .filter(s -> s.station() instanceof Station.Projector)
                .map(s -> side(s, shape))
                .findFirst()
                .orElse(1);
    }

    /** Cells along the side of the first block. */
    private static int side(Step step, ModelShape shape) {
        Decision.Merge merge = (Decision.Merge) FakeSignals.of(Layout.ofGrid(shape.gridRows(), shape.gridCols()))
                .run(step)
                .decision();
        return (int) Math.sqrt(merge.members(0).length);
    }

    /** Tokens asked for by the official rule, and the kernel that it truncates to, on 24 x 24 tokens. */
    @ParameterizedTest
    @CsvSource({"576, 1", "144, 2", "36, 4", "9, 8", "1, 24", "100, 2", "256, 1", "64, 3", "600, 1"})
    void theOfficialRuleTruncates(int s, int kernel) {
        assertThat(Scales.official(24, 24, s)).isEqualTo(kernel);
        assertThat(kernel(Models.LLAVA, Budget.full(), "s=" + s)).isEqualTo(kernel);
    }

    @Test
    void aMapOfSixteenValues() {
        Matrix map = new Matrix(16, 1, values(16));
        Matrix two = AveragePooling.pool(map, 4, 4, 2);
        assertThat(two.data()).containsExactly(2.5f, 4.5f, 10.5f, 12.5f);
        assertThat(AveragePooling.pool(map, 4, 4, 4).data()).containsExactly(7.5f);
        // Pooled twice is pooled once by both.
        assertThat(AveragePooling.pool(two, 2, 2, 2).data()).containsExactly(7.5f);
    }

    private static float[] values(int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = i;
        }
        return values;
    }

    @Test
    void theNestedScales() {
        assertThat(Scales.nested(24, 24)).containsExactly(1, 2, 4, 8, 24);
        assertThat(Scales.nested(16, 16)).containsExactly(1, 2, 4, 8, 16);
        assertThat(Scales.nested(8, 8)).containsExactly(1, 2, 4, 8);
        assertThat(Scales.nested(27, 27)).containsExactly(1, 3, 9, 27);
        assertThat(Scales.nested(24, 32)).containsExactly(1, 2, 4, 8);
        assertThat(Scales.nested(7, 5)).containsExactly(1);
        assertThat(Scales.all(24, 24)).containsExactly(1, 2, 3, 4, 6, 8, 12, 24);
    }

    /** A budget is a ceiling, and takes the largest trained scale below it. */
    @ParameterizedTest
    @CsvSource({"256, 1", "255, 2", "64, 2", "63, 4", "16, 4", "5, 8", "4, 8", "3, 16", "1, 16"})
    void theBudgetPicksAScale(int tokens, int kernel) {
        assertThat(kernel(PEEK, Budget.count(tokens))).isEqualTo(kernel);
    }

    @Test
    void everyScaleMayBePicked() {
        assertThat(kernel(Models.LLAVA, Budget.count(64), "scales=all")).isEqualTo(3);
        assertThat(kernel(Models.LLAVA, Budget.count(64))).isEqualTo(4);
        assertThat(kernel(Models.LLAVA, Budget.share(0.25))).isEqualTo(2);
    }

    /** Tokens stand in raster order, each in place of the first cell of its block. */
    @Test
    void blocksAreInRasterOrder() {
        Step pooling = Models.plan(TECHNIQUE, PEEK, Budget.count(16)).steps().getLast();
        Decision.Merge merge = (Decision.Merge)
                FakeSignals.of(Layout.ofGrid(16, 16)).run(pooling).decision();
        assertThat(merge.groups()).isEqualTo(16);
        assertThat(merge.anchors()).startsWith(0, 4, 8, 12, 64);
        assertThat(merge.members(0)).startsWith(0, 1, 2, 3, 16).hasSize(16);
        assertThat(merge.weights(0)).containsOnly(1 / 16f);
    }

    /** A tile is an image of its own: it is pooled by itself, whatever the size of the other ones. */
    @Test
    void everyTileIsPooledByItself() {
        Step pooling = Models.plan(TECHNIQUE, PEEK, Budget.count(16)).steps().getLast();
        for (Ledger.Grid tile : List.of(new Ledger.Grid(16, 16), new Ledger.Grid(8, 12), new Ledger.Grid(9, 5))) {
            Decision.Merge merge = (Decision.Merge)
                    FakeSignals.of(Layout.ofGrid(tile)).run(pooling).decision();
            assertThat(merge.groups()).isEqualTo(tile.rows() / 4 * (tile.cols() / 4));
        }
    }

    @Test
    void whatIsLearnedFitsFourMegabytesForPeek() {
        Declaration declaration = TECHNIQUE.declaration(PEEK, Knobs.defaults(TECHNIQUE.card()));
        assertThat(declaration.size()).isEqualTo(1_789_184);
        assertThat(2 * declaration.size()).isLessThan(4_000_000);
        assertThat(declaration.parameters().stream().filter(p -> p.name().endsWith(".up")))
                .hasSize(42)
                .allSatisfy(p -> assertThat(p.start()).isEqualTo(new Declaration.Start.Constant(0)));
        // A rank above the smaller side of a matrix would be no low rank.
        Declaration wide = TECHNIQUE.declaration(PEEK, Knobs.of(TECHNIQUE.card(), Map.of("rank", "4096")));
        assertThat(wide.parameters().getFirst().shape()).containsExactly(256L, 256L);
    }

    @Test
    void theWeightsActAtEveryScaleAndOnlyTheyAtTheFullOne() {
        assertThat(Models.plan(TECHNIQUE, PEEK, Budget.full()).steps())
                .extracting(Step::station)
                .containsExactly(new Station.Weights());
        assertThat(Models.plan(TECHNIQUE, PEEK, Budget.count(4)).steps())
                .extracting(Step::station)
                .containsExactly(new Station.Weights(), new Station.Projector());
    }

    @Test
    void whatCannotBeIsOneSentence() {
        assertThatThrownBy(() -> Models.plan(TECHNIQUE, Models.withGrid(4, 16), Budget.full(), "s=1"))
                .hasMessage("Knob 's' of technique 'matryoshka' asks for 1 tokens, for which a grid of 4 x 16 has no"
                        + " square blocks.");
        Step pooling = Models.plan(TECHNIQUE, PEEK, Budget.count(16)).steps().getLast();
        int[] some = IntStream.range(0, 100).toArray();
        Layout pruned = new Layout(100, some, some, 16, 16, 1, 256);
        assertThatThrownBy(() -> FakeSignals.of(pruned).run(pooling)).hasMessageContaining("needs the whole grid");
        Step weights = TECHNIQUE
                .plan(PEEK, Budget.full(), Knobs.defaults(TECHNIQUE.card()))
                .steps()
                .getFirst();
        assertThatThrownBy(() -> FakeSignals.of(Layout.ofGrid(16, 16)).run(weights))
                .hasMessageContaining("was planned without its trained weights");
    }
}

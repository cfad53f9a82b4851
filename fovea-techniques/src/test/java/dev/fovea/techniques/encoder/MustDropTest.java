package dev.fovea.techniques.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The worked examples of MustDrop's merging, key set and filter. */
class MustDropTest {
    private static final int[] DEGREES = {0, 5, 80, 120, 10, 3, 20, 200, 45, 50, 10, 12, 47, 90, 14, 11};

    private static Matrix angles() {
        float[][] x = new float[16][];
        for (int i = 0; i < 16; i++) {
            double length = i == 1 || i == 11 ? 2 : 1;
            double angle = Math.toRadians(DEGREES[i]);
            x[i] = new float[] {(float) (length * Math.cos(angle)), (float) (length * Math.sin(angle))};
        }
        return Matrix.of(x);
    }

    private static float[] token(Decision.Merge merge, Matrix x, int group) {
        float[] sum = new float[x.cols()];
        for (int m = 0; m < merge.members(group).length; m++) {
            for (int c = 0; c < sum.length; c++) {
                sum[c] += merge.weights(group)[m] * x.get(merge.members(group)[m], c);
            }
        }
        return sum;
    }

    @Test
    void alikeWindowsBecomeTheirMeans() {
        Layout layout = Layout.ofGrid(4, 4);
        LocalMerging windows = new LocalMerging(2, 0.8);
        assertThat(windows.cosines(angles(), layout))
                .containsExactly(new float[] {.9946f, -.0390f, .8665f, .9991f}, offset(1e-4f));
        Decision.Merge merge = (Decision.Merge) windows.alike(angles(), layout);
        assertThat(merge.groups()).isEqualTo(7);
        assertThat(merge.anchors()).containsExactly(15, 5, 13, 2, 3, 6, 7);
        assertThat(token(merge, angles(), 0)).containsExactly(new float[] {1.2233f, .2556f}, offset(1e-4f));
        assertThat(token(merge, angles(), 1)).containsExactly(new float[] {1.2440f, .1001f}, offset(1e-4f));
        assertThat(token(merge, angles(), 2)).containsExactly(new float[] {.5080f, .8011f}, offset(1e-4f));
    }

    private static Matrix slow() {
        float[][] x = new float[576][];
        for (int i = 0; i < 576; i++) {
            int product = i / 24 * (i % 24);
            double angle = .02 * product;
            x[i] = new float[] {(float) Math.cos(angle), (float) Math.sin(angle), .5f};
        }
        return Matrix.of(x);
    }

    @Test
    void aPictureThatChangesSlowlyIsMergedAllButACorner() {
        Layout layout = Layout.ofGrid(24, 24);
        LocalMerging windows = new LocalMerging(3, 0.8);
        assertThat(windows.cosines(slow(), layout)[63]).isCloseTo(.7922f, offset(1e-4f));
        Decision.Merge merge = (Decision.Merge) windows.alike(slow(), layout);
        assertThat(merge.groups()).isEqualTo(72);
        assertThat(new LocalMerging(3, 1.5).alike(slow(), layout)).isInstanceOf(Decision.Unchanged.class);
    }

    /** A border that no whole window fills stays. */
    @Test
    void gridsThatWindowsDoNotFill() {
        Matrix same = new Matrix(20, 1, Models.constant(20, 1));
        Decision.Merge merge = (Decision.Merge) new LocalMerging(3, 0.8).alike(same, Layout.ofGrid(4, 5));
        assertThat(merge.groups()).isEqualTo(12);
        assertThat(merge.members(0)).containsExactly(0, 1, 2, 5, 6, 7, 10, 11, 12);
        assertThat(Arrays.copyOfRange(merge.anchors(), 1, 12)).containsExactly(3, 4, 8, 9, 13, 14, 15, 16, 17, 18, 19);
    }

    @ParameterizedTest
    @CsvSource({"192, 192", "128, 128", "64, 64", "32, 64", "65, 64", "570, 576", "500, 504"})
    void windowsForABudget(int budget, int tokens) {
        Decision decision = new LocalMerging(3, 0.8).toCount(slow(), Layout.ofGrid(24, 24), budget);
        assertThat(decision instanceof Decision.Merge merge ? merge.groups() : 576)
                .isEqualTo(tokens);
    }

    @ParameterizedTest
    @CsvSource({"576, 47", "568, 46", "440, 36", "128, 11", "64, 6", "100, 8"})
    void keySetsAreRoundedUp(int tokens, int keys) {
        float[] attention = new float[tokens];
        for (int i = 0; i < tokens; i++) {
            attention[i] = i % 7;
        }
        float[] key = DualAttention.keySet(attention, 0.08);
        assertThat(key).containsOnly(0, 1);
        int count = 0;
        for (float k : key) {
            count += (int) k;
        }
        assertThat(count).isEqualTo(keys);
        assertThat(key[6]).isEqualTo(1);
    }

    @Test
    void theFilterDropsWhatAllAndEveryWordAttendToWeakly() {
        Matrix attention = Matrix.of(
                new float[] {.03f, .002f, .012f, .0005f, .005f, .0005f},
                new float[] {.04f, .002f, .011f, .0005f, .009f, .0005f},
                new float[] {.02f, .002f, .010f, .001f, .040f, .0005f});
        float[] key = {1, 0, 0, 1, 0, 0};
        float[] none = new float[6];
        assertThat(new DualAttention(.02, .002).kept(attention, key)).containsExactly(0, 1, 2, 3, 4);
        assertThat(new DualAttention(.02, .002).kept(attention, none)).containsExactly(0, 1, 2, 4);
        assertThat(new DualAttention(.02, .00099).kept(attention, none)).containsExactly(0, 1, 2, 3, 4);
        assertThat(new DualAttention(.1, .02).kept(attention, key)).containsExactly(0, 2, 3, 4);
        assertThat(new DualAttention(.5, .05).kept(attention, key)).containsExactly(0, 3);
        assertThat(new DualAttention(0, .05).kept(attention, none)).hasSize(6);
        assertThat(new DualAttention(.5, 0).kept(attention, none)).hasSize(6);
    }

    @ParameterizedTest
    @CsvSource({
        "192, 0.001, 0.001",
        "128, 0.0012, 0.001",
        "64, 0.011, 0.01",
        "300, 0.001, 0.001",
        "16, 0.011, 0.01",
        "96, 0.003633, 0.003162",
        "160, 0.001095, 0.001"
    })
    void thresholdsOfTheScriptsAndBetweenThem(double tokens, double gamma, double alpha) {
        assertThat(DualAttention.published(tokens, 1)).isCloseTo(gamma, offset(1e-6));
        assertThat(DualAttention.published(tokens, 2)).isCloseTo(alpha, offset(1e-6));
    }

    @Test
    void stagesStandWhereTheAuthorsPutThem() {
        Plan plan = Models.plan(new MustDrop(), Models.LLAVA, Budget.count(128));
        assertThat(plan.steps().stream().map(Step::station))
                .containsExactly(
                        new Station.EncoderOutput(0),
                        new Station.Connector(),
                        new Station.Decoder(3),
                        new Station.Decoder(7),
                        new Station.Decoder(11),
                        new Station.Decoder(15),
                        new Station.Cache(Station.Behind.PROMPT, 2));
        Plan kept = Models.plan(new MustDrop(), Models.LLAVA, Budget.count(128), "cache=kept");
        assertThat(kept.steps()).hasSize(6);
        Plan budgeted = Models.plan(new MustDrop(), Models.LLAVA, Budget.count(128), "count=budget");
        assertThat(Models.only(budgeted).station()).isEqualTo(new Station.EncoderOutput(22));
    }

    /** Layers from the one that the first drop looks at on are left with what the last one holds. */
    @Test
    void theCacheIsCleared() {
        Plan plan = Models.plan(new MustDrop(), Models.LLAVA, Budget.count(64));
        var outcome = FakeSignals.ofPrompt(3, 1, 5, 4).run(plan.steps().getLast());
        assertThat(outcome.decision()).isInstanceOf(Decision.Keep.class);
        Decision.Keep keep = (Decision.Keep) outcome.decision();
        assertThat(keep.indices()).containsExactly(0, 1, 2, 3, 4);
        assertThat(keep.positions()).isEqualTo(Decision.Positions.RENUMBERED);
    }

    @Test
    void theKeySetIsNotedAndNothingElseHappensAtTheConnector() {
        Plan plan = Models.plan(new MustDrop(), Models.LLAVA, Budget.count(128));
        float[] attention = {.1f, .5f, .2f, .2f};
        var outcome = FakeSignals.of(Layout.ofGrid(2, 2))
                .with(new Signal.EncoderAttention(23, Signal.EncoderQueries.CLS, Signal.Heads.MEAN), attention)
                .run(plan.steps().get(1));
        assertThat(outcome.decision()).isInstanceOf(Decision.Unchanged.class);
        assertThat(outcome.notes().get("key")).containsExactly(0, 1, 0, 0);
        assertThat(outcome.scores()).containsExactly(attention);
    }
}

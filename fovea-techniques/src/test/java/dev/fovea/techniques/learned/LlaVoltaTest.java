package dev.fovea.techniques.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.learned.Declaration;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.PathSimulator;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The worked numbers of LLaVolta, arXiv 2406.20092. */
class LlaVoltaTest {
    private static final LlaVolta TECHNIQUE = new LlaVolta();

    /** The sizes of peek's parts. */
    private static final ModelShape PEEK =
            new ModelShape("llava", 16, 16, 14, true, false, 6, 5, 192, 6, 768, true, 6, 256, 8, 8, 32, 512, 896, 2048);

    private static ContextCompressor compressor(ModelShape shape, Budget budget, String... knobs) {
        return ContextCompressor.of(shape, budget, Models.knobs(TECHNIQUE, knobs));
    }

    /** What the compressor's only step decides about a prompt. */
    private static Decision.Merge pooled(Layout layout, int stride) {
        Step step = new ContextCompressor(2, stride).steps().getFirst();
        return (Decision.Merge) FakeSignals.of(layout).run(step).decision();
    }

    /** Of the published model; the last column is the share that is left. */
    @ParameterizedTest
    @CsvSource({
        "2, 8, 5.565, 0.1797",
        "16, 8, 1.778, 0.5625",
        "2, 2, 1.882, 0.5312",
        "16, 2, 1.333, 0.75",
        "2, 4, 3.368, 0.2969",
        "8, 4, 2.286, 0.4375",
        "16, 4, 1.6, 0.625",
        "2, 1, 1, 1"
    })
    void theCompressionRatio(int k, int s, double ratio, double kept) {
        ContextCompressor compressor = compressor(Models.LLAVA, Budget.full(), "k=" + k, "s=" + s);
        assertThat(compressor.ratio(Models.LLAVA)).isCloseTo(ratio, within(5e-4));
        assertThat(compressor.spent(Models.LLAVA) / 576).isCloseTo(kept, within(5e-5));
    }

    /** The values of eight visual tokens, each one number, in runs of four. */
    @Test
    void runsOfFourAreAveraged() {
        float[] states = {1, 3, 5, 7, 2, 4, 6, 8};
        Decision.Merge merge = pooled(FakeSignals.prompt(2, 2, 4, 2), 4);
        float[] out = new float[merge.groups()];
        for (int g = 0; g < out.length; g++) {
            int[] members = merge.members(g);
            for (int k = 0; k < members.length; k++) {
                out[g] += merge.weights(g)[k] * states[members[k]];
            }
        }
        assertThat(out).containsExactly(4, 5);
    }

    /**
     * A prefix of two tokens, eight visual ones at 2..9 and two words: means 3.5 and 7.5 are rounded down, and what is
     * left are the tokens 0, 1, 3, 7, 10, 11, whose labels are those of training.
     */
    @Test
    void whatIsLeftOfAPrompt() {
        Layout layout = FakeSignals.prompt(2, 2, 4, 2);
        Decision.Merge merge = pooled(layout, 4);
        assertThat(merge.positions()).isEqualTo(Decision.Positions.MEAN);
        int[] places = IntStream.concat(
                        IntStream.of(0, 1, 10, 11),
                        Arrays.stream(merge.anchors()).map(a -> layout.visual()[a]))
                .sorted()
                .toArray();
        assertThat(places).containsExactly(0, 1, 3, 7, 10, 11);
    }

    @Test
    void theTailOfAPictureIsDropped() {
        Decision.Merge merge = pooled(FakeSignals.prompt(2, 3, 3, 2), 4);
        assertThat(merge.groups()).isEqualTo(2);
        assertThat(merge.members()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
        // Of 576 tokens the published strides leave whole ones; 64 crosses rows of 24.
        for (int stride : new int[] {2, 8, 16, 64}) {
            assertThat(pooled(FakeSignals.prompt(2, 24, 24, 2), stride).groups())
                    .isEqualTo(576 / stride);
        }
        assertThat(pooled(FakeSignals.prompt(2, 1, 3, 2), 4).members(0))
                .as("a picture of fewer tokens becomes one")
                .containsExactly(0, 1, 2);
    }

    /** Runs do not cross from one image into the next, whatever their sizes and whatever stands between them. */
    @Test
    void everyImageIsAveragedByItself() {
        int[] visual = IntStream.concat(IntStream.range(3, 12), IntStream.range(15, 21))
                .toArray();
        int[] cells = IntStream.range(0, 15).toArray();
        Layout two = new Layout(24, visual, cells, List.of(new Ledger.Grid(3, 3), new Ledger.Grid(2, 3)), 15);
        Decision.Merge merge = pooled(two, 4);
        assertThat(merge.anchors()).containsExactly(1, 5, 10);
        assertThat(merge.members(2)).containsExactly(9, 10, 11, 12);
    }

    /** The smallest stride within the budget; on peek K = 2 of 32 is 1 of 6. */
    @ParameterizedTest
    @CsvSource({
        "256, 1, 1",
        "255, 1, 2",
        "150, 1, 2",
        "149, 1, 3",
        "70, 1, 8",
        "69, 1, 9",
        "44, 1, 129",
        "43, 0, 6",
        "1, 0, 129"
    })
    void theBudgetPicksAStride(int tokens, int k, int s) {
        ContextCompressor compressor = compressor(PEEK, Budget.count(tokens));
        assertThat(compressor).isEqualTo(new ContextCompressor(k, s));
        assertThat(compressor.spent(PEEK)).isLessThanOrEqualTo(tokens);
    }

    @Test
    void knobsReplaceTheBudget() {
        assertThat(compressor(PEEK, Budget.count(64), "s=2")).isEqualTo(new ContextCompressor(1, 2));
        assertThat(compressor(PEEK, Budget.full(), "k=3", "s=8")).isEqualTo(new ContextCompressor(3, 8));
        assertThat(compressor(PEEK, Budget.full(), "k=16/32", "s=65536")).isEqualTo(new ContextCompressor(3, 256));
        assertThat(compressor(PEEK, Budget.count(32), "at=projector"))
                .isEqualTo(new ContextCompressor(ContextCompressor.BEHIND_PROJECTOR, 8));
        assertThatThrownBy(() -> compressor(PEEK, Budget.count(64), "k=3"))
                .hasMessage("Technique 'llavolta' cannot average so few tokens per layer: with k=3 of 6 a budget must"
                        + " be at least 129 tokens; give a larger budget, a smaller k or llavolta:s.");
    }

    @Test
    void theWeightsActAtEveryBudgetAndOnlyTheyAtTheFullOne() {
        assertThat(stations(Models.plan(TECHNIQUE, PEEK, Budget.full()))).containsExactly(new Station.Weights());
        assertThat(stations(Models.plan(TECHNIQUE, PEEK, Budget.count(64), "s=1")))
                .as("a stride of 1")
                .containsExactly(new Station.Weights());
        assertThat(stations(Models.plan(TECHNIQUE, PEEK, Budget.count(64))))
                .containsExactly(new Station.Weights(), new Station.Decoder(1));
        assertThat(stations(Models.plan(TECHNIQUE, PEEK, Budget.count(64), "k=0")))
                .containsExactly(new Station.Weights(), new Station.Decoder(0));
        assertThat(stations(Models.plan(TECHNIQUE, PEEK, Budget.count(64), "at=projector")))
                .containsExactly(new Station.Weights(), new Station.Projector());
    }

    /** Of the published model 62.5 % stay; a budget or a stride comes first. */
    @Test
    void aSchemeThatEndsUnderCompressionAnswersUnderIt() {
        assertThat(compressor(Models.LLAVA, Budget.full(), "scheme=heavy")).isEqualTo(new ContextCompressor(2, 8));
        assertThat(compressor(Models.LLAVA, Budget.full(), "scheme=light")).isEqualTo(new ContextCompressor(16, 8));
        assertThat(compressor(Models.LLAVA, Budget.full(), "scheme=last-stage"))
                .isEqualTo(new ContextCompressor(16, 4));
        assertThat(compressor(PEEK, Budget.full(), "scheme=last-stage")).isEqualTo(new ContextCompressor(3, 4));
        assertThat(compressor(PEEK, Budget.full(), "scheme=last-stage", "k=2")).isEqualTo(new ContextCompressor(2, 4));
        assertThat(compressor(PEEK, Budget.full(), "scheme=last-stage", "at=projector"))
                .isEqualTo(new ContextCompressor(ContextCompressor.BEHIND_PROJECTOR, 4));
        assertThat(compressor(PEEK, Budget.count(150), "scheme=last-stage")).isEqualTo(new ContextCompressor(1, 2));
        assertThat(Models.plan(TECHNIQUE, PEEK, Budget.full(), "scheme=last-stage", "s=1")
                        .steps())
                .hasSize(1);
        for (String scheme : TECHNIQUE.card().knobs().stream()
                .filter(k -> k.name().equals("scheme"))
                .findFirst()
                .orElseThrow()
                .choices()) {
            assertThat(Models.plan(TECHNIQUE, PEEK, Budget.full(), "scheme=" + scheme)
                            .steps())
                    .hasSize(Set.of("last-stage", "heavy", "light").contains(scheme) ? 2 : 1);
        }
    }

    private static List<Station> stations(Plan plan) {
        return plan.steps().stream().map(Step::station).toList();
    }

    /** All tokens in the layers before K, floor(L / S) from there on. */
    @Test
    void layersHoldWhatTheRatioCounts() {
        Plan plan = Models.plan(TECHNIQUE, PEEK, Budget.full(), "k=2", "s=8");
        assertThat(PathSimulator.perLayer(PathSimulator.run(plan, PEEK, 1), PEEK))
                .containsExactly(256, 256, 32, 32, 32, 32);
    }

    @Test
    void whatIsLearnedFitsFourMegabytesForPeek() {
        Declaration declaration = TECHNIQUE.declaration(PEEK, Knobs.defaults(TECHNIQUE.card()));
        assertThat(declaration.size()).isEqualTo(1_789_184);
        assertThat(2 * declaration.size()).isLessThan(4_000_000);
    }
}

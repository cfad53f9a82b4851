package dev.fovea.techniques.decoder;

import static dev.fovea.techniques.OfficialChoices.ints;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Formula;
import dev.fovea.techniques.OfficialChoices;
import dev.fovea.techniques.primitives.HashOrder;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The same tokens and the same merged ones as the authors' code, at published geometry and on what peek showed. */
class DecoderChoicesOfficialTest {
    private static final int BEFORE = 35;
    private static final int TOKENS = 576;
    private static final int TEXT = 60;
    private static final int WIDTH = 4096;
    private static final int HEADS = 32;
    private static final TokenRecycling RECYCLING = new TokenRecycling(0.3, 0.1);

    /** Python itself walks its sets so. */
    @Test
    void setsAreWalkedAsPythonWalksThem() {
        for (JsonNode set : OfficialChoices.SETS) {
            int[] values = ints(set.get("values"));
            assertThat(Vectors.pick(values, HashOrder.of(values))).containsExactly(ints(set.get("walked")));
        }
    }

    @Test
    void dart() {
        int length = BEFORE + TOKENS + TEXT;
        Matrix states = Formula.tokens(8, length, WIDTH, 45);
        Matrix keys = Formula.matrix(10, length, WIDTH);
        for (JsonNode official : OfficialChoices.PUBLISHED.get("dart")) {
            int from = official.get("before").asInt();
            int to = from + TOKENS;
            assertThat(dart(
                            tokens(Formula.rows(states, from, to), Formula.rows(keys, from, to), from),
                            tokens(Formula.rows(states, to, length), Formula.rows(keys, to, length), to),
                            official))
                    .as("%s", official.get("count"))
                    .containsExactly(ints(official.get("kept")));
        }
    }

    @Test
    void dartOnPeek() {
        Matrix visual = OfficialChoices.recorded("dart.DecoderHidden[tokens=VISUAL");
        for (JsonNode official : OfficialChoices.PEEK.get("dart")) {
            int from = official.get("before").asInt();
            assertThat(dart(
                            tokens(visual, OfficialChoices.recorded("dart.DecoderProjection"), from),
                            tokens(
                                    OfficialChoices.recorded("dart.DecoderHidden[tokens=INSTRUCTION"),
                                    OfficialChoices.recorded("dart.DecoderInstructionProjection"),
                                    from + visual.rows()),
                            official))
                    .containsExactly(ints(official.get("kept")));
        }
    }

    private static DartPivots.Tokens tokens(Matrix states, Matrix keys, int from) {
        return DartPivots.Tokens.of(
                states, keys, IntStream.range(from, from + states.rows()).toArray());
    }

    private static int[] dart(DartPivots.Tokens visual, DartPivots.Tokens text, JsonNode official) {
        int[] all = IntStream.range(0, visual.positions().length).toArray();
        int[] pivots = ints(official.get("pivots"));
        int[] kept = new DartPivots(pivots[0], pivots[1], false, true)
                .choose(visual, text, all, official.get("count").asInt());
        Arrays.sort(kept);
        return kept;
    }

    @Test
    void raters() {
        assertThat(chosen(
                        TextRaters.choose(Formula.tokens(12, TOKENS, WIDTH, 20), Formula.tokens(14, TEXT, WIDTH, 20))))
                .containsExactly(ints(OfficialChoices.PUBLISHED.get("raters")));
        assertThat(chosen(TextRaters.choose(
                        OfficialChoices.recorded("sparsevlm-1.prompt.0.DecoderHidden[tokens=VISUAL"),
                        OfficialChoices.recorded("sparsevlm-1.prompt.0.DecoderHidden[tokens=INSTRUCTION"))))
                .containsExactly(ints(OfficialChoices.PEEK.get("raters")));
    }

    private static int[] chosen(float[] raters) {
        return IntStream.range(0, raters.length).filter(t -> raters[t] == 1).toArray();
    }

    @Test
    void stages() {
        for (JsonNode official : OfficialChoices.PUBLISHED.get("stages")) {
            int layer = official.get("layer").asInt();
            int visual = official.get("visual").asInt();
            Matrix rows = meanOverHeads(Formula.positive(20 + layer, HEADS * TEXT, visual));
            Matrix states = Formula.tokens(40 + layer, BEFORE + visual + TEXT, WIDTH, 30);
            checkStage(official, rows, Formula.rows(states, BEFORE, BEFORE + visual));
        }
    }

    @Test
    void stageOnPeek() {
        checkStage(
                OfficialChoices.PEEK.get("stage"),
                OfficialChoices.recorded("sparsevlm-1.decoder[1].0.DecoderInstructionAttention"),
                OfficialChoices.recorded("sparsevlm-1.decoder[1].0.DecoderHidden"));
    }

    private static void checkStage(JsonNode official, Matrix rows, Matrix states) {
        float[] scores = TextRaters.mean(rows, marked(official, rows.rows()));
        int[] kept = ints(official.get("kept"));
        Layout layout = FakeSignals.prompt(BEFORE, 1, rows.cols(), rows.rows());

        Decision.Merge merge = RECYCLING.keep(scores, kept.length, states, layout);

        assertThat(Arrays.copyOf(merge.anchors(), kept.length)).containsExactly(kept);
        JsonNode merged = official.get("merged");
        assertThat(merge.groups()).isEqualTo(kept.length + merged.size());
        int[] recycled = IntStream.range(kept.length, merge.groups())
                .flatMap(g -> Arrays.stream(merge.members(g)))
                .toArray();
        assertThat(recycled).containsExactlyInAnyOrder(ints(official.get("recycled")));
        for (int g = 0; g < merged.size(); g++) {
            JsonNode expected = merged.get(g);
            float[] mean = mean(states, merge.members(kept.length + g), expected.size());
            for (int c = 0; c < mean.length; c++) {
                float value = expected.get(c).floatValue();
                // The released code divides by a millionth more than the number of members.
                assertThat(mean[c]).as("merged token %d", g).isEqualTo(value, offset(1e-5f + 2e-6f * Math.abs(value)));
            }
        }
    }

    private static float[] mean(Matrix states, int[] members, int channels) {
        float[] mean = new float[channels];
        for (int m : members) {
            for (int c = 0; c < channels; c++) {
                mean[c] += states.get(m, c) / members.length;
            }
        }
        return mean;
    }

    private static float[] marked(JsonNode official, int words) {
        float[] raters = new float[words];
        Arrays.stream(ints(official.get("raters"))).forEach(t -> raters[t] = 1);
        return raters;
    }

    private static Matrix meanOverHeads(Matrix byHead) {
        float[] mean = new float[TEXT * byHead.cols()];
        for (int i = 0; i < mean.length; i++) {
            double sum = 0;
            for (int h = 0; h < HEADS; h++) {
                sum += byHead.data()[h * mean.length + i];
            }
            mean[i] = (float) (sum / HEADS);
        }
        return new Matrix(TEXT, byHead.cols(), mean);
    }

    @Test
    void plus() {
        JsonNode official = OfficialChoices.PUBLISHED.get("plus");
        Layout layout = FakeSignals.prompt(BEFORE, 24, 24, TEXT);
        float[] positions = new float[layout.length()];
        for (int i = 0; i < positions.length; i++) {
            positions[i] = i;
        }
        float[] scores = new DistanceCorrection(128, 10000, HEADS, 14)
                .scores(Formula.positive(60, HEADS * TEXT, TOKENS), marked(official, TEXT), positions, layout);
        assertThat(TopK.largestInOrder(scores, 300)).containsExactly(ints(official.get("kept")));
    }

    /** All eight heads of peek are heard. */
    @Test
    void plusOnPeek() {
        JsonNode official = OfficialChoices.PEEK.get("plus");
        Matrix attention = OfficialChoices.recorded("sparsevlm-plus.decoder[1].0.DecoderInstructionAttention");
        float[] positions = OfficialChoices.recorded("sparsevlm-plus.decoder[1].0.DecoderPositions")
                .data();
        int words = attention.rows() / 8;
        Layout layout = FakeSignals.prompt(official.get("before").asInt(), 16, 16, words);
        assertThat(positions).hasSize(layout.length());
        float[] scores =
                new DistanceCorrection(32, 10000, 8, 8).scores(attention, marked(official, words), positions, layout);
        int[] kept = ints(official.get("kept"));
        assertThat(TopK.largestInOrder(scores, kept.length)).containsExactly(kept);
    }
}

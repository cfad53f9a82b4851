package dev.fovea.techniques;

import static dev.fovea.techniques.OfficialChoices.ints;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.techniques.connector.PruMerge;
import dev.fovea.techniques.connector.VisionZip;
import dev.fovea.techniques.encoder.MustDrop;
import dev.fovea.techniques.framing.Downsample;
import dev.fovea.techniques.framing.PixelPrune;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Beside what the authors' code of five techniques makes of what {@code peek} showed their steps, recorded by {@code
 * reference/merging_peek_cases.py}: the same tokens in the same order, of the same patches, with the same weights.
 */
class MergingOnPeekTest {
    private static final JsonNode OFFICIAL = read();
    private static final ModelShape PEEK = Models.shape(16, 16, true, 6, 5, 192, 6, true, 6, 256, 8, 8);
    private static final Layout GRID = Layout.ofGrid(16, 16);

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void visionZip(int index) {
        JsonNode official = OFFICIAL.get("visionzip").get(index);
        int contextual = official.get("contextual").asInt();
        int count = official.get("dominant").asInt() + contextual;
        Step step = Models.only(
                Models.plan(new VisionZip(), PEEK, Budget.count(count), "contextual=" + (double) contextual / count));

        Decision.Merge merge = (Decision.Merge) FakeSignals.of(GRID)
                .with(
                        new Signal.EncoderAttention(4, Signal.EncoderQueries.CLS, Signal.Heads.SUM),
                        recorded("visionzip.EncoderAttention").data())
                .with(new Signal.EncoderProjection(4, Signal.Projection.KEY), recorded("visionzip.EncoderProjection"))
                .run(step)
                .decision();

        assertThat(merge.groups()).isEqualTo(count);
        // The class token is the authors' first row.
        MergingOfficialTest.assertTokens(merge, 1, official.get("tokens"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void pruMerge(int index) {
        JsonNode official = OFFICIAL.get("prumerge").get(index);
        Step step = Models.only(Models.plan(
                new PruMerge(),
                PEEK,
                Budget.count(1),
                "plus=" + (official.get("plus").asBoolean() ? "on" : "off"),
                "count=" + (official.get("adaptive").asBoolean() ? "adaptive" : "fixed")));

        Decision.Merge merge = (Decision.Merge) FakeSignals.of(GRID)
                .with(new Signal.EncoderProjection(5, Signal.Projection.QUERY), recorded("prumerge.projection=QUERY"))
                .with(new Signal.EncoderProjection(5, Signal.Projection.KEY), recorded("prumerge.projection=KEY"))
                .run(step)
                .decision();

        assertThat(merge.groups()).isEqualTo(official.get("count").asInt());
        MergingOfficialTest.assertTokens(merge, 0, official.get("tokens"));
        assertThat(merge.members(merge.groups() - 1)).containsExactly(ints(official.get("rest")));
    }

    /** Windows, the set that is never dropped, and the filter at three depths, each from what the one before left. */
    @Test
    void mustDrop() {
        JsonNode official = OFFICIAL.get("mustdrop");
        List<Step> steps = Models.plan(
                        new MustDrop(),
                        PEEK,
                        Budget.count(64),
                        "window=2",
                        "gamma=" + official.get("gamma").asText(),
                        "alpha=" + official.get("alpha").asText())
                .steps();

        Decision.Merge merge = (Decision.Merge) FakeSignals.of(GRID)
                .with(new Signal.EncoderStates(), recorded("mustdrop.EncoderStates"))
                .run(steps.getFirst())
                .decision();
        assertThat(merge.groups()).isEqualTo(official.get("tokens").size());
        MergingOfficialTest.assertTokens(merge, 0, official.get("tokens"));

        Outcome marked = FakeSignals.of(GRID)
                .with(
                        new Signal.EncoderAttention(5, Signal.EncoderQueries.CLS, Signal.Heads.MEAN),
                        recorded("mustdrop.EncoderAttention").data())
                .run(steps.get(1));
        float[] key = marked.notes().values().iterator().next();
        assertThat(places(key)).containsExactly(ints(official.get("key")));

        JsonNode stages = official.get("stages");
        // The last step clears the cache once the prompt has been read.
        assertThat(steps).hasSize(2 + stages.size() + 1);
        for (int i = 0; i < stages.size(); i++) {
            JsonNode stage = stages.get(i);
            int depth = stage.get("depth").asInt();
            Matrix attention = recorded("mustdrop.decoder[" + depth + "].0.DecoderInstructionAttention");
            assertThat(places(key)).containsExactly(ints(stage.get("key")));
            int[] kept = Models.kept(FakeSignals.ofPrompt(0, 1, attention.cols(), attention.rows())
                    .with(new Signal.DecoderInstructionAttention(depth - 1, false), attention)
                    .with(new Signal.Noted("key"), key)
                    .run(steps.get(2 + i)));
            assertThat(kept).as("on entering layer %d", depth).containsExactly(ints(stage.get("kept")));
            key = gathered(key, kept);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void pixelPrune(int index) {
        JsonNode official = OFFICIAL.get("pixelprune").get(index);
        Matrix cells = recorded(official.get("picture").asText() + ".PatchPixels");
        assertThat(official.get("kept")).hasSize(24);
        official.get("kept").properties().forEach(entry -> {
            String[] words = entry.getKey().split(" ", -1);
            Step step = Models.only(Models.plan(
                    new PixelPrune(),
                    PEEK,
                    Budget.share(0.5),
                    "method=" + words[0],
                    "metric=" + words[1],
                    "tau=" + words[2],
                    "anchored=" + (words[3].equals("True") ? "on" : "off")));
            assertThat(Models.kept(FakeSignals.of(GRID)
                            .with(new Signal.PatchPixels(), cells)
                            .run(step)))
                    .as(entry.getKey())
                    .containsExactly(ints(entry.getValue()));
        });
    }

    /**
     * The authors shrink the picture and then take whole tokens, we take whole tokens and shrink their grid. Of 40 cases
     * 34 end in the same grid, the others within one row and one column; theirs has never fewer than four tokens.
     */
    @Test
    void downsample() {
        int same = 0;
        for (JsonNode official : OFFICIAL.get("downsample")) {
            int[] of = ints(official.get("of"));
            int[] to = ints(official.get("to"));
            Decision.Resize ours = (Decision.Resize) FakeSignals.of(Layout.ofGrid(of[0], of[1]))
                    .run(Models.only(Models.plan(
                            new Downsample(),
                            PEEK,
                            Budget.full(),
                            "factor=" + official.get("factor").asText())))
                    .decision();
            assertThat(ours.rows()).as("%s", official).isBetween(to[0] - 1, to[0] + 1);
            assertThat(ours.cols()).as("%s", official).isBetween(to[1] - 1, to[1] + 1);
            same += ours.equals(new Decision.Resize(to[0], to[1])) ? 1 : 0;
        }
        assertThat(OFFICIAL.get("downsample")).hasSize(40);
        assertThat(same).isEqualTo(34);
    }

    private static Matrix recorded(String name) {
        return OfficialChoices.recorded("merging-peek", name);
    }

    private static int[] places(float[] marks) {
        return IntStream.range(0, marks.length).filter(i -> marks[i] > 0).toArray();
    }

    private static float[] gathered(float[] values, int[] places) {
        float[] out = new float[places.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = values[places[i]];
        }
        return out;
    }

    private static JsonNode read() {
        try (InputStream file = MergingOnPeekTest.class.getResourceAsStream("/merging-peek.json")) {
            return new ObjectMapper().readTree(file);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}

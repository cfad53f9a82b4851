package dev.fovea.techniques;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.connector.PruMerge;
import dev.fovea.techniques.connector.VisionZip;
import dev.fovea.techniques.encoder.MustDrop;
import dev.fovea.techniques.framing.PixelPrune;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Beside what the authors' code of four techniques makes of the same numbers at the sizes of LLaVA-1.5, recorded by
 * {@code reference/merging_cases.py}: the same tokens in the same order, of the same patches, with the same weights.
 */
class MergingOfficialTest {
    private static final JsonNode OFFICIAL = read();
    private static final int PATCHES = 576;
    private static final int SIDE = 24;
    private static final int WIDTH = 1024;
    private static final int HEADS = 16;
    private static final Layout GRID = Layout.ofGrid(SIDE, SIDE);

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void visionZip(int index) {
        JsonNode official = OFFICIAL.get("visionzip").get(index);
        int seed = official.get("seed").asInt();
        int contextual = official.get("contextual").asInt();
        int count = official.get("dominant").asInt() + contextual;
        float[] attention = new float[PATCHES];
        for (int h = 0; h < HEADS; h++) {
            for (int p = 0; p < PATCHES; p++) {
                attention[p] += uniform(seed, h, p) + 0.5f;
            }
        }
        Step step = Models.only(Models.plan(
                new VisionZip(), Models.LLAVA, Budget.count(count), "contextual=" + (double) contextual / count));

        Decision.Merge merge = (Decision.Merge) FakeSignals.of(GRID)
                .with(new Signal.EncoderAttention(22, Signal.EncoderQueries.CLS, Signal.Heads.SUM), attention)
                .with(new Signal.EncoderProjection(22, Signal.Projection.KEY), tokens(seed + 2, PATCHES + 1, WIDTH, 40))
                .run(step)
                .decision();

        // The class token is the authors' first row.
        assertTokens(merge, 1, official.get("tokens"));
        assertThat(merge.groups()).isEqualTo(count);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void pruMerge(int index) {
        JsonNode official = OFFICIAL.get("prumerge").get(index);
        int seed = official.get("seed").asInt();
        float sharp = official.get("sharp").floatValue();
        float[] query = new float[WIDTH];
        for (int c = 0; c < WIDTH; c++) {
            query[c] = sharp * uniform(seed + 2, 0, c);
        }
        Step step = Models.only(Models.plan(
                new PruMerge(),
                Models.LLAVA,
                Budget.count(1),
                "plus=" + (official.get("plus").asBoolean() ? "on" : "off"),
                "count=" + (official.get("adaptive").asBoolean() ? "adaptive" : "fixed")));

        Decision.Merge merge = (Decision.Merge) FakeSignals.of(GRID)
                .with(new Signal.EncoderProjection(23, Signal.Projection.QUERY), Matrix.of(query))
                .with(new Signal.EncoderProjection(23, Signal.Projection.KEY), tokens(seed, PATCHES + 1, WIDTH, 60))
                .run(step)
                .decision();

        int last = merge.groups() - 1;
        assertThat(merge.groups()).isEqualTo(official.get("count").asInt());
        assertTokens(merge, 0, official.get("tokens"));
        assertThat(merge.members(last)).containsExactly(ints(official.get("rest")));
        double sum = 0;
        for (float w : merge.weights(last)) {
            sum += w;
        }
        assertThat(sum).isCloseTo(official.get("rest_sum").asDouble(), offset(1e-5));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void mustDropWindows(int index) {
        JsonNode official = OFFICIAL.get("windows").get(index);
        int seed = official.get("seed").asInt();
        float[][] rows = new float[PATCHES + 1][32];
        for (int p = 0; p < PATCHES; p++) {
            int row = p / SIDE;
            int col = p % SIDE;
            float noise = 0.1f + (row * 7 + col * 3) % 24 / 24f;
            for (int c = 0; c < 32; c++) {
                rows[p + 1][c] = uniform(seed, row / 6 * 2 + col / 12, c) + noise * uniform(seed + 1, p, c);
            }
        }
        Step step = Models.plan(new MustDrop(), Models.LLAVA, Budget.count(192))
                .steps()
                .getFirst();

        Decision.Merge merge = (Decision.Merge) FakeSignals.of(GRID)
                .with(new Signal.EncoderStates(), Matrix.of(rows))
                .run(step)
                .decision();

        assertThat(step.station()).isEqualTo(new Station.EncoderOutput(0));
        assertThat(merge.groups()).isEqualTo(official.get("tokens").size());
        assertTokens(merge, 0, official.get("tokens"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void mustDropFilter(int index) {
        JsonNode official = OFFICIAL.get("filters").get(index);
        Step step = Models.plan(
                        new MustDrop(),
                        Models.LLAVA,
                        Budget.count(192),
                        "gamma=" + official.get("gamma").asText(),
                        "alpha=" + official.get("alpha").asText())
                .steps()
                .get(2);
        int visual = official.get("visual").asInt();

        Decision.Keep keep = (Decision.Keep) FakeSignals.ofPrompt(35, 1, visual, 40)
                .with(new Signal.DecoderInstructionAttention(2, false), matrix(official.get("attention")))
                .with(new Signal.Noted("key"), new float[visual])
                .run(step)
                .decision();

        assertThat(step.station()).isEqualTo(new Station.Decoder(3));
        assertThat(keep.indices()).containsExactly(ints(official.get("kept")));
        assertThat(keep.positions()).isEqualTo(Decision.Positions.RENUMBERED);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void pixelPrune(int index) {
        JsonNode official = OFFICIAL.get("pixels").get(index);
        Layout layout =
                Layout.ofGrid(official.get("rows").asInt(), official.get("cols").asInt());
        Matrix cells = matrix(official.get("cells"));
        official.get("kept").properties().forEach(entry -> {
            String[] words = entry.getKey().split(" ", -1);
            Step step = Models.only(Models.plan(
                    new PixelPrune(),
                    Models.LLAVA,
                    Budget.share(0.5),
                    "method=" + words[0],
                    "metric=" + words[1],
                    "tau=" + words[2],
                    "anchored=" + (words[3].equals("True") ? "on" : "off")));

            int[] kept = Models.kept(
                    FakeSignals.of(layout).with(new Signal.PatchPixels(), cells).run(step));

            assertThat(kept).as(entry.getKey()).containsExactly(ints(entry.getValue()));
        });
        assertThat(official.get("kept")).hasSize(36);
    }

    /** Every technique here is registered. */
    @Test
    void registered() {
        assertThat(Models.techniques())
                .extracting(Technique::getClass)
                .extracting(c -> (Object) c)
                .contains(VisionZip.class, PruMerge.class, MustDrop.class, PixelPrune.class);
    }

    /**
     * The first tokens of a decision.
     *
     * @param shift added to our indices: 1 where the authors count the class token
     * @param official for each token its members and weights, or its heaviest member alone
     */
    static void assertTokens(Decision.Merge merge, int shift, JsonNode official) {
        for (int g = 0; g < official.size(); g++) {
            JsonNode token = official.get(g);
            if (token.size() == 1) {
                assertThat(merge.members(g)[0])
                        .as("token %d", g)
                        .isEqualTo(token.get(0).asInt());
                continue;
            }
            Map<Integer, Float> weights = new TreeMap<>();
            for (int m = 0; m < merge.members(g).length; m++) {
                weights.merge(merge.members(g)[m] + shift, merge.weights(g)[m], Float::sum);
            }
            int[] members = ints(token.get(0));
            assertThat(weights.keySet())
                    .as("token %d", g)
                    .containsExactlyInAnyOrderElementsOf(
                            IntStream.of(members).boxed().toList());
            for (int m = 0; m < members.length; m++) {
                double wanted = token.get(1).get(m).asDouble();
                double weight = weights.getOrDefault(members[m], Float.NaN);
                assertThat(weight).isCloseTo(wanted, offset(1e-6 + 1e-5 * wanted));
            }
        }
    }

    private static float uniform(int seed, int row, int col) {
        int h = seed * 0x9E3779B1 + row * 0x85EBCA77 + col * 0xC2B2AE3D;
        h = (h ^ h >>> 15) * 0x2C1B3C6D;
        h = (h ^ h >>> 12) * 0x297A2D39;
        h = h ^ h >>> 15;
        return (h >>> 8) / (float) (1 << 24) - 0.5f;
    }

    private static Matrix tokens(int seed, int rows, int cols, int groups) {
        float[] data = new float[rows * cols];
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < cols; c++) {
                data[r * cols + c] = uniform(seed + 1, r * 7 % groups, c) + 0.5f * uniform(seed, r, c);
            }
        }
        return new Matrix(rows, cols, data);
    }

    private static Matrix matrix(JsonNode rows) {
        List<float[]> all = new ArrayList<>();
        rows.forEach(row -> {
            float[] values = new float[row.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = row.get(i).floatValue();
            }
            all.add(values);
        });
        return Matrix.of(all.toArray(float[][]::new));
    }

    private static int[] ints(JsonNode values) {
        return IntStream.range(0, values.size()).map(i -> values.get(i).asInt()).toArray();
    }

    private static JsonNode read() {
        try (InputStream file = MergingOfficialTest.class.getResourceAsStream("/merging-official.json")) {
            return new ObjectMapper().readTree(file);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}

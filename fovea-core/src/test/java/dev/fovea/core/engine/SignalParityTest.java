package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.layer.RmsNorm;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.DecoderQueries;
import dev.fovea.core.path.Signal.EncoderQueries;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Signal.KeyScope;
import dev.fovea.core.path.Signal.Projection;
import dev.fovea.core.path.Signal.PromptTokens;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every declared signal against what transformers computes. */
class SignalParityTest {
    private static final int PROBE = 1;

    /** A step that reads its signals and changes nothing. */
    private static Step spy(Station station, Map<Signal<?>, Object> seen, List<Layout> layouts, Signal<?>... needs) {
        return new Step(station, List.of(needs), signals -> {
            for (Signal<?> signal : needs) {
                seen.put(signal, signals.get(signal));
            }
            layouts.add(signals.layout());
            return Outcome.of(new Decision.Unchanged());
        });
    }

    private static float[] vector(Map<Signal<?>, Object> seen, Signal<float[]> signal) {
        return (float[]) Objects.requireNonNull(seen.get(signal));
    }

    private static Matrix matrix(Map<Signal<?>, Object> seen, Signal<Matrix> signal) {
        return (Matrix) Objects.requireNonNull(seen.get(signal));
    }

    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-gqa"})
    void encoderSignals(String name) {
        Golden golden = Golden.of(name);
        int layers = golden.model.vision().options().layers();
        List<Signal<?>> needs = new ArrayList<>();
        for (int l = 0; l < layers; l++) {
            needs.add(new Signal.EncoderAttention(l, EncoderQueries.CLS, Heads.SUM));
            needs.add(new Signal.EncoderAttention(l, EncoderQueries.CLS, Heads.MEAN));
            needs.add(new Signal.EncoderAttention(l, EncoderQueries.ALL, Heads.MEAN));
            needs.add(new Signal.EncoderHidden(l + 1));
        }
        needs.add(new Signal.EncoderAttention(PROBE, EncoderQueries.PATCHES, Heads.MEAN));
        needs.add(new Signal.EncoderAttentionMap(PROBE));
        for (Projection projection : Projection.values()) {
            needs.add(new Signal.EncoderProjection(PROBE, projection));
        }
        needs.add(new Signal.EncoderHidden(0));
        needs.add(new Signal.TokenSizes());
        needs.add(new Signal.Features());
        needs.add(new Signal.Projected());
        Map<Signal<?>, Object> seen = new HashMap<>();
        List<Layout> layouts = new ArrayList<>();
        Plan plan = Plan.of("spy", spy(new Station.Connector(), seen, layouts, needs.toArray(Signal[]::new)));
        golden.read("one_image", PlanRun.of(plan, PlanRun.Question.none(), null))
                .close();

        assertThat(layouts.getFirst()).isEqualTo(layouts.getFirst());
        assertThat(layouts.getFirst().cells()).isEqualTo(Layout.ofGrid(4, 4).cells());
        for (int l = 0; l < layers; l++) {
            // The wide picture is the first of the two.
            float[] cls = meanOverHeads(golden.floats("vision.cls_attention." + l), 2, 4, 16);
            Golden.assertClose(
                    vector(seen, new Signal.EncoderAttention(l, EncoderQueries.CLS, Heads.MEAN)), cls, "CLS " + l);
            float[] sum = cls.clone();
            for (int i = 0; i < sum.length; i++) {
                sum[i] *= 4;
            }
            Golden.assertClose(
                    vector(seen, new Signal.EncoderAttention(l, EncoderQueries.CLS, Heads.SUM)), sum, "sum " + l);
            Golden.assertClose(
                    vector(seen, new Signal.EncoderAttention(l, EncoderQueries.ALL, Heads.MEAN)),
                    Arrays.copyOfRange(golden.floats("vision.received_attention." + l), 1, 17),
                    "received " + l);
            Golden.assertClose(
                    matrix(seen, new Signal.EncoderHidden(l + 1)).data(),
                    first(golden.floats("vision.hidden." + l), 2),
                    "hidden " + l);
        }
        Golden.assertClose(
                matrix(seen, new Signal.EncoderHidden(0)).data(), first(golden.floats("vision.embeddings"), 2), "0");
        float[] map = meanOverHeads(golden.floats("vision.attention." + PROBE), 2, 4, 17 * 17);
        Golden.assertClose(matrix(seen, new Signal.EncoderAttentionMap(PROBE)).data(), map, "map");
        float[] patches = new float[16];
        for (int q = 1; q < 17; q++) {
            for (int k = 1; k < 17; k++) {
                patches[k - 1] += map[q * 17 + k] / 16;
            }
        }
        Golden.assertClose(
                vector(seen, new Signal.EncoderAttention(PROBE, EncoderQueries.PATCHES, Heads.MEAN)),
                patches,
                "patch queries");
        for (Projection projection : Projection.values()) {
            String key = "vision." + projection.name().toLowerCase(java.util.Locale.ROOT) + "." + PROBE;
            float[] expected = Tensors.floats(golden.tensor(key).select(0, 0).transpose(0, 1));
            Golden.assertClose(
                    matrix(seen, new Signal.EncoderProjection(PROBE, projection))
                            .data(),
                    expected,
                    key);
        }
        assertThat(vector(seen, new Signal.TokenSizes())).hasSize(17).containsOnly(1f);
        boolean cls = golden.model.clsIsFeature();
        Golden.assertClose(
                matrix(seen, new Signal.Features()).data(), patchRows(golden, "vision.selected", cls), "features");
        Golden.assertClose(
                matrix(seen, new Signal.Projected()).data(), patchRows(golden, "vision.projected", cls), "projected");
    }

    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-gqa"})
    void decoderSignals(String name) {
        Golden golden = Golden.of(name);
        for (String prompt : List.of("one_image", "two_images", "two_turns")) {
            Map<Signal<?>, Object> seen = new HashMap<>();
            List<Layout> layouts = new ArrayList<>();
            List<Step> steps = new ArrayList<>();
            List<Map<Signal<?>, Object>> hidden = new ArrayList<>();
            int layers = golden.model.decoder().options().layers();
            for (int l = 0; l < layers; l++) {
                List<Signal<?>> needs = new ArrayList<>();
                needs.add(new Signal.DecoderHidden());
                needs.add(new Signal.DecoderAttention(l, DecoderQueries.LAST, KeyScope.ALL, true));
                if (l == PROBE || l == PROBE + 1) {
                    // The layer's own projections on entering it, and the same ones looked back at from the next.
                    for (DecoderQueries queries : DecoderQueries.values()) {
                        needs.add(new Signal.DecoderAttention(PROBE, queries, KeyScope.ALL, true));
                    }
                    for (Projection projection : Projection.values()) {
                        needs.add(new Signal.DecoderProjection(PROBE, projection, false));
                        needs.add(new Signal.DecoderLastProjection(PROBE, projection, false));
                    }
                    needs.add(new Signal.DecoderProjection(PROBE, Projection.KEY, true));
                    needs.add(new Signal.DecoderInstructionProjection(PROBE, Projection.KEY, true));
                    needs.add(new Signal.DecoderInstructionAttention(PROBE, false));
                    needs.add(new Signal.DecoderInstructionAttention(PROBE, true));
                    needs.add(new Signal.DecoderAttentionMap(PROBE));
                    needs.add(new Signal.DecoderHidden(PromptTokens.TEXT, false));
                    needs.add(new Signal.DecoderHidden(PromptTokens.INSTRUCTION, false));
                    needs.add(new Signal.DecoderHidden(PromptTokens.INSTRUCTION, true));
                    needs.add(new Signal.DecoderPositions());
                }
                Map<Signal<?>, Object> here = new HashMap<>();
                hidden.add(here);
                steps.add(spy(new Station.Decoder(l), here, layouts, needs.toArray(Signal[]::new)));
            }
            golden.read(prompt, PlanRun.of(Plan.of("spy", steps), PlanRun.Question.none(), null))
                    .close();
            int[] visual = layouts.getFirst().visual();
            String base = "decoder." + prompt + ".";
            for (int l = 0; l < layers; l++) {
                Golden.assertClose(
                        matrix(hidden.get(l), new Signal.DecoderHidden()).data(),
                        rows(
                                golden.floats(base + "hidden." + l),
                                golden.model.decoder().options().width(),
                                visual),
                        prompt + " hidden " + l);
                int length = golden.expandedIds(prompt).length;
                int heads = golden.model.decoder().options().heads();
                Golden.assertClose(
                        vector(hidden.get(l), new Signal.DecoderAttention(l, DecoderQueries.LAST, KeyScope.ALL, true)),
                        meanOverHeads(golden.floats(base + "last_attention." + l), 1, heads, length),
                        prompt + " last attention " + l);
            }
            for (int station : new int[] {PROBE, PROBE + 1}) {
                checkProbe(golden, base, hidden.get(station), visual);
                checkInstruction(golden, base, hidden.get(station), layouts.getFirst(), station);
            }
        }
    }

    private static void checkProbe(Golden golden, String base, Map<Signal<?>, Object> seen, int[] visual) {
        int heads = golden.model.decoder().options().heads();
        float[] all = golden.floats(base + "attention." + PROBE);
        int n = (int) Math.round(Math.sqrt(all.length / (double) heads));
        float[] map = meanOverHeads(all, 1, heads, n * n);
        boolean[] isVisual = new boolean[n];
        Arrays.stream(visual).forEach(v -> isVisual[v] = true);
        int[] instruction = java.util.stream.IntStream.range(visual[0], n)
                .filter(i -> !isVisual[i])
                .toArray();
        Golden.assertClose(
                vector(seen, new Signal.DecoderAttention(PROBE, DecoderQueries.INSTRUCTION, KeyScope.ALL, true)),
                meanRows(map, n, instruction),
                "instruction");
        Golden.assertClose(
                vector(seen, new Signal.DecoderAttention(PROBE, DecoderQueries.VISUAL, KeyScope.ALL, true)),
                meanRows(map, n, visual),
                "visual");
        Golden.assertClose(matrix(seen, new Signal.DecoderAttentionMap(PROBE)).data(), map, "attention map");
        for (Projection projection : Projection.values()) {
            String key = base + projection.name().toLowerCase(java.util.Locale.ROOT) + "." + PROBE;
            var tensor = golden.tensor(key).transpose(0, 1);
            int width = (int) (tensor.size(1) * tensor.size(2));
            float[] expected = Tensors.floats(tensor);
            Golden.assertClose(
                    matrix(seen, new Signal.DecoderProjection(PROBE, projection, false))
                            .data(),
                    rows(expected, width, visual),
                    key);
            Golden.assertClose(
                    matrix(seen, new Signal.DecoderLastProjection(PROBE, projection, false))
                            .data(),
                    rows(expected, width, n - 1),
                    key + " last");
        }
        var cached = golden.tensor(base + "cached_key." + PROBE).transpose(0, 1);
        Golden.assertClose(
                matrix(seen, new Signal.DecoderProjection(PROBE, Projection.KEY, true))
                        .data(),
                rows(Tensors.floats(cached), (int) (cached.size(1) * cached.size(2)), visual),
                "rotated keys");
    }

    /** The text behind the picture: its attention to the picture, its keys and its states. */
    private static void checkInstruction(
            Golden golden, String base, Map<Signal<?>, Object> seen, Layout layout, int station) {
        int[] text = layout.instruction();
        assertThat(text).isNotEmpty().doesNotContain(layout.visual());
        int n = layout.length();
        int heads = golden.model.decoder().options().heads();
        float[] all = golden.floats(base + "attention." + PROBE);
        List<float[]> byHead = new ArrayList<>();
        float[][] mean = new float[text.length][layout.visualCount()];
        for (int h = 0; h < heads; h++) {
            for (int t = 0; t < text.length; t++) {
                float[] row = new float[layout.visualCount()];
                for (int v = 0; v < row.length; v++) {
                    row[v] = all[(h * n + text[t]) * n + layout.visual()[v]];
                    mean[t][v] += row[v] / heads;
                }
                byHead.add(row);
            }
        }
        Golden.assertClose(
                matrix(seen, new Signal.DecoderInstructionAttention(PROBE, true))
                        .data(),
                Matrix.of(byHead.toArray(float[][]::new)).data(),
                "attention of the instruction by head");
        Golden.assertClose(
                matrix(seen, new Signal.DecoderInstructionAttention(PROBE, false))
                        .data(),
                Matrix.of(mean).data(),
                "attention of the instruction");
        var cached = golden.tensor(base + "cached_key." + PROBE).transpose(0, 1);
        Golden.assertClose(
                matrix(seen, new Signal.DecoderInstructionProjection(PROBE, Projection.KEY, true))
                        .data(),
                rows(Tensors.floats(cached), (int) (cached.size(1) * cached.size(2)), text),
                "rotated keys of the instruction");
        int width = golden.model.decoder().options().width();
        float[] states = rows(golden.floats(base + "hidden." + station), width, text);
        Golden.assertClose(
                matrix(seen, new Signal.DecoderHidden(PromptTokens.INSTRUCTION, false))
                        .data(),
                states,
                "states of the instruction");
        Golden.assertClose(
                matrix(seen, new Signal.DecoderHidden(PromptTokens.INSTRUCTION, true))
                        .data(),
                normed(golden, states, width),
                "states of the instruction behind the last norm");
        Golden.assertClose(
                matrix(seen, new Signal.DecoderHidden(PromptTokens.TEXT, false)).data(),
                rows(golden.floats(base + "hidden." + station), width, layout.text()),
                "states of all words");
        float[] positions = vector(seen, new Signal.DecoderPositions());
        assertThat(positions).hasSize(n);
        assertThat(positions[n - 1]).isEqualTo(n - 1);
    }

    /** Root-mean-square normalisation, written out. */
    private static float[] normed(Golden golden, float[] rows, int width) {
        RmsNorm norm = (RmsNorm) golden.model.decoder().norm();
        float[] weight = Tensors.floats(norm.weight());
        double eps = norm.eps();
        float[] out = rows.clone();
        for (int from = 0; from < rows.length; from += width) {
            double square = 0;
            for (int c = 0; c < width; c++) {
                square += (double) rows[from + c] * rows[from + c];
            }
            for (int c = 0; c < width; c++) {
                out[from + c] = (float) (weight[c] * rows[from + c] / Math.sqrt(square / width + eps));
            }
        }
        return out;
    }

    private static float[] patchRows(Golden golden, String key, boolean cls) {
        var first = golden.tensor(key).select(0, 0);
        return Tensors.floats(cls ? first.narrow(0, 1, first.size(0) - 1) : first);
    }

    private static float[] first(float[] data, int of) {
        return Arrays.copyOf(data, data.length / of);
    }

    /** The first of {@code batch} samples of {@code [batch, heads, n]}, averaged over heads. */
    private static float[] meanOverHeads(float[] data, int batch, int heads, int n) {
        assertThat(data).hasSize(batch * heads * n);
        float[] out = new float[n];
        for (int h = 0; h < heads; h++) {
            for (int i = 0; i < n; i++) {
                out[i] += data[h * n + i] / heads;
            }
        }
        return out;
    }

    private static float[] meanRows(float[] map, int n, int[] rows) {
        float[] out = new float[n];
        for (int r : rows) {
            for (int i = 0; i < n; i++) {
                out[i] += map[r * n + i] / rows.length;
            }
        }
        return out;
    }

    private static float[] rows(float[] data, int width, int... rows) {
        float[] out = new float[rows.length * width];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(data, rows[i] * width, out, i * width, width);
        }
        return out;
    }
}

package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.model.connector.Grouping;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models with merged patches, windows, tiles, deep features and positions of three axes against transformers. */
class FamilyParityTest {
    private static final List<String> PROMPTS = List.of("one_image", "two_images", "two_turns_two_images", "text_only");

    static List<String> names() {
        return List.of(
                "qwen2-vl",
                "qwen2-vl-flat",
                "qwen2-5-vl",
                "qwen2-5-vl-flat",
                "qwen3-vl",
                "qwen3-vl-first",
                "idefics3",
                "smolvlm",
                "gemma3",
                "gemma3-pas",
                "paligemma2",
                "paligemma");
    }

    @ParameterizedTest
    @MethodSource("names")
    void encoderAndConnector(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        int layers = golden.model.vision().options().layers();
        Grouping grouping = golden.model.connector().grouping();
        for (String picture : pictures(golden)) {
            Map<Integer, List<Matrix>> hidden = new HashMap<>();
            List<Signal<?>> needs = new ArrayList<>();
            IntStream.rangeClosed(0, layers).forEach(l -> needs.add(new Signal.EncoderHidden(l)));
            PlanRun run = run(new Step(new Station.Connector(), needs, s -> {
                needs.forEach(signal -> hidden.computeIfAbsent(
                                ((Signal.EncoderHidden) signal).layers(), l -> new ArrayList<>())
                        .add((Matrix) s.get(signal)));
                return Outcome.of(new Decision.Unchanged());
            }));
            List<EncodedImage> images = golden.encode(List.of(golden.picture(picture)), run);
            golden.engine
                    .prefill(List.of(new PathEngine.Prompt("", placeholders(golden, images.size()), images, run, 1)))
                    .forEach(PromptState::close);
            for (int l = 0; l <= layers; l++) {
                String tensor = l == 0 ? "entering" : "hidden." + (l - 1);
                Tensor expected = golden.tensor("picture." + picture + "." + tensor)
                        .reshape(-1, golden.model.vision().options().width());
                Golden.assertClose(
                        joined(hidden.getOrDefault(l, List.of())),
                        Tensors.floats(perToken(golden, expected, images, grouping)),
                        picture + " behind " + l + " layers");
            }
            Tensor[] features = images.stream().map(i -> i.features().get()).toArray(Tensor[]::new);
            Tensor projected = golden.model.connector().project(Tensors.cat(0, features));
            int width = golden.model.decoder().options().width();
            Golden.assertClose(
                    Tensors.floats(projected.narrow(1, 0, width)),
                    golden.floats("picture." + picture + ".projected"),
                    picture + " projected");
            for (int i = 0; i < golden.model.connector().deep(); i++) {
                Golden.assertClose(
                        Tensors.floats(projected.narrow(1, (i + 1L) * width, width)),
                        golden.floats("picture." + picture + ".deep." + i),
                        picture + " deep features for layer " + i);
            }
            images.forEach(EncodedImage::close);
        }
    }

    /** Means over the patches of each token; goldens of merging families keep these beside each other already. */
    private static Tensor perToken(FamilyGolden golden, Tensor rows, List<EncodedImage> images, Grouping grouping) {
        boolean beside = golden.model.vision().rotary() != null;
        Tensor[] parts = new Tensor[images.size()];
        int from = 0;
        for (int i = 0; i < parts.length; i++) {
            var grid = images.get(i).grid();
            int n = grid.tokens() * grouping.patches();
            Tensor own = rows.narrow(0, from, n);
            Tensor ordered = beside
                    ? own
                    : own.index_select(
                            0, Tensors.indices(grouping.order(grid.rows() * grid.side(), grid.cols() * grid.side())));
            parts[i] = AttentionScores.mean(ordered.view(-1, grouping.patches(), rows.size(1)), 1);
            from += n;
        }
        return Tensors.cat(0, parts);
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyDecoderStation(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        for (String prompt : PROMPTS) {
            if (golden.has("decoder." + prompt + ".hidden.0")) {
                checkDecoder(golden, prompt);
            }
        }
    }

    private static void checkDecoder(FamilyGolden golden, String prompt) {
        String base = "decoder." + prompt + ".";
        int layers = golden.model.decoder().options().layers();
        List<Step> steps = new ArrayList<>();
        List<Matrix> hidden = new ArrayList<>();
        List<float[]> attention = new ArrayList<>();
        List<Layout> layouts = new ArrayList<>();
        List<Matrix> keys = new ArrayList<>();
        for (int l = 0; l < layers; l++) {
            Signal.DecoderHidden states = new Signal.DecoderHidden();
            Signal.DecoderAttention last =
                    new Signal.DecoderAttention(l, Signal.DecoderQueries.LAST, Signal.KeyScope.ALL, true);
            Signal.DecoderProjection key = new Signal.DecoderProjection(l, Signal.Projection.KEY, true);
            steps.add(new Step(new Station.Decoder(l), List.of(states, last, key), s -> {
                hidden.add(s.get(states));
                attention.add(s.get(last));
                keys.add(s.get(key));
                layouts.add(s.layout());
                return Outcome.of(new Decision.Unchanged());
            }));
        }
        try (PromptState state = golden.read(prompt, run(steps.toArray(Step[]::new)))) {
            int[] visual = layouts.getFirst().visual();
            int width = golden.model.decoder().options().width();
            for (int l = 0; l < layers; l++) {
                Golden.assertClose(
                        hidden.get(l).data(),
                        rows(golden.floats(base + "hidden." + l), width, visual),
                        prompt + " entering " + l);
                Golden.assertClose(
                        attention.get(l),
                        Tensors.floats(AttentionScores.mean(golden.tensor(base + "last_attention." + l), 0)),
                        prompt + " attention in " + l);
            }
            Tensor cached = golden.tensor(base + "cached_key.1").transpose(0, 1);
            Golden.assertClose(
                    keys.get(1).data(),
                    rows(Tensors.floats(cached), (int) (cached.size(1) * cached.size(2)), visual),
                    prompt + " keys of layer 1");
            if (golden.has(base + "positions")) {
                int n = state.sequence().length();
                int[] expected = Tensors.ints(golden.tensor(base + "positions"));
                for (int axis = 0; axis < 3; axis++) {
                    assertThat(state.sequence().positions()[axis])
                            .containsExactly(Arrays.copyOfRange(expected, axis * n, (axis + 1) * n));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void greedyTokensAndLogitsAloneAndTogether(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        List<PathEngine.Prompt> prompts =
                PROMPTS.stream().map(p -> golden.prompt(p, PlanRun.plain())).toList();
        List<PromptState> states = new ArrayList<>();
        prompts.forEach(p -> states.addAll(golden.engine.prefill(List.of(p))));
        states.addAll(golden.engine.prefill(prompts));
        int steps = golden.continuation(PROMPTS.getFirst()).length;
        for (int step = 0; step < steps; step++) {
            List<int[]> next = new ArrayList<>();
            for (int i = 0; i < states.size(); i++) {
                String prompt = PROMPTS.get(i % PROMPTS.size());
                float[] logits = golden.floats("greedy." + prompt + ".logits");
                int vocabulary = golden.model.decoder().options().vocabulary();
                Golden.assertClose(
                        states.get(i).logits(),
                        Arrays.copyOfRange(logits, step * vocabulary, (step + 1) * vocabulary),
                        prompt + " step " + step);
                int token = golden.continuation(prompt)[step];
                assertThat(Golden.argmax(states.get(i).logits())).isEqualTo(token);
                next.add(new int[] {token});
            }
            golden.engine.extend(states, next);
        }
        states.forEach(PromptState::close);
    }

    /** Moments of a video are images whose positions have a time of their own, or words between them that say it. */
    @ParameterizedTest
    @ValueSource(strings = {"qwen2-vl", "qwen2-vl-flat", "qwen2-5-vl", "qwen2-5-vl-flat", "qwen3-vl", "qwen3-vl-first"})
    void aVideo(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        int patch = golden.model.vision().options().patches().size();
        try (Checkpoint film = Checkpoint.open(golden.folder.resolve("frames.safetensors"))) {
            Tensor patches = film.tensor("pixel_values");
            int[] grid = FamilyGolden.ints(golden.json.at("/frames/grid"));
            double seconds = golden.json.at("/frames/seconds_per_step").asDouble();
            List<ImageInput> moments = new ArrayList<>();
            for (int t = 0; t < grid[0]; t++) {
                int n = grid[1] * grid[2];
                Tensor pixels = planes(patches.narrow(0, (long) t * n, n), grid[1], grid[2], patch);
                moments.add(new ImageInput(
                        pixels,
                        0,
                        new Part.Frame(t, seconds, (t + 0.25) * seconds),
                        () -> pixels,
                        "",
                        PlanRun.plain(),
                        new PixelSource(pixels, () -> pixels)));
            }
            List<EncodedImage> images = golden.engine.encode(moments);
            Tensor[] features = images.stream().map(i -> i.features().get()).toArray(Tensor[]::new);
            Tensor projected = golden.model.connector().project(Tensors.cat(0, features));
            Golden.assertClose(
                    Tensors.floats(projected.narrow(
                            1, 0, golden.model.decoder().options().width())),
                    Tensors.floats(film.tensor("projected")),
                    "projected");
            int[] ids = golden.collapsed(FamilyGolden.ints(golden.json.at("/frames/input_ids")), images);
            try (PromptState state = golden.engine
                    .prefill(List.of(new PathEngine.Prompt("", ids, images, PlanRun.plain(), 16)))
                    .getFirst()) {
                int n = state.sequence().length();
                int[] positions = Tensors.ints(film.tensor("positions"));
                for (int axis = 0; axis < 3; axis++) {
                    assertThat(state.sequence().positions()[axis])
                            .containsExactly(Arrays.copyOfRange(positions, axis * n, (axis + 1) * n));
                }
                int step = 0;
                int vocabulary = golden.model.decoder().options().vocabulary();
                float[] logits = Tensors.floats(film.tensor("greedy"));
                for (int token : FamilyGolden.ints(golden.json.at("/frames/continuation_ids"))) {
                    Golden.assertClose(
                            state.logits(),
                            Arrays.copyOfRange(logits, step * vocabulary, (step + 1) * vocabulary),
                            "step " + step++);
                    assertThat(Golden.argmax(state.logits())).isEqualTo(token);
                    golden.engine.extend(List.of(state), List.of(new int[] {token}));
                }
            }
        }
    }

    /** Patches of two frames, four of a token beside each other, as planes: {@code [3 * 2, height, width]}. */
    private static Tensor planes(Tensor patches, int rows, int cols, int patch) {
        int[] order = new Grouping(2).order(rows, cols);
        int[] inverse = new int[order.length];
        IntStream.range(0, order.length).forEach(i -> inverse[order[i]] = i);
        return patches.index_select(0, Tensors.indices(inverse))
                .view(rows, cols, 6, patch, patch)
                .permute(2, 0, 3, 1, 4)
                .reshape(6, (long) rows * patch, (long) cols * patch);
    }

    private static List<String> pictures(FamilyGolden golden) {
        List<String> out = new ArrayList<>();
        golden.json.path("images").forEach(image -> {
            String path = image.asText();
            String name = path.substring(path.indexOf('/') + 1, path.indexOf('.'));
            if (golden.has("picture." + name + ".projected")) {
                out.add(name);
            }
        });
        assertThat(out).hasSizeGreaterThan(2);
        return out;
    }

    /** A prompt of nothing but images. */
    private static int[] placeholders(FamilyGolden golden, int images) {
        int id = golden.model.placeholders().iterator().next();
        return IntStream.concat(IntStream.generate(() -> id).limit(images), IntStream.of(7))
                .toArray();
    }

    private static PlanRun run(Step... steps) {
        return PlanRun.of(Plan.of("spy", steps), PlanRun.Question.none(), null);
    }

    private static float[] joined(List<Matrix> parts) {
        float[] out = new float[parts.stream().mapToInt(p -> p.data().length).sum()];
        int at = 0;
        for (Matrix part : parts) {
            System.arraycopy(part.data(), 0, out, at, part.data().length);
            at += part.data().length;
        }
        return out;
    }

    private static float[] rows(float[] all, int width, int[] rows) {
        float[] out = new float[rows.length * width];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(all, rows[i] * width, out, i * width, width);
        }
        return out;
    }
}

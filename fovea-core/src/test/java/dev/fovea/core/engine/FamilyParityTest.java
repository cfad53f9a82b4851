package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.image.PreparedPicture;
import dev.fovea.core.model.connector.Grouping;
import dev.fovea.core.model.vision.VisionOptions;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Seen;
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
import java.util.stream.Stream;
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
                "paligemma",
                "granite-docling",
                "llava-next",
                "llava-next-mistral",
                "llava-onevision",
                "llava-onevision-tied",
                "internvl",
                "internvl-large",
                "mistral3",
                "mistral3-published");
    }

    /** Files that llama.cpp's converter wrote, which must give what the folders gave that they were made of. */
    static List<String> converted() {
        return Stream.of(
                        "llava",
                        "qwen2-vl",
                        "qwen2-5-vl",
                        "qwen3-vl",
                        "smolvlm",
                        "gemma3",
                        "internvl",
                        "gemma",
                        "gemma2",
                        "gemma3-text",
                        "llama3")
                .map(name -> "gguf-converted/" + name)
                .toList();
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
            List<PreparedImage> views = golden.picture(picture).views();
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
                        Tensors.floats(blended(golden, perToken(golden, expected, views, grouping), views)),
                        picture + " behind " + l + " layers");
            }
            int lead = lead(golden);
            Tensor[] features = images.stream()
                    .map(i -> i.features().get())
                    .map(f -> f.narrow(0, lead, f.size(0) - lead))
                    .toArray(Tensor[]::new);
            Tensor projected = golden.model.connector().project(Tensors.cat(0, features));
            int width = golden.model.decoder().options().width();
            Golden.assertClose(
                    Tensors.floats(projected.narrow(1, 0, width)),
                    Tensors.floats(projected(golden, picture, views)),
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
    private static Tensor perToken(FamilyGolden golden, Tensor rows, List<PreparedImage> views, Grouping grouping) {
        boolean beside = golden.model.vision().rotary() != null
                && golden.model.vision().options().positions() != VisionOptions.Positions.ROTARY_IN_TURNS;
        int lead = lead(golden);
        List<Tensor> parts = new ArrayList<>();
        int from = 0;
        for (PreparedImage view : views) {
            int patch = golden.model.vision().options().patches().size();
            int patchRows = view.height() / patch;
            int patchCols = view.width() / patch;
            if (lead > 0) {
                parts.add(rows.narrow(0, from, lead));
            }
            Tensor own = rows.narrow(0, from + lead, (long) patchRows * patchCols);
            Tensor ordered = beside ? own : own.index_select(0, Tensors.indices(grouping.order(patchRows, patchCols)));
            Tensor means = AttentionScores.mean(ordered.view(-1, grouping.patches(), rows.size(1)), 1);
            parts.add(means.index_select(
                    0, Tensors.indices(seen(view, patchRows / grouping.side(), patchCols / grouping.side()))));
            from += lead + patchRows * patchCols;
        }
        return Tensors.cat(0, parts.toArray(Tensor[]::new));
    }

    private static int lead(FamilyGolden golden) {
        return golden.model.vision().options().classToken() ? 1 : 0;
    }

    /** The tokens of a view that are seen. */
    private static int[] seen(PreparedImage view, int rows, int cols) {
        Seen seen = view.seen();
        return IntStream.range(0, rows * cols)
                .filter(i -> seen == null || seen.contains(i / cols, i % cols))
                .toArray();
    }

    /** Rows of patches as those of the tokens that they become. */
    private static Tensor blended(FamilyGolden golden, Tensor rows, List<PreparedImage> views) {
        List<Tensor> parts = new ArrayList<>();
        int from = 0;
        int patch = golden.model.vision().options().patches().size()
                * golden.model.connector().grouping().side();
        int lead = lead(golden);
        for (PreparedImage view : views) {
            Seen seen = view.seen();
            int n = seen == null ? view.height() / patch * (view.width() / patch) : seen.rows() * seen.cols();
            Tensor own = rows.narrow(0, from, lead + n);
            Seen.Blend blend = seen == null ? null : seen.blend();
            parts.add(
                    seen == null || blend == null
                            ? own
                            : Blending.of(seen, blend).rows(own, lead));
            from += lead + n;
        }
        return Tensors.cat(0, parts.toArray(Tensor[]::new));
    }

    /** What the golden's connector gave, for the tokens that are seen. */
    private static Tensor projected(FamilyGolden golden, String picture, List<PreparedImage> views) {
        Tensor all = golden.tensor("picture." + picture + ".projected");
        int pixels = golden.model.vision().options().patches().size()
                * golden.model.connector().grouping().side();
        List<Integer> own = new ArrayList<>();
        int from = 0;
        for (PreparedImage view : views) {
            int rows = view.height() / pixels;
            int cols = view.width() / pixels;
            for (int i : seen(view, rows, cols)) {
                own.add(from + i);
            }
            from += rows * cols;
        }
        return all.index_select(
                0, Tensors.indices(own.stream().mapToInt(Integer::intValue).toArray()));
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
    @MethodSource({"names", "converted"})
    void greedyTokensAndLogitsAloneAndTogether(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        List<String> names = golden.prompts();
        List<PathEngine.Prompt> prompts =
                names.stream().map(p -> golden.prompt(p, PlanRun.plain())).toList();
        List<PromptState> states = new ArrayList<>();
        prompts.forEach(p -> states.addAll(golden.engine.prefill(List.of(p))));
        states.addAll(golden.engine.prefill(prompts));
        int steps = golden.continuation(names.getFirst()).length;
        for (int step = 0; step < steps; step++) {
            List<int[]> next = new ArrayList<>();
            for (int i = 0; i < states.size(); i++) {
                String prompt = names.get(i % names.size());
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

    /** Frames that are images of their own; interpolated, with a learned token behind the last one, or each in marks. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-onevision", "internvl"})
    void aVideoOfFrames(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        List<String> frames = new ArrayList<>();
        golden.json.at("/frames/frames").forEach(f -> frames.add(f.asText()));
        PreparedPicture film =
                golden.video(frames, golden.json.at("/frames/frames_per_second").asDouble());
        try (Checkpoint expected = Checkpoint.open(golden.folder.resolve("frames.safetensors"))) {
            float[] pixels = Tensors.floats(expected.tensor("pixel_values"));
            int from = 0;
            for (PreparedImage view : film.views()) {
                for (int i = 0; i < view.pixels().length; i++) {
                    // One step of a byte, normalised.
                    assertThat(view.pixels()[i]).isCloseTo(pixels[from + i], within(4f / 255));
                }
                from += view.pixels().length;
            }
            List<EncodedImage> images = golden.encode(List.of(film), PlanRun.plain());
            int[] ids = FamilyGolden.ints(golden.json.at("/frames/input_ids"));
            float[] logits = Tensors.floats(expected.tensor("logits"));
            int vocabulary = golden.model.decoder().options().vocabulary();
            int step = 0;
            try (PromptState state = golden.engine
                    .prefill(List.of(golden.prompt(ids, List.of(film), images, PlanRun.plain())))
                    .getFirst()) {
                for (int token : FamilyGolden.ints(golden.json.at("/frames/continuation_ids"))) {
                    Golden.assertClose(
                            state.logits(),
                            Arrays.copyOfRange(logits, step * vocabulary, (step + 1) * vocabulary),
                            "step " + step++);
                    assertThat(Golden.argmax(state.logits())).isEqualTo(token);
                    golden.engine.extend(List.of(state), List.of(new int[] {token}));
                }
            }
            images.forEach(EncodedImage::close);
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

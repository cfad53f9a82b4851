package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.model.language.KvCache;
import dev.fovea.core.path.Branch;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Decision.Positions;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What decisions do to the model, at every kind of station. */
class DecisionTest {
    private static final List<Station> TOKEN_STATIONS = List.of(
            new Station.EncoderAttention(1),
            new Station.EncoderOutput(0),
            new Station.EncoderOutput(2),
            new Station.Connector(),
            new Station.Projector(),
            new Station.Prompt(),
            new Station.Decoder(0),
            new Station.Decoder(2));

    private static Step step(Station station, Function<Signals, Decision> rule, Signal<?>... needs) {
        return new Step(station, List.of(needs), signals -> Outcome.of(rule.apply(signals)));
    }

    private static PlanRun run(Step... steps) {
        return PlanRun.of(Plan.of("test", steps), PlanRun.Question.none(), null);
    }

    private static int[] every(int step, Layout layout) {
        return IntStream.range(0, layout.visualCount())
                .filter(i -> i % step == 0)
                .toArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-gqa"})
    void keepingEverythingIsThePlainModelToTheBit(String name) {
        Golden golden = Golden.of(name);
        for (String prompt : List.of("one_image", "two_images")) {
            float[] plain = logits(golden, prompt, PlanRun.plain());
            for (Station station : TOKEN_STATIONS) {
                for (Positions positions : Positions.values()) {
                    PlanRun all = run(step(station, s -> new Decision.Keep(every(1, s.layout()), positions)));
                    assertThat(Arrays.equals(logits(golden, prompt, all), plain))
                            .as(station.label())
                            .isTrue();
                }
                assertThat(logits(golden, prompt, run(step(station, s -> new Decision.Unchanged()))))
                        .isEqualTo(plain);
                PlanRun alone = run(step(station, s -> singletons(s.layout())));
                assertThat(Arrays.equals(logits(golden, prompt, alone), plain))
                        .as("merge at " + station.label())
                        .isTrue();
            }
        }
    }

    private static Decision singletons(Layout layout) {
        int n = layout.visualCount();
        float[] ones = new float[n];
        Arrays.fill(ones, 1);
        return new Decision.Merge(
                IntStream.rangeClosed(0, n).toArray(), every(1, layout), ones, every(1, layout), Positions.ORIGINAL);
    }

    private static float[] logits(Golden golden, String prompt, PlanRun run) {
        try (PromptState state = golden.read(prompt, run)) {
            return state.logits();
        }
    }

    @Test
    void aSelectionIsTheSameBeforeAndBehindTheProjectorAndInThePrompt() {
        Golden golden = Golden.mha();
        float[] expected = null;
        for (Station station : List.of(
                new Station.EncoderOutput(2),
                new Station.Connector(),
                new Station.Projector(),
                new Station.Prompt(),
                new Station.Decoder(0))) {
            PlanRun half = run(step(station, s -> new Decision.Keep(every(2, s.layout()), Positions.RENUMBERED)));
            try (PromptState state = golden.read("one_image", half)) {
                if (expected == null) {
                    expected = state.logits();
                }
                Golden.assertClose(state.logits(), expected, station.label());
                assertThat(state.sequence().layout().cells()).containsExactly(0, 2, 4, 6, 8, 10, 12, 14);
                golden.engine.extend(List.of(state), List.of(new int[] {77}));
                assertThat(state.ledger().kept()).isEqualTo(8);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"llava-mha,ORIGINAL", "llava-mha,RENUMBERED", "llava-gqa,ORIGINAL", "llava-gqa,RENUMBERED"})
    void droppingAtDepthIsAbsenceFromThereOn(String name, Positions positions) {
        Golden golden = Golden.of(name);
        int[] drop = {1, 5, 6, 7, 13, 14};
        int[] more = {0, 3};
        PlanRun run = run(
                step(new Station.Decoder(1), s -> new Decision.Keep(except(drop, s.layout()), positions)),
                step(new Station.Decoder(3), s -> new Decision.Keep(except(more, s.layout()), positions)));
        try (PromptState plain = golden.read("two_images", PlanRun.plain());
                PromptState state = golden.read("two_images", run)) {
            Tensor words = promptEmbeddings(golden, "two_images");
            int[] visual = plain.sequence().visualAt();
            int[] leaves = new int[(int) words.size(0) + 4];
            Arrays.fill(leaves, Integer.MAX_VALUE);
            Arrays.stream(drop).forEach(d -> leaves[visual[d]] = 1);
            int[] left = Arrays.stream(visual).filter(v -> leaves[v] > 1).toArray();
            Arrays.stream(more).forEach(m -> leaves[left[m]] = 3);

            NaiveDecoder naive = new NaiveDecoder(golden.model.decoder());
            boolean renumber = positions == Positions.RENUMBERED;
            Tensor all = words;
            for (int token : new int[] {33, 90, 200, 301}) {
                int n = (int) all.size(0);
                Golden.assertClose(state.logits(), naive.logits(all, Arrays.copyOf(leaves, n), renumber), "token " + n);
                golden.engine.extend(List.of(state), List.of(new int[] {token}));
                all = Tensors.cat(0, all, golden.model.decoder().embed(new int[] {token}));
            }
            int perLayer = visual.length;
            assertThat(state.ledger().decoderTokens())
                    .containsExactly(perLayer, perLayer - 6, perLayer - 6, perLayer - 8);
        }
    }

    /** Three runs of four of every picture's sixteen tokens; the last four are gone. */
    private static Decision runsOfFour(Layout layout) {
        int[] members = IntStream.range(0, layout.visualCount())
                .filter(i -> i % 16 < 12)
                .toArray();
        float[] weights = new float[members.length];
        Arrays.fill(weights, 0.25f);
        int[] offsets =
                IntStream.rangeClosed(0, members.length / 4).map(g -> 4 * g).toArray();
        int[] anchors =
                IntStream.range(0, members.length / 4).map(g -> members[4 * g]).toArray();
        return new Decision.Merge(offsets, members, weights, anchors, Positions.MEAN);
    }

    /** Later tokens count on from the length that the prompt had, in every layer. */
    @ParameterizedTest
    @ValueSource(ints = {0, 2, 3})
    void aMergedTokenMayStandAtTheMeanOfItsPositions(int layer) {
        Golden golden = Golden.mha();
        PlanRun run = run(step(new Station.Decoder(layer), s -> runsOfFour(s.layout())));
        try (PromptState plain = golden.read("two_images", PlanRun.plain());
                PromptState state = golden.read("two_images", run)) {
            NaiveDecoder naive = new NaiveDecoder(golden.model.decoder());
            int[] visual = plain.sequence().visualAt();
            Tensor all = promptEmbeddings(golden, "two_images");
            for (int token : new int[] {33, 90, 200}) {
                List<int[]> groups = groupsOfFour(visual, (int) all.size(0));
                Tensor states = naive.entering(layer, all);
                Tensor[] rows = groups.stream()
                        .map(g -> states.narrow(0, g[0], g.length).mean(new long[] {0}, true, new ScalarTypeOptional()))
                        .toArray(Tensor[]::new);
                // The mean of four neighbours is the second of them and a half, which is left out.
                int[] positions =
                        groups.stream().mapToInt(g -> g[0] + (g.length - 1) / 2).toArray();
                float[] expected = naive.logitsFrom(layer, Tensors.cat(0, rows), new int[][] {positions});
                Golden.assertClose(state.logits(), expected, "before " + token);
                KvCache cache = state.sequence().cache();
                assertThat(cache.layer(layer).positions()).containsExactly(positions);
                assertThat(cache.layer(layer).nextPosition()).isEqualTo((int) all.size(0));
                golden.engine.extend(List.of(state), List.of(new int[] {token}));
                all = Tensors.cat(0, all, golden.model.decoder().embed(new int[] {token}));
            }
        }
    }

    /** The places of a sequence as {@link #runsOfFour} puts them together. */
    private static List<int[]> groupsOfFour(int[] visual, int length) {
        List<int[]> groups = new ArrayList<>();
        for (int at = 0; at < length; at++) {
            int index = Arrays.binarySearch(visual, at);
            if (index < 0) {
                groups.add(new int[] {at});
            } else if (index % 16 < 12 && index % 4 == 0) {
                groups.add(IntStream.range(at, at + 4).toArray());
            }
        }
        return groups;
    }

    /** Positions need not be neighbours, and there may be several axes. */
    @Test
    void theMeanOfPositionsIsRoundedDown() {
        Decision.Merge merge = new Decision.Merge(
                new int[] {0, 2, 3, 3},
                new int[] {0, 3, 2},
                new float[] {0.9f, 0.1f, 1},
                new int[] {0, 2, 1},
                Positions.MEAN);
        RowChange change = RowChange.ofSequence(7, new int[] {1, 2, 4, 5}, merge);
        assertThat(change.means(new int[] {0, 10, 20, 21, 40, 51, 60}))
                .as("a word, the mean of 10 and 51, one with nothing in it, a word, one alone, a word")
                .containsExactly(0, 30, 40, 21, 20, 60);
    }

    private static int[] except(int[] dropped, Layout layout) {
        return IntStream.range(0, layout.visualCount())
                .filter(i -> Arrays.stream(dropped).noneMatch(d -> d == i))
                .toArray();
    }

    /** The embeddings with which the first layer begins, from the golden activations. */
    private static Tensor promptEmbeddings(Golden golden, String prompt) {
        return golden.tensor("decoder." + prompt + ".hidden.0");
    }

    @Test
    void allVisualTokensCanLeave() {
        Golden golden = Golden.mha();
        PlanRun run = run(step(new Station.Decoder(0), s -> new Decision.DropAllVisual(Positions.RENUMBERED)));
        int[] words = Arrays.stream(golden.ids("one_image"))
                .filter(id -> !golden.model.isPlaceholder(id))
                .toArray();
        try (PromptState state = golden.read("one_image", run);
                PromptState text = golden.engine
                        .prefill(List.of(new PathEngine.Prompt("", words, List.of(), PlanRun.plain(), 1)))
                        .getFirst()) {
            Golden.assertClose(state.logits(), text.logits(), "without the image");
            assertThat(state.ledger().count(Ledger.Fate.DROPPED)).isEqualTo(16);
            assertThat(state.ledger().kept()).isZero();
        }
    }

    @Test
    void mergesCombineWhatTheStationHolds() {
        Golden golden = Golden.mha();
        List<Matrix> seen = new ArrayList<>();
        Decision.Merge merge = new Decision.Merge(
                new int[] {0, 2, 3, 5, 5},
                new int[] {0, 1, 7, Decision.CLS, 9},
                new float[] {0.25f, 0.75f, 1, 2, -1},
                new int[] {1, 7, 9, -1},
                Positions.ORIGINAL);
        PlanRun run = run(
                step(
                        new Station.Connector(),
                        s -> {
                            seen.add(s.get(new Signal.Features()));
                            return merge;
                        },
                        new Signal.Features()),
                step(
                        new Station.Projector(),
                        s -> {
                            seen.add(s.get(new Signal.Projected()));
                            return new Decision.Append(new Matrix(1, 48, new float[48]));
                        },
                        new Signal.Projected()));
        try (PromptState state = golden.read("one_image", run)) {
            Matrix features = seen.getFirst();
            float[] cls =
                    Tensors.floats(golden.tensor("vision.hidden.2").select(0, 0).select(0, 0));
            float[] expected = new float[4 * 32];
            for (int c = 0; c < 32; c++) {
                expected[c] = 0.25f * features.get(0, c) + 0.75f * features.get(1, c);
                expected[32 + c] = features.get(7, c);
                expected[64 + c] = 2 * cls[c] - features.get(9, c);
            }
            Tensor projected = golden.model.connector().project(Tensors.of(expected, 4, 32));
            Golden.assertClose(seen.get(1).data(), Tensors.floats(projected), "projected");
            assertThat(state.sequence().layout().cells()).containsExactly(1, 7, 9, -1, -1);
            Ledger ledger = state.ledger();
            assertThat(ledger.total()).isEqualTo(16);
            assertThat(ledger.kept()).isEqualTo(5);
            assertThat(ledger.count(Ledger.Fate.KEPT)).isEqualTo(3);
            assertThat(ledger.count(Ledger.Fate.MERGED)).isEqualTo(1);
            assertThat(ledger.count(Ledger.Fate.DROPPED)).isEqualTo(12);
            assertThat(ledger.tokens().get(0).events().getFirst().into()).isEqualTo(1);
            assertThat(ledger.survivors().get(2).members()).containsExactly(Decision.CLS, 9);
        }
    }

    @Test
    void aTokenOfSizeTwoCountsTwiceUnderProportionalAttention() {
        Golden golden = Golden.mha();
        // Two equal tokens, once side by side and once as one of size two: later attention must not see a difference.
        Decision.Merge copy = new Decision.Merge(
                IntStream.rangeClosed(0, 16).toArray(),
                IntStream.range(0, 16).map(i -> i == 5 ? 4 : i).toArray(),
                ones(16),
                IntStream.range(0, 16).toArray(),
                Positions.ORIGINAL);
        int[] members = IntStream.range(0, 16).toArray();
        int[] offsets =
                IntStream.rangeClosed(0, 15).map(g -> g <= 4 ? g : g + 1).toArray();
        float[] weights = ones(16);
        weights[4] = 0.5f;
        weights[5] = 0.5f;
        int[] anchors = IntStream.range(0, 15).map(g -> g <= 4 ? g : g + 1).toArray();
        Decision.Merge one = new Decision.Merge(offsets, members, weights, anchors, Positions.ORIGINAL);
        Station after = new Station.EncoderOutput(0);
        Plan twice =
                Plan.of("twice", step(after, s -> copy), step(new Station.Connector(), s -> without(5, s.layout())));
        Plan merged = new Plan("merged", List.of(step(after, s -> copy), step(after, s -> one)), true);
        float[] sideBySide = logits(golden, "one_image", PlanRun.of(twice, PlanRun.Question.none(), null));
        float[] together = logits(golden, "one_image", PlanRun.of(merged, PlanRun.Question.none(), null));
        Golden.assertClose(together, sideBySide, "size two");
        Plan plainSizes = new Plan("sizes ignored", merged.steps(), false);
        assertThat(logits(golden, "one_image", PlanRun.of(plainSizes, PlanRun.Question.none(), null)))
                .isNotEqualTo(together);
    }

    private static Decision without(int token, Layout layout) {
        return Decision.Keep.of(except(new int[] {token}, layout));
    }

    private static float[] ones(int n) {
        float[] ones = new float[n];
        Arrays.fill(ones, 1);
        return ones;
    }

    @Test
    void rescalingTouchesTheLastRowAlone() {
        Golden golden = Golden.mha();
        float[] plain = logits(golden, "one_image", PlanRun.plain());
        PlanRun nothing = run(step(new Station.Attention(1), s -> new Decision.Rescale(new float[16])));
        assertThat(logits(golden, "one_image", nothing)).isEqualTo(plain);

        float[] boost = ones(16);
        PlanRun boosted = run(step(new Station.Attention(1), s -> new Decision.Rescale(boost)));
        try (PromptState with = golden.read("one_image", boosted);
                PromptState without = golden.read("one_image", PlanRun.plain())) {
            assertThat(with.logits()).isNotEqualTo(plain);
            for (int layer = 0; layer < 4; layer++) {
                Tensor a = with.sequence().cache().layer(layer).keys();
                Tensor b = without.sequence().cache().layer(layer).keys();
                long n = a.size(1) - 1;
                assertThat(Tensors.floats(a.narrow(1, 0, n))).isEqualTo(Tensors.floats(b.narrow(1, 0, n)));
                boolean lastRowDiffers = layer >= 2;
                assertThat(Arrays.equals(Tensors.floats(a.narrow(1, n, 1)), Tensors.floats(b.narrow(1, n, 1))))
                        .isEqualTo(!lastRowDiffers);
            }
            // It goes on in every decoding step.
            golden.engine.extend(List.of(with, without), List.of(new int[] {50}, new int[] {50}));
            Tensor a = with.sequence().cache().layer(2).keys();
            Tensor b = without.sequence().cache().layer(2).keys();
            long last = a.size(1) - 1;
            assertThat(Tensors.floats(a.narrow(1, last, 1))).isNotEqualTo(Tensors.floats(b.narrow(1, last, 1)));
        }
    }

    @Test
    void rescaledAttentionIsTheFormula() {
        // Scores 1 (text), 2 and -1 (visual), 0.5 from keys of width 1 and a query of 1.
        Tensor q = Tensors.of(new float[] {1}, 1, 1, 1);
        Tensor k = Tensors.of(new float[] {1, 2, -1, 0.5f}, 1, 4, 1);
        Tensor v = Tensors.of(new float[] {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1}, 1, 4, 4);
        Tensor wide = Tensors.cat(2, k, Tensors.zeros(dev.fovea.core.tensor.DType.F32, 1, 4, 3));
        Tensor query = Tensors.cat(2, q, Tensors.zeros(dev.fovea.core.tensor.DType.F32, 1, 1, 3));
        float[] out =
                Tensors.floats(Rescaling.attend(query, wide, v, 1, 0, null, List.of(new float[] {0, 0.7f, 0.4f, 0})));
        float[] expected = {0.0779f, 0.8591f, 0.0157f, 0.0473f};
        for (int i = 0; i < 4; i++) {
            assertThat(out[i]).isCloseTo(expected[i], org.assertj.core.api.Assertions.within(5e-5f));
        }
    }

    @Test
    void logitsCanBeReplacedAndTheImageFreeBranchNeverSawThePicture() {
        Golden golden = Golden.mha();
        List<float[]> blind = new ArrayList<>();
        Signal.BranchLogProbabilities free = new Signal.BranchLogProbabilities(new Branch.WithoutPictures());
        PlanRun run = run(step(
                new Station.Logits(),
                s -> {
                    blind.add(s.get(free));
                    float[] swapped = s.get(new Signal.LogProbabilities()).clone();
                    swapped[42] = Float.NEGATIVE_INFINITY;
                    return new Decision.Replace(swapped);
                },
                free,
                new Signal.LogProbabilities()));
        int[] words = Arrays.stream(golden.ids("one_image"))
                .filter(id -> !golden.model.isPlaceholder(id))
                .toArray();
        try (PromptState state = golden.read("one_image", run);
                PromptState text = golden.engine
                        .prefill(List.of(new PathEngine.Prompt("", words, List.of(), PlanRun.plain(), 4)))
                        .getFirst()) {
            for (int token : new int[] {12, 99}) {
                Golden.assertClose(blind.getLast(), PromptState.logProbabilities(text.logits()), "image-free branch");
                assertThat(state.logits()[42]).isEqualTo(Float.NEGATIVE_INFINITY);
                golden.engine.extend(List.of(state, text), List.of(new int[] {token}, new int[] {token}));
            }
        }
    }

    @Test
    void notesAndEncoderSignalsFollowTheSurvivors() {
        Golden golden = Golden.mha();
        Signal.EncoderAttention cls = new Signal.EncoderAttention(0, Signal.EncoderQueries.CLS, Signal.Heads.MEAN);
        List<float[]> seen = new ArrayList<>();
        Step first = new Step(new Station.Connector(), List.of(cls), s -> {
            seen.add(s.get(cls));
            float[] index = new float[16];
            for (int i = 0; i < 16; i++) {
                index[i] = i;
            }
            return Outcome.of(Decision.Keep.of(2, 3, 11)).noting("index", index);
        });
        Step second = new Step(new Station.Decoder(1), List.of(cls, new Signal.Noted("index")), s -> {
            seen.add(s.get(cls));
            seen.add(s.get(new Signal.Noted("index")));
            return Outcome.of(Decision.Keep.of(0, 2));
        });
        Step third = new Step(new Station.Decoder(2), List.of(new Signal.Noted("index")), s -> {
            seen.add(s.get(new Signal.Noted("index")));
            return Outcome.of(new Decision.Unchanged());
        });
        golden.read("two_images", run(first, second, third)).close();
        float[] one = seen.get(0);
        float[] two = seen.get(1);
        assertThat(seen.get(2)).containsExactly(one[2], one[3], one[11], two[2], two[3], two[11]);
        assertThat(seen.get(3)).containsExactly(2, 3, 11, 2, 3, 11);
        assertThat(seen.get(4)).containsExactly(2, 11);
    }

    /** The text between two pictures stands after the first visual token only while the first picture has one. */
    @Test
    void notesOfTheTextStayWithItsTokens() {
        Golden golden = Golden.mha();
        Signal.NotedText note = new Signal.NotedText("place");
        List<float[]> seen = new ArrayList<>();
        List<int[]> text = new ArrayList<>();
        Step first = new Step(new Station.Prompt(), List.of(), s -> {
            int[] at = s.layout().instruction();
            text.add(at);
            float[] places = new float[at.length];
            for (int i = 0; i < at.length; i++) {
                places[i] = at[i];
            }
            return Outcome.of(new Decision.Unchanged()).notingText("place", places);
        });
        Step second = new Step(new Station.Decoder(1), List.of(note), s -> {
            seen.add(s.get(note));
            return Outcome.of(Decision.Keep.of(20, 30));
        });
        Step third = new Step(new Station.Decoder(2), List.of(note, new Signal.DecoderPositions()), s -> {
            seen.add(s.get(note));
            float[] ids = s.get(new Signal.DecoderPositions());
            int[] left = s.layout().instruction();
            for (int i = 0; i < left.length; i++) {
                assertThat(ids[left[i]]).isEqualTo(s.get(note)[i]);
            }
            return Outcome.of(new Decision.Unchanged());
        });
        golden.read("two_images", run(first, second, third)).close();
        int[] all = text.getFirst();
        assertThat(seen.getFirst()).hasSize(all.length);
        assertThat(seen.get(1).length).isPositive().isLessThan(all.length);
        assertThat(seen.get(1)[seen.get(1).length - 1]).isEqualTo(all[all.length - 1]);
    }

    @Test
    void whatIsDecidedForOneDoesNotTouchTheOthers() {
        Golden golden = Golden.gqa();
        PlanRun prune = run(
                step(new Station.EncoderOutput(1), s -> Decision.Keep.of(every(2, s.layout()))),
                step(new Station.Decoder(2), s -> Decision.Keep.of(every(3, s.layout()))));
        List<String> prompts = List.of("one_image", "text_only", "two_images", "two_turns");
        List<PlanRun> runs = List.of(PlanRun.plain(), prune, prune, PlanRun.plain());
        List<PathEngine.Prompt> batch = IntStream.range(0, 4)
                .mapToObj(i -> new PathEngine.Prompt(
                        "p" + i + ".",
                        golden.ids(prompts.get(i)),
                        golden.encode(prompts.get(i), runs.get(i)),
                        runs.get(i),
                        2))
                .toList();
        List<PromptState> together = golden.engine.prefill(batch);
        for (int i = 0; i < 4; i++) {
            Golden.assertClose(together.get(i).logits(), logits(golden, prompts.get(i), runs.get(i)), prompts.get(i));
        }
        together.forEach(PromptState::close);
    }

    @Test
    void faultyStepsAreNamed() {
        Golden golden = Golden.mha();
        assertThatThrownBy(() ->
                        golden.read("one_image", run(step(new Station.Connector(), s -> Decision.Keep.of(16)))))
                .hasMessage("Technique 'test' named visual token 16, but there are 16 at connector.");
        assertThatThrownBy(() ->
                        golden.read("one_image", run(step(new Station.Connector(), s -> Decision.Keep.of(3, 3)))))
                .hasMessage("Technique 'test' named visual token 3 twice at connector.");
        assertThatThrownBy(() -> golden.read("one_image", run(step(new Station.Connector(), s -> {
                    s.get(new Signal.Features());
                    return new Decision.Unchanged();
                }))))
                .hasMessageContaining("without declaring it");
        assertThatThrownBy(() -> golden.read("one_image", run(step(new Station.Logits(), s -> Decision.Keep.of(0)))))
                .hasMessage("Technique 'test' decided Keep, which this station cannot do at logits.");
    }
}

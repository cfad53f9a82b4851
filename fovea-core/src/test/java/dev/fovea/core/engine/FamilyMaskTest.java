package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Decision.Positions;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A pruned run is a run of the same network in which the dropped tokens are masked out from there on, positions and
 * decoded tokens included, whatever a family's tokens and positions are.
 */
class FamilyMaskTest {
    private static final int[] DECODED = {9, 45, 81};

    private static PlanRun run(Station station, Positions positions) {
        return run(station, positions, (grid, token) -> kept(token));
    }

    private static PlanRun run(Station station, Positions positions, BiPredicate<Ledger.Grid, Integer> keeps) {
        Step step = new Step(station, List.of(), s -> {
            Ledger.Grid grid = s.layout().grids().getFirst();
            int[] kept = IntStream.range(0, s.layout().visualCount())
                    .filter(token -> keeps.test(grid, token))
                    .toArray();
            return Outcome.of(new Decision.Keep(kept, positions));
        });
        return PlanRun.of(Plan.of("mask", step), PlanRun.Question.none(), null);
    }

    private static boolean kept(int token) {
        return token % 3 != 1;
    }

    @ParameterizedTest
    @CsvSource({
        "qwen2-5-vl, 2, ORIGINAL",
        "qwen2-5-vl, 3, ORIGINAL",
        "qwen2-5-vl, 2, RENUMBERED",
        "qwen2-vl, 2, ORIGINAL",
        "qwen2-vl, 3, ORIGINAL",
        "qwen2-vl, 2, RENUMBERED",
        "qwen3-vl, 0, ORIGINAL",
        "qwen3-vl, 1, ORIGINAL",
        "qwen3-vl, 1, RENUMBERED",
        "qwen3-vl, 2, ORIGINAL",
        "qwen3-vl, 3, ORIGINAL",
        "qwen3-vl, 2, RENUMBERED",
        "qwen3-vl-first, 1, ORIGINAL",
        "qwen3-vl-first, 2, ORIGINAL",
        "qwen3-vl-first, 3, ORIGINAL",
        "idefics3, 2, ORIGINAL",
        "idefics3, 3, ORIGINAL",
        "idefics3, 2, RENUMBERED",
        "llava-mha, 2, ORIGINAL",
        "llava-mha, 3, ORIGINAL",
        "llava-mha, 2, RENUMBERED",
        "gemma3, 2, ORIGINAL",
        "gemma3, 3, ORIGINAL",
        "gemma3, 2, RENUMBERED",
        "paligemma2, 2, ORIGINAL",
        "paligemma2, 3, ORIGINAL",
        "paligemma2, 2, RENUMBERED",
        "internvl, 1, ORIGINAL",
        "internvl, 2, RENUMBERED",
        "mistral3, 1, ORIGINAL",
        "mistral3, 2, RENUMBERED",
        "llava-next, 1, ORIGINAL",
        "llava-next, 2, ORIGINAL",
        "llava-next, 2, RENUMBERED",
        "llava-onevision, 1, ORIGINAL",
        "llava-onevision, 2, ORIGINAL",
        "llava-onevision, 2, RENUMBERED",
    })
    void inTheDecoder(String name, int layer, Positions positions) {
        FamilyGolden golden = FamilyGolden.of(name);
        try (Scope scope = Scope.inference()) {
            WholePrompt whole = WholePrompt.of(golden);
            int[] leaves = new int[whole.length()];
            Arrays.fill(leaves, Integer.MAX_VALUE);
            for (int i = 0; i < whole.visual().length; i++) {
                leaves[whole.visual()[i]] = kept(i) ? Integer.MAX_VALUE : layer;
            }
            PlanRun run = run(new Station.Decoder(layer), positions);
            if (positions == Positions.ORIGINAL) {
                compare(golden, run, whole, leaves);
            } else {
                compareRenumbered(golden, run, whole, leaves, layer);
            }
            assertThat(scope).isNotNull();
        }
    }

    @ParameterizedTest
    @MethodSource("dev.fovea.core.engine.FamilyGolden#ofEveryKind")
    void atTheConnector(String name) {
        atTheConnector(name, (grid, token) -> kept(token));
    }

    /** The token that ends a row stays where none of the row is left. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-next", "llava-onevision", "mistral3"})
    void rowsOfWhichNothingIsLeft(String name) {
        atTheConnector(name, (grid, token) -> token / grid.cols() != 1);
    }

    private void atTheConnector(String name, BiPredicate<Ledger.Grid, Integer> keeps) {
        FamilyGolden golden = FamilyGolden.of(name);
        try (Scope scope = Scope.inference()) {
            WholePrompt whole = WholePrompt.of(golden);
            int[] leaves = new int[whole.length()];
            Arrays.fill(leaves, Integer.MAX_VALUE);
            for (int i = 0; i < whole.visual().length; i++) {
                leaves[whole.visual()[i]] = keeps.test(whole.grids().get(i), whole.cells()[i]) ? Integer.MAX_VALUE : 0;
            }
            // Counted positions are contiguous; rows and columns stay what they were.
            WholePrompt seen = golden.model.positions().axes() == 1 ? whole.countedWithout(leaves) : whole;
            compare(golden, run(new Station.Connector(), Positions.ORIGINAL, keeps), seen, leaves);
            assertThat(scope).isNotNull();
        }
    }

    /** Features of what is left are those of a run in which nobody sees the dropped tokens behind block 1. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "qwen2-vl",
                "qwen2-5-vl",
                "qwen3-vl",
                "qwen3-vl-first",
                "idefics3",
                "llava-mha",
                "gemma3",
                "paligemma2",
                "llava-next",
                "internvl",
                "mistral3"
            })
    void insideTheEncoder(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        int block = 1;
        try (Scope scope = Scope.inference()) {
            List<EncodedImage> pruned = golden.encode(
                    golden.pictures(WholePrompt.name(name)), run(new Station.EncoderOutput(block), Positions.ORIGINAL));
            List<EncodedImage> whole = golden.encode(golden.pictures(WholePrompt.name(name)), PlanRun.plain());
            NaiveEncoder naive = new NaiveEncoder(golden.model);
            for (int i = 0; i < pruned.size(); i++) {
                Ledger.Grid grid = whole.get(i).grid();
                int[] dropped =
                        IntStream.range(0, grid.tokens()).filter(t -> !kept(t)).toArray();
                int patches = grid.side() * grid.side();
                int lead = golden.model.vision().options().classToken() ? 1 : 0;
                Tensor all = naive.features(golden.view(WholePrompt.name(name), i), grid, dropped, block + 1);
                int[] rows = IntStream.concat(
                                IntStream.range(0, lead),
                                IntStream.range(0, grid.tokens() * patches)
                                        .filter(row -> kept(row / patches))
                                        .map(row -> lead + row))
                        .toArray();
                Golden.assertClose(
                        Tensors.floats(pruned.get(i).features().get()),
                        Tensors.floats(all.index_select(0, Tensors.indices(rows))),
                        "features of image " + i);
            }
            pruned.forEach(EncodedImage::close);
            whole.forEach(EncodedImage::close);
            assertThat(scope).isNotNull();
        }
    }

    private static void compare(FamilyGolden golden, PlanRun run, WholePrompt whole, int[] leaves) {
        WholePrompt now = whole;
        int[] until = leaves;
        try (PromptState state = golden.read(WholePrompt.name(golden.name()), run)) {
            Golden.assertClose(
                    state.logits(),
                    now.naive(golden).logits(now.embeddings(), until, now.positions(), Integer.MAX_VALUE, now.blocks()),
                    "prefill");
            for (int token : DECODED) {
                golden.engine.extend(List.of(state), List.of(new int[] {token}));
                now = now.with(golden, token);
                until = Arrays.copyOf(until, until.length + 1);
                until[until.length - 1] = Integer.MAX_VALUE;
                Golden.assertClose(
                        state.logits(),
                        now.naive(golden)
                                .logits(now.embeddings(), until, now.positions(), Integer.MAX_VALUE, now.blocks()),
                        "token " + token);
            }
        }
    }

    /** From the layer on, and for decoded tokens in it and behind it, tokens are numbered anew. */
    private static void compareRenumbered(
            FamilyGolden golden, PlanRun run, WholePrompt whole, int[] leaves, int layer) {
        WholePrompt now = whole;
        int[] until = leaves;
        try (PromptState state = golden.read(WholePrompt.name(golden.name()), run)) {
            Golden.assertClose(
                    state.logits(),
                    now.naive(golden).logits(now.embeddings(), until, now.positions(), layer, now.blocks()),
                    "prefill, renumbered");
            for (int token : DECODED) {
                golden.engine.extend(List.of(state), List.of(new int[] {token}));
                now = now.with(golden, token);
                until = Arrays.copyOf(until, until.length + 1);
                until[until.length - 1] = Integer.MAX_VALUE;
                Golden.assertClose(
                        state.logits(),
                        now.naive(golden).logits(now.embeddings(), until, now.positions(), layer, now.blocks()),
                        "token " + token + ", renumbered");
            }
        }
    }
}

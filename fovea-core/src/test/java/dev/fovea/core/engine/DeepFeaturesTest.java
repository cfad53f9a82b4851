package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Decision.Positions;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes from earlier blocks of the encoder is merged, kept and joined by others exactly as the tokens are. */
class DeepFeaturesTest {
    private static final String PROMPT = "one_image";

    /** Neighbours become one token, a quarter of it the first's; the tokens of {@code wide} are six. */
    private static final Decision.Merge PAIRS = new Decision.Merge(
            new int[] {0, 2, 4, 6},
            new int[] {0, 1, 2, 3, 4, 5},
            new float[] {0.25f, 0.75f, 0.25f, 0.75f, 0.25f, 0.75f},
            new int[] {0, 2, 4},
            Positions.ORIGINAL);

    private final FamilyGolden golden = FamilyGolden.of("qwen3-vl");
    private final int width = golden.model.decoder().options().width();

    @Test
    void rowsFollowDecisions() {
        try (Scope scope = Scope.inference()) {
            DeepFeatures deep = new DeepFeatures(Tensors.of(new float[] {1, 10, 2, 20, 3, 30, 4, 40}, 4, 2), 2);
            assertThat(Tensors.floats(deep.of(1))).containsExactly(10, 20, 30, 40);
            deep.follow(new Decision.Merge(
                    new int[] {0, 2, 3},
                    new int[] {3, 0, 1},
                    new float[] {0.5f, 0.5f, 2},
                    new int[] {0, 1},
                    Positions.ORIGINAL));
            assertThat(Tensors.floats(deep.of(0))).containsExactly(2.5f, 4);
            deep.append(1);
            assertThat(Tensors.floats(deep.of(1))).containsExactly(25, 40, 0);
            deep.follow(new Decision.Keep(new int[] {1, 2}, Positions.ORIGINAL));
            assertThat(Tensors.floats(deep.of(0))).containsExactly(4, 0);
            assertThat(deep.at(1)).isTrue();
            assertThat(deep.at(2)).isFalse();
            assertThat(scope).isNotNull();
        }
    }

    /** Behind the projector and before the language model: a run over tokens and deep features merged beforehand. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void mergedTokens(boolean inPrompt) {
        try (Scope scope = Scope.inference()) {
            Station station = inPrompt ? new Station.Prompt() : new Station.Projector();
            PathEngine.Prompt prompt = golden.prompt(PROMPT, PlanRun.plain());
            EncodedImage image = prompt.images().getFirst();
            Tensor all =
                    merged(golden.model.connector().project(image.features().get()));
            assertThat(logits(decide(station, PAIRS))).isNotEmpty();
            Golden.assertClose(logits(decide(station, PAIRS)), naive(prompt.ids(), all), "merged at " + station);
            image.close();
            assertThat(scope).isNotNull();
        }
    }

    /** Features of a block before the merge are merged as the states behind it are. */
    @Test
    void mergedInsideTheEncoder() {
        try (Scope scope = Scope.inference()) {
            EncodedImage plain =
                    golden.encode(golden.pictures(PROMPT), PlanRun.plain()).getFirst();
            EncodedImage pairs = golden.encode(golden.pictures(PROMPT), decide(new Station.EncoderOutput(1), PAIRS))
                    .getFirst();
            long patches = golden.model.connector().grouping().patches();
            long channels = golden.model.vision().options().width();
            Tensor first = plain.features().get().narrow(1, 0, channels).reshape(-1, patches * channels);
            Golden.assertClose(
                    Tensors.floats(pairs.features().get().narrow(1, 0, channels).reshape(-1, patches * channels)),
                    Tensors.floats(merged(first)),
                    "deep features of block 0");
            plain.close();
            pairs.close();
            assertThat(scope).isNotNull();
        }
    }

    /** A token that a step adds has no deep features, wherever it is added. */
    @ParameterizedTest
    @ValueSource(strings = {"connector", "projector", "prompt"})
    void addedTokens(String where) {
        Station station = switch (where) {
            case "connector" -> new Station.Connector();
            case "projector" -> new Station.Projector();
            default -> new Station.Prompt();
        };
        try (Scope scope = Scope.inference()) {
            boolean features = station instanceof Station.Connector;
            int channels = features ? golden.model.vision().options().width() : width;
            float[] values = new float[channels];
            IntStream.range(0, channels).forEach(i -> values[i] = (i % 7 - 3) / 5f);
            PathEngine.Prompt prompt = golden.prompt(PROMPT, PlanRun.plain());
            EncodedImage image = prompt.images().getFirst();
            int deep = golden.model.connector().deep();
            Tensor token = Tensors.of(values, 1, channels);
            if (features) {
                Tensor rows = Tensors.cat(0, token, token, token, token);
                Tensor wide = Tensors.cat(1, Tensors.zeros(DType.F32, 4, (long) deep * channels), rows);
                token = golden.model.connector().project(wide).narrow(1, 0, width);
            }
            Tensor all = Tensors.cat(
                    0,
                    golden.model.connector().project(image.features().get()),
                    Tensors.cat(1, token, Tensors.zeros(DType.F32, 1, (long) deep * width)));
            PlanRun run = decide(station, new Decision.Append(new Matrix(1, channels, values)));
            float[] actual = logits(run);
            Golden.assertClose(actual, naive(prompt.ids(), all), "added at the " + where);
            image.close();
            assertThat(scope).isNotNull();
        }
    }

    /** Steps at the connector see what makes the tokens, not what is added later. */
    @Test
    void signalsAreOfTheTokensThemselves() {
        List<Matrix> seen = new ArrayList<>();
        List<Signal<Matrix>> needs = List.of(new Signal.Features(), new Signal.Projected());
        Step step = new Step(new Station.Connector(), List.copyOf(needs), s -> {
            needs.forEach(signal -> seen.add(s.get(signal)));
            return Outcome.of(new Decision.Unchanged());
        });
        golden.read(PROMPT, PlanRun.of(Plan.of("spy", step), PlanRun.Question.none(), null))
                .close();
        assertThat(seen)
                .extracting(Matrix::cols)
                .containsExactly(golden.model.vision().options().width(), width);
        Tensor expected = golden.tensor("picture.wide.hidden.3").reshape(6, 4, -1);
        Golden.assertClose(
                seen.getFirst().data(),
                Tensors.floats(AttentionScores.mean(expected, 1)),
                "features of the last block");
        Golden.assertClose(seen.getLast().data(), golden.floats("picture.wide.projected"), "projected");
    }

    private float[] logits(PlanRun run) {
        try (PromptState state = golden.read(PROMPT, run)) {
            return state.logits().clone();
        }
    }

    private static PlanRun decide(Station station, Decision decision) {
        Step step = new Step(station, List.of(), s -> Outcome.of(decision));
        return PlanRun.of(Plan.of("decided", step), PlanRun.Question.none(), null);
    }

    private static Tensor merged(Tensor rows) {
        Tensor pairs = rows.view(3, 2, rows.size(1));
        return Tensors.scale(pairs.select(1, 0), 0.25).add(Tensors.scale(pairs.select(1, 1), 0.75));
    }

    /** The language model over these visual tokens, each with what is added to it beside it, at the first ones' cells. */
    private float[] naive(int[] ids, Tensor visual) {
        int n = (int) visual.size(0);
        int image = IntStream.range(0, ids.length)
                .filter(i -> golden.model.isPlaceholder(ids[i]))
                .findFirst()
                .orElseThrow();
        Tensor before = golden.model.decoder().embed(Arrays.copyOfRange(ids, 0, image));
        Tensor after = golden.model.decoder().embed(Arrays.copyOfRange(ids, image + 1, ids.length));
        long added = visual.size(1) - width;
        Tensor deep = Tensors.cat(
                0,
                Tensors.zeros(DType.F32, before.size(0), added),
                visual.narrow(1, width, added),
                Tensors.zeros(DType.F32, after.size(0), added));
        int[][] positions = new int[3][ids.length - 1 + n];
        for (int i = 0; i < positions[0].length; i++) {
            // Rows of three tokens; merged ones are at cells 0, 2 and 4, an added one where the last is.
            int token = i - image;
            int cell = n == 3 ? 2 * token : Math.min(token, 5);
            boolean shown = token >= 0 && token < n;
            int word = token < 0 ? i : i - n + 3;
            positions[0][i] = shown ? image : word;
            positions[1][i] = shown ? image + cell / 3 : word;
            positions[2][i] = shown ? image + cell % 3 : word;
        }
        int[] stays = new int[positions[0].length];
        Arrays.fill(stays, Integer.MAX_VALUE);
        Tensor embeddings = Tensors.cat(0, before, visual.narrow(1, 0, width), after);
        return new NaiveDecoder(golden.model.decoder(), deep).logits(embeddings, stays, positions);
    }
}

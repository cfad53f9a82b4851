package dev.fovea.techniques;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.KeyScope;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Plans;
import dev.fovea.techniques.primitives.Vectors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Walks a plan as an engine would, with random signals of the right shapes: applies decisions to the layout, carries
 * notes and sizes along, and checks that every decision is one an engine can apply.
 */
public final class PathSimulator {
    private static final int TEXT_BEFORE = 5;
    private static final int TEXT_AFTER = 7;

    /** One step taken. */
    public record Taken(Step step, Layout before, FakeSignals signals, Outcome outcome, Layout after) {}

    private final long seed;
    private final Map<String, float[]> notes = new HashMap<>();
    private final Map<String, float[]> textNotes = new HashMap<>();
    private final List<Taken> taken = new ArrayList<>();
    private ModelShape shape;
    private float[] sizes;
    private Layout layout;
    private boolean inPrompt;
    private boolean apart;

    private PathSimulator(ModelShape shape, long seed) {
        this.shape = shape;
        this.seed = seed;
        this.layout = Layout.ofGrid(shape.gridRows(), shape.gridCols());
        this.sizes = Models.constant(layout.visualCount(), 1);
    }

    /** The steps that are about tokens: what is added to weights needs a model. */
    public static List<Step> steps(Plan plan) {
        return plan.steps().stream()
                .filter(step -> !(step.station() instanceof Station.Weights))
                .toList();
    }

    /** Takes every step of a plan. */
    public static List<Taken> run(Plan plan, ModelShape shape, long seed) {
        PathSimulator path = new PathSimulator(shape, seed);
        path.apart = Plans.readsPicturesFirst(plan);
        steps(plan).forEach(path::take);
        return path.taken;
    }

    /** Visual tokens in every decoder layer after a run. */
    public static int[] perLayer(List<Taken> run, ModelShape shape) {
        int[] counts = new int[shape.decoderLayers()];
        Arrays.fill(counts, shape.patches());
        for (Taken t : run) {
            int from = switch (t.step().station()) {
                case Station.Decoder d -> d.layer();
                case Station.Attention ignored -> shape.decoderLayers();
                case Station.Residual ignored -> shape.decoderLayers();
                case Station.Cache ignored -> shape.decoderLayers();
                case Station.Logits ignored -> shape.decoderLayers();
                default -> 0;
            };
            Arrays.fill(
                    counts,
                    Math.min(from, counts.length),
                    counts.length,
                    t.after().visualCount());
        }
        return counts;
    }

    private void take(Step step) {
        boolean late = step.station().order() >= new Station.Embeddings().order();
        if (late && !inPrompt) {
            enterPrompt();
        }
        FakeSignals signals = FakeSignals.of(layout);
        for (Signal<?> need : step.needs()) {
            put(signals, need);
        }
        Layout before = layout;
        Outcome outcome = signals.run(step);
        check(step, outcome);
        apply(outcome);
        taken.add(new Taken(step, before, signals, outcome, layout));
    }

    private void enterPrompt() {
        inPrompt = true;
        int[] visual =
                IntStream.range(TEXT_BEFORE, TEXT_BEFORE + layout.visualCount()).toArray();
        layout = new Layout(
                layout.visualCount() + TEXT_BEFORE + (apart ? 0 : TEXT_AFTER),
                visual,
                layout.cells(),
                layout.rows(),
                layout.cols(),
                1,
                layout.total());
    }

    private <T> void put(FakeSignals signals, Signal<T> signal) {
        @SuppressWarnings("unchecked")
        T value = (T) value(signal);
        signals.with(signal, value);
    }

    private Object value(Signal<?> signal) {
        Random random = new Random(seed * 1_000_003 + signal.toString().hashCode());
        int visual = layout.visualCount();
        int tokens = visual + (shape.hasCls() ? 1 : 0);
        return switch (signal) {
            case Signal.PictureSize ignored ->
                new float[] {shape.gridCols() * shape.patchSize(), shape.gridRows() * shape.patchSize()};
            case Signal.EncoderAttention ignored -> probabilities(random, visual, 0.9);
            case Signal.EncoderAttentionMap ignored -> map(random, tokens);
            case Signal.EncoderProjection ignored -> gaussian(random, tokens, shape.encoderWidth());
            case Signal.EncoderHidden ignored -> gaussian(random, tokens, shape.encoderWidth());
            case Signal.EncoderStates ignored -> gaussian(random, tokens, shape.encoderWidth());
            case Signal.TokenSizes ignored -> withClass();
            case Signal.Features ignored -> gaussian(random, visual, shape.encoderWidth());
            case Signal.PictureFeatures ignored -> gaussian(random, visual, shape.encoderWidth());
            case Signal.Projected ignored -> gaussian(random, visual, shape.decoderWidth());
            case Signal.PatchImageEmbeddings ignored -> gaussian(random, shape.patches(), 16);
            case Signal.QuestionEmbedding ignored -> gaussian(random, 1, 16).row(0);
            case Signal.QuestionTokensMean ignored ->
                gaussian(random, 1, shape.decoderWidth()).row(0);
            case Signal.PatchPixels ignored -> pixels(random);
            case Signal.DecoderAttention a -> attention(random, a.keys());
            case Signal.DecoderProjection p -> gaussian(random, visual, width(p.projection()));
            case Signal.DecoderLastProjection p -> gaussian(random, 1, width(p.projection()));
            case Signal.FeatureImageEmbeddings ignored -> gaussian(random, visual, 16);
            case Signal.QuestionPieces ignored -> gaussian(random, 2, 16);
            case Signal.DecoderInstructionProjection p ->
                gaussian(random, layout.instruction().length, width(p.projection()));
            case Signal.DecoderInstructionAttention a ->
                rows(random, layout.instruction().length * (a.byHead() ? shape.decoderHeads() : 1), visual);
            case Signal.DecoderHidden h -> gaussian(random, tokens(h.tokens()), shape.decoderWidth());
            case Signal.DecoderAttentionMap ignored -> map(random, layout.length());
            case Signal.DecoderPositions ignored -> positions();
            case Signal.Continuations ignored -> new float[layout.text().length];
            case Signal.NotedText n -> Objects.requireNonNull(textNotes.get(n.name()), n.name());
            case Signal.Noted n -> Objects.requireNonNull(notes.get(n.name()), n.name());
            case Signal.Remembered ignored -> gaussian(random, 3, shape.encoderWidth());
            case Signal.LastStates ignored -> gaussian(random, shape.decoderLayers(), shape.decoderWidth());
            case Signal.NextLogits ignored -> logProbabilities(random);
            case Signal.LogProbabilities ignored -> logProbabilities(random);
            case Signal.LateLogits ignored -> logProbabilities(random);
            case Signal.BranchLogProbabilities ignored -> logProbabilities(random);
            case Signal.AnswerTokens ignored -> new float[] {12};
            default -> throw new AssertionError("No value for " + signal);
        };
    }

    private int tokens(Signal.PromptTokens tokens) {
        return switch (tokens) {
            case VISUAL -> layout.visualCount();
            case INSTRUCTION -> layout.instruction().length;
            case TEXT -> layout.text().length;
        };
    }

    private int width(Signal.Projection projection) {
        int heads = projection == Signal.Projection.QUERY ? shape.decoderHeads() : shape.decoderKvHeads();
        return heads * shape.decoderHeadDim();
    }

    private float[] withClass() {
        if (!shape.hasCls()) {
            return sizes.clone();
        }
        float[] all = new float[sizes.length + 1];
        all[0] = 1;
        System.arraycopy(sizes, 0, all, 1, sizes.length);
        return all;
    }

    static float[] probabilities(Random random, int n, double mass) {
        float[] logits = new float[n];
        for (int i = 0; i < n; i++) {
            logits[i] = (float) (1.5 * random.nextGaussian());
        }
        float[] p = Vectors.softmax(logits);
        for (int i = 0; i < n; i++) {
            p[i] *= (float) mass;
        }
        return p;
    }

    private static Matrix map(Random random, int n) {
        return rows(random, n, n);
    }

    private static Matrix rows(Random random, int rows, int n) {
        float[] data = new float[rows * n];
        for (int r = 0; r < rows; r++) {
            System.arraycopy(probabilities(random, n, 1), 0, data, r * n, n);
        }
        return new Matrix(rows, n, data);
    }

    private float[] positions() {
        float[] out = new float[layout.length()];
        for (int i = 0; i < out.length; i++) {
            out[i] = i;
        }
        return out;
    }

    public static Matrix gaussian(Random random, int rows, int cols) {
        float[] data = new float[rows * cols];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) random.nextGaussian();
        }
        return new Matrix(rows, cols, data);
    }

    private Matrix pixels(Random random) {
        int width = shape.patchSize() * shape.patchSize() * 3;
        float[] data = new float[shape.patches() * width];
        for (int i = 0; i < data.length; i++) {
            data[i] = random.nextInt(256);
        }
        return new Matrix(shape.patches(), width, data);
    }

    private float[] attention(Random random, KeyScope scope) {
        if (scope == KeyScope.ALL) {
            return probabilities(random, layout.length(), 1);
        }
        float[] row = new float[layout.length()];
        float[] p = probabilities(random, layout.visualCount(), 1);
        for (int i = 0; i < p.length; i++) {
            row[layout.visual()[i]] = p[i];
        }
        return row;
    }

    private float[] logProbabilities(Random random) {
        float[] p = probabilities(random, shape.vocabulary(), 1);
        for (int i = 0; i < p.length; i++) {
            p[i] = (float) Math.log(p[i]);
        }
        return p;
    }

    private void check(Step step, Outcome outcome) {
        int n = layout.visualCount();
        if (outcome.scores() != null) {
            assertThat(outcome.scores()).hasSize(n);
        }
        outcome.notes().values().forEach(v -> assertThat(v).hasSize(n));
        outcome.textNotes().values().forEach(v -> assertThat(v).hasSize(layout.instruction().length));
        switch (outcome.decision()) {
            case Decision.Keep k -> {
                assertThat(k.indices()).isNotEmpty().doesNotHaveDuplicates();
                assertThat(Arrays.stream(k.indices()).allMatch(i -> i >= 0 && i < n))
                        .isTrue();
            }
            case Decision.Merge m -> checkMerge(step, m, n);
            case Decision.Rescale r -> assertThat(r.factors()).hasSize(n);
            case Decision.Rewrite r -> {
                assertThat(r.at()).isSorted().doesNotHaveDuplicates();
                assertThat(Arrays.stream(r.at()).allMatch(i -> i >= 0 && i < layout.length()))
                        .isTrue();
                assertThat(r.tokens().cols()).isEqualTo(shape.decoderWidth());
            }
            case Decision.Edges e -> assertThat(e.edges().groups()).hasSize(layout.length());
            case Decision.Retain r -> {
                assertThat(r.tokens()).isNotEmpty().isSorted().doesNotHaveDuplicates();
                assertThat(Arrays.stream(r.tokens()).allMatch(i -> i >= 0 && i < layout.length()))
                        .isTrue();
            }
            case Decision.Steer s -> assertThat(s.vector()).hasSize(shape.decoderWidth());
            case Decision.Replace r -> assertThat(r.logits()).hasSize(shape.vocabulary());
            default -> {}
        }
    }

    private void checkMerge(Step step, Decision.Merge m, int n) {
        boolean clsAllowed = step.station() instanceof Station.Connector && shape.hasCls();
        assertThat(m.groups()).isPositive();
        for (int member : m.members()) {
            assertThat(member).isBetween(clsAllowed ? Decision.CLS : 0, n - 1);
        }
        int[] placed = Arrays.stream(m.anchors()).filter(a -> a >= 0).toArray();
        assertThat(placed).doesNotHaveDuplicates();
        assertThat(Arrays.stream(m.anchors()).allMatch(a -> a >= -1 && a < n)).isTrue();
        for (float w : m.weights()) {
            assertThat(w).isFinite();
        }
    }

    private void apply(Outcome outcome) {
        outcome.notes().forEach(notes::put);
        outcome.textNotes().forEach(textNotes::put);
        switch (outcome.decision()) {
            case Decision.Keep k -> {
                sizes = Vectors.pick(sizes, k.indices());
                select(k.indices());
            }
            case Decision.Merge m -> {
                float[] merged = new float[m.groups()];
                for (int g = 0; g < merged.length; g++) {
                    for (int member : m.members(g)) {
                        merged[g] += member == Decision.CLS ? 1 : sizes[member];
                    }
                }
                sizes = merged;
                select(m.anchors());
            }
            case Decision.Append a -> {
                int present = layout.visualCount();
                int more = a.tokens().rows();
                sizes = Arrays.copyOf(sizes, present + more);
                Arrays.fill(sizes, present, present + more, 1);
                select(IntStream.range(0, present + more)
                        .map(i -> i < present ? i : Decision.CLS)
                        .toArray());
            }
            case Decision.DropAllVisual ignored -> select(new int[0]);
            case Decision.Retain r -> {
                int[] visual = layout.visual();
                int[] left = IntStream.range(0, visual.length)
                        .filter(i -> Arrays.binarySearch(r.tokens(), visual[i]) >= 0)
                        .toArray();
                sizes = Vectors.pick(sizes, left);
                select(left);
            }
            case Decision.Resize r -> {
                shape = shape.withGrid(r.rows(), r.cols());
                layout = Layout.ofGrid(shape.gridRows(), shape.gridCols());
                sizes = Models.constant(layout.visualCount(), 1);
            }
            default -> {}
        }
    }

    /** Makes the tokens whose places are given the ones present. */
    private void select(int[] places) {
        int[] cells =
                Arrays.stream(places).map(p -> p < 0 ? -1 : layout.cells()[p]).toArray();
        int first = inPrompt ? TEXT_BEFORE : 0;
        int[] visual = IntStream.range(first, first + places.length).toArray();
        int length = layout.length() - layout.visualCount() + places.length;
        notes.replaceAll((name, values) -> {
            float[] carried = new float[places.length];
            for (int i = 0; i < carried.length; i++) {
                carried[i] = places[i] < 0 ? 0 : values[places[i]];
            }
            return carried;
        });
        layout = new Layout(length, visual, cells, layout.rows(), layout.cols(), 1, layout.total());
    }
}

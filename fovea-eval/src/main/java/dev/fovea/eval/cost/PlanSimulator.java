package dev.fovea.eval.cost;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Plans;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Walks through a plan without a model: every step is asked with {@link SyntheticSignals}, and what it decides is
 * counted. Gives the {@link Load} of one picture and a question.
 */
public final class PlanSimulator {
    private final Plan plan;
    private final int text;
    private final Map<String, float[]> noted = new HashMap<>();
    private ModelShape shape;
    private final Map<String, float[]> notedText = new HashMap<>();
    private int[] cells;
    private float[] sizes;
    private final Set<Integer> merging = new HashSet<>();
    private boolean inDecoder;
    private long own;
    private boolean evicted;

    private PlanSimulator(ModelShape shape, Plan plan, int text) {
        this.shape = shape;
        this.plan = plan;
        this.text = text;
        this.cells = IntStream.range(0, shape.patches()).toArray();
        this.sizes = ones(cells.length);
    }

    private static float[] ones(int count) {
        float[] ones = new float[count];
        Arrays.fill(ones, 1);
        return ones;
    }

    /**
     * The load that a plan makes of one picture.
     *
     * @param text tokens of the prompt that are not visual
     * @param answer tokens of the answer
     */
    public static Load load(ModelShape shape, Plan plan, int text, int answer) {
        Plan ordered = Plans.compose(List.of(plan));
        return new PlanSimulator(shape, ordered, text).run(answer);
    }

    private Load run(int answer) {
        at(new Station.Framing());
        at(new Station.Patches());
        List<Integer> encoder = new ArrayList<>();
        List<Integer> mlp = new ArrayList<>();
        int complete = completeLayers();
        for (int layer = 0; layer < complete; layer++) {
            encoder.add(cells.length);
            at(new Station.EncoderAttention(layer));
            mlp.add(cells.length);
            at(new Station.EncoderOutput(layer));
        }
        int cls = shape.hasCls() && !shape.clsInFeatures() ? 1 : 0;
        boolean early =
                plan.steps().stream().anyMatch(s -> s.station() instanceof Station.Connector && Load.seesProjected(s));
        int asFeatures = cells.length;
        at(new Station.Connector());
        int projected = early ? cls + asFeatures : cells.length + (Load.projectsEarly(plan) ? cls : 0);
        projected += shape.clsInFeatures() ? 1 : 0;
        at(new Station.Projector());
        enterLanguageModel();
        at(new Station.Prompt());
        List<Integer> entering = new ArrayList<>();
        List<Integer> decoder = new ArrayList<>();
        for (int layer = 0; layer < shape.decoderLayers(); layer++) {
            entering.add(cells.length);
            at(new Station.Decoder(layer));
            decoder.add(cells.length);
        }
        return new Load(
                1,
                shape.patches(),
                encoder,
                mlp,
                projected,
                entering,
                decoder,
                cached(decoder),
                Plans.readsPicturesFirst(plan),
                merging,
                text,
                answer,
                own);
    }

    /** What every layer still holds once the steps at the cache have decided. */
    private List<Integer> cached(List<Integer> decoder) {
        List<Integer> cached = new ArrayList<>(decoder);
        for (Station.Behind behind : Station.Behind.values()) {
            for (int layer = 0; layer < cached.size(); layer++) {
                evicted = false;
                at(new Station.Cache(behind, layer));
                if (evicted) {
                    cached.subList(layer, cached.size()).replaceAll(held -> cells.length);
                }
            }
        }
        return cached;
    }

    /** The class token stands in front of the patches where the model passes it on. */
    private void enterLanguageModel() {
        inDecoder = true;
        if (shape.clsInFeatures()) {
            int[] behind = cells;
            cells = new int[behind.length + 1];
            cells[0] = -1;
            System.arraycopy(behind, 0, cells, 1, behind.length);
            sizes = Arrays.copyOf(sizes, cells.length);
            noted.replaceAll((name, values) -> {
                float[] shifted = new float[values.length + 1];
                System.arraycopy(values, 0, shifted, 1, values.length);
                return shifted;
            });
        }
    }

    private int completeLayers() {
        int layers = shape.featureLayers();
        for (Step step : plan.steps()) {
            for (Signal<?> signal : step.needs()) {
                layers = Math.max(
                        layers,
                        switch (signal) {
                            case Signal.EncoderHidden s -> s.layers();
                            case Signal.PatchImageEmbeddings ignored -> shape.encoderLayers();
                            default -> 0;
                        });
            }
        }
        return layers;
    }

    private void at(Station station) {
        for (Step step : plan.steps()) {
            if (step.station().equals(station) && cells.length > 0) {
                Outcome outcome = step.rule().decide(new SyntheticSignals(shape, layout(), sizes, noted, notedText));
                own += step.work().flops(cells.length, text);
                noted.putAll(outcome.notes());
                notedText.putAll(outcome.textNotes());
                follow(outcome.decision());
                evicted |= station instanceof Station.Cache && !(outcome.decision() instanceof Decision.Unchanged);
                if (outcome.decision() instanceof Decision.Merge && station instanceof Station.Decoder at) {
                    merging.add(at.layer());
                }
            }
        }
    }

    /** In the language model the picture is put in the middle of the text. */
    private Layout layout() {
        int n = cells.length;
        int before = inDecoder ? text / 2 : 0;
        int[] visual = new int[n];
        Arrays.setAll(visual, i -> before + i);
        // Where the pictures are read before the words behind them, these are not there yet.
        int length = n + (Plans.readsPicturesFirst(plan) ? before : inDecoder ? text : 0);
        int total = shape.patches() + (inDecoder && shape.clsInFeatures() ? 1 : 0);
        return new Layout(length, visual, cells, shape.gridRows(), shape.gridCols(), 1, total);
    }

    private void follow(Decision decision) {
        switch (decision) {
            case Decision.Keep keep -> select(keep.indices());
            case Decision.Merge merge -> merge(merge);
            case Decision.DropAllVisual ignored -> select(new int[0]);
            case Decision.Append append -> {
                int old = cells.length;
                int[] more = Arrays.copyOf(cells, old + append.tokens().rows());
                Arrays.fill(more, old, more.length, -1);
                cells = more;
                sizes = Arrays.copyOf(sizes, more.length);
                Arrays.fill(sizes, old, more.length, 1);
                noted.replaceAll((name, values) -> Arrays.copyOf(values, more.length));
            }
            case Decision.Resize resize -> {
                shape = shape.withGrid(resize.rows(), resize.cols());
                cells = IntStream.range(0, shape.patches()).toArray();
                sizes = ones(cells.length);
            }
            case Decision.Cut ignored ->
                throw new IllegalArgumentException(
                        "Technique '" + plan.technique() + "' cuts pictures into tiles, so that"
                                + " each costs what its own size asks for; measure it on pictures with 'compare'.");
            case Decision.Unchanged ignored -> {}
            case Decision.Resample resample -> merge(resample.places());
            case Decision.Gate gate -> select(gate.hard().indices());
            case Decision.Adapt ignored -> {}
            case Decision.Attend ignored -> {}
            case Decision.Rescale ignored -> {}
            case Decision.Edges ignored -> {}
            case Decision.Retain retain -> {
                int[] visual = layout().visual();
                Set<Integer> stay = Arrays.stream(retain.tokens()).boxed().collect(Collectors.toSet());
                select(IntStream.range(0, visual.length)
                        .filter(i -> stay.contains(visual[i]))
                        .toArray());
            }
            case Decision.Replace ignored -> {}
        }
    }

    private void merge(Decision.Merge merge) {
        float[] merged = new float[merge.groups()];
        for (int g = 0; g < merged.length; g++) {
            for (int member : merge.members(g)) {
                merged[g] += member == Decision.CLS ? 1 : sizes[member];
            }
        }
        select(merge.anchors());
        sizes = merged;
    }

    private void select(int[] indices) {
        int[] oldCells = cells;
        float[] oldSizes = sizes;
        cells = Arrays.stream(indices).map(i -> i < 0 ? -1 : oldCells[i]).toArray();
        sizes = new float[indices.length];
        for (int i = 0; i < indices.length; i++) {
            sizes[i] = indices[i] < 0 ? 1 : oldSizes[indices[i]];
        }
        noted.replaceAll((name, values) -> {
            float[] kept = new float[indices.length];
            for (int i = 0; i < indices.length; i++) {
                kept[i] = indices[i] < 0 ? 0 : values[indices[i]];
            }
            return kept;
        });
    }
}

package dev.fovea.eval.cost;

import dev.fovea.core.path.Branch;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Plans;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Walks through a plan without a model: every step is asked with {@link SyntheticSignals}, and what it decides is
 * counted. Gives the {@link Load} of one picture and a question.
 */
public final class PlanSimulator {
    private final Plan plan;
    private final int text;
    private final Map<String, float[]> noted = new HashMap<>();
    private final List<Ledger.Grid> grids = new ArrayList<>();
    private final List<Integer> encoder = new ArrayList<>();
    private final List<Integer> mlp = new ArrayList<>();
    private int projected;
    private Decision.@Nullable Cut cut;
    private Part part = new Part.Whole();
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
        encoder.addAll(Collections.nCopies(completeLayers(), 0));
        mlp.addAll(encoder);
        List<Left> images = new ArrayList<>();
        for (Part each : parts()) {
            part = each;
            images.add(seen());
        }
        enterLanguageModel(images);
        at(new Station.Embeddings());
        at(new Station.Prompt());
        List<Integer> entering = new ArrayList<>();
        List<Integer> decoder = new ArrayList<>();
        for (int layer = 0; layer < shape.decoderLayers(); layer++) {
            entering.add(cells.length);
            at(new Station.Decoder(layer));
            decoder.add(cells.length);
        }
        return new Load(
                grids.size(),
                shape.patches() * grids.size(),
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
                own,
                branches(decoder));
    }

    /** What the plan reads beside the prompt: with the pictures that are left in it, or without any. */
    private List<Ledger.Reading> branches(List<Integer> decoder) {
        Set<Ledger.Reading> all = new LinkedHashSet<>();
        for (Step step : plan.steps()) {
            for (Signal<?> signal : step.needs()) {
                switch (signal) {
                    case Signal.LastStates s -> all.add(reading(s.branch(), decoder, false));
                    case Signal.BranchLogProbabilities s -> all.add(reading(s.branch(), decoder, true));
                    default -> {}
                }
            }
        }
        return List.copyOf(all);
    }

    private Ledger.Reading reading(Branch branch, List<Integer> decoder, boolean follows) {
        boolean blind = branch instanceof Branch.WithoutPictures;
        return new Ledger.Reading(
                branch.label(), text, blind ? Collections.nCopies(decoder.size(), 0) : decoder, follows);
    }

    /** The images that the picture is seen as. */
    private List<Part> parts() {
        Decision.Cut tiles = cut;
        if (tiles == null) {
            return List.of(part);
        }
        List<Part> parts = new ArrayList<>(List.of(new Part.Overview()));
        for (int i = 0; i < tiles.rows() * tiles.cols(); i++) {
            parts.add(new Part.Tile(i / tiles.cols(), i % tiles.cols()));
        }
        return parts;
    }

    /** What is left of an image in front of the language model. */
    private record Left(int[] cells, float[] sizes, Map<String, float[]> noted) {}

    /** Takes one image through encoder and connector. */
    private Left seen() {
        cells = IntStream.range(0, shape.patches()).toArray();
        sizes = ones(cells.length);
        noted.clear();
        at(new Station.Patches());
        for (int layer = 0; layer < encoder.size(); layer++) {
            encoder.set(layer, encoder.get(layer) + cells.length);
            at(new Station.EncoderAttention(layer));
            mlp.set(layer, mlp.get(layer) + cells.length);
            at(new Station.EncoderOutput(layer));
        }
        int cls = shape.hasCls() && !shape.clsInFeatures() ? 1 : 0;
        boolean early =
                plan.steps().stream().anyMatch(s -> s.station() instanceof Station.Connector && Load.seesProjected(s));
        int asFeatures = cells.length;
        at(new Station.Connector());
        projected += early ? cls + asFeatures : cells.length + (Load.projectsEarly(plan) ? cls : 0);
        projected += shape.clsInFeatures() ? 1 : 0;
        at(new Station.Projector());
        grids.add(grid());
        return new Left(cells, sizes, new HashMap<>(noted));
    }

    private Ledger.Grid grid() {
        return new Ledger.Grid(
                shape.gridRows(), shape.gridCols(), 0, part, shape.traits().side());
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

    /** Images one behind the other, the class token in front of the patches where the model passes it on. */
    private void enterLanguageModel(List<Left> images) {
        inDecoder = true;
        int lead = shape.clsInFeatures() ? 1 : 0;
        int all = images.stream().mapToInt(i -> lead + i.cells.length).sum();
        cells = new int[all];
        sizes = new float[all];
        noted.clear();
        Arrays.fill(cells, -1);
        Arrays.fill(sizes, 1);
        int to = lead;
        for (int i = 0; i < images.size(); i++) {
            Left image = images.get(i);
            int first = i * shape.patches();
            for (int t = 0; t < image.cells.length; t++) {
                cells[to + t] = image.cells[t] < 0 ? -1 : first + image.cells[t];
            }
            System.arraycopy(image.sizes, 0, sizes, to, image.sizes.length);
            int at = to;
            image.noted.forEach((name, values) -> System.arraycopy(
                    values, 0, noted.computeIfAbsent(name, fresh -> new float[all]), at, values.length));
            to += image.cells.length + lead;
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
                Outcome outcome = step.rule()
                        .decide(new SyntheticSignals(shape, layout(), parts().size(), sizes, noted, notedText));
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
        List<Ledger.Grid> seen = inDecoder ? grids : List.of(grid());
        int total = seen.size() * (shape.patches() + (inDecoder && shape.clsInFeatures() ? 1 : 0));
        return new Layout(length, visual, cells, seen, total);
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
            case Decision.Cut tiles -> cut = tiles;
            case Decision.Unchanged ignored -> {}
            case Decision.Resample resample -> merge(resample.places());
            case Decision.Gate gate -> select(gate.hard().indices());
            case Decision.Adapt ignored -> {}
            case Decision.Speak ignored -> {}
            case Decision.Attend ignored -> {}
            case Decision.Rescale ignored -> {}
            case Decision.Edges ignored -> {}
            case Decision.Steer ignored -> {}
            case Decision.Rewrite ignored -> {}
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

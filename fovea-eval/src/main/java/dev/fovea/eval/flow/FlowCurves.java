package dev.fovea.eval.flow;

import dev.fovea.eval.Mean;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What answers to many questions hang on: means over those that were answered rightly, each with its interval, as the paper
 * plots them (arXiv 2411.18620, section 4).
 *
 * @param asked how many questions were asked
 * @param kept how many were answered rightly
 * @param probability of the answers' first tokens, with nothing blocked
 * @param windows the layers that are blocked around each layer
 * @param change for each edge the mean change around each layer, in percent; of {@link TokenGroup#needsBoxes} edges over
 *     the questions about something that is there
 * @param raw mean probability of the answer's first token behind 0, 1, ... all layers, in percent
 * @param normed the same with the final norm applied everywhere
 */
public record FlowCurves(
        int asked,
        int kept,
        Mean probability,
        List<LayerWindow> windows,
        Map<FlowEdge, List<Mean>> change,
        List<Mean> raw,
        List<Mean> normed) {

    public FlowCurves {
        windows = List.copyOf(windows);
        raw = List.copyOf(raw);
        normed = List.copyOf(normed);
    }

    /**
     * One answer.
     *
     * @param picture key of the picture it is about
     * @param located whether it is known where that lies
     */
    public record One(String picture, boolean located, Flow flow) {}

    /**
     * The means.
     *
     * @param asked how many questions there were
     * @param flows of those that were answered rightly, at least one
     * @throws IllegalArgumentException if there are none
     */
    public static FlowCurves of(int asked, List<One> flows) {
        if (flows.isEmpty()) {
            throw new IllegalArgumentException("None of the " + asked
                    + " questions was answered rightly, so that there is nothing to explain; ask more of them.");
        }
        Map<FlowEdge, List<List<Mean.Sample>>> samples = new LinkedHashMap<>();
        for (One one : flows) {
            one.flow().change().forEach((edge, curve) -> {
                if (one.located() || !edge.needsBoxes()) {
                    List<List<Mean.Sample>> all = samples.computeIfAbsent(edge, e -> new ArrayList<>());
                    for (int centre = 0; centre < curve.length; centre++) {
                        if (all.size() == centre) {
                            all.add(new ArrayList<>());
                        }
                        all.get(centre).add(new Mean.Sample(one.picture(), curve[centre]));
                    }
                }
            });
        }
        Map<FlowEdge, List<Mean>> change = new LinkedHashMap<>();
        samples.forEach(
                (edge, all) -> change.put(edge, all.stream().map(Mean::of).toList()));
        List<Mean> raw = new ArrayList<>();
        List<Mean> normed = new ArrayList<>();
        int levels = flows.getFirst().flow().emergence().getFirst().raw().size();
        for (int level = 0; level < levels; level++) {
            int at = level;
            raw.add(mean(flows, f -> 100 * f.emergence().getFirst().raw().get(at)));
            normed.add(mean(flows, f -> 100 * f.emergence().getFirst().normed().get(at)));
        }
        return new FlowCurves(
                asked,
                flows.size(),
                mean(flows, Flow::probability),
                flows.getFirst().flow().windows(),
                change,
                raw,
                normed);
    }

    private static Mean mean(List<One> flows, ToDoubleFunction<Flow> value) {
        return Mean.of(flows.stream()
                .map(one -> new Mean.Sample(one.picture(), value.applyAsDouble(one.flow())))
                .toList());
    }

    /** As JSON may be written of it. */
    public Map<String, Object> asMap() {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("asked", asked);
        out.put("kept", kept);
        out.put("probability", map(probability));
        out.put("layers", windows.size());
        out.put(
                "windows",
                windows.stream().map(w -> List.of(w.first(), w.last())).toList());
        List<Map<String, Object>> edges = new ArrayList<>();
        change.forEach((edge, means) -> {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("from", edge.from().word());
            row.put("to", edge.to().word());
            row.put("n", means.getFirst().n());
            row.put("change_percent", means.stream().map(FlowCurves::map).toList());
            edges.add(row);
        });
        out.put("edges", edges);
        out.put("emergence_percent", raw.stream().map(FlowCurves::map).toList());
        out.put("emergence_percent_normed", normed.stream().map(FlowCurves::map).toList());
        return out;
    }

    private static Map<String, Object> map(Mean mean) {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("mean", mean.value());
        out.put("low", mean.low());
        out.put("high", mean.high());
        return out;
    }
}

package dev.fovea.eval.flow;

import dev.fovea.core.image.Geometry;
import dev.fovea.core.path.Ledger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one answer hangs on.
 *
 * @param question as asked
 * @param answer the model's greedy answer
 * @param token text of its first token
 * @param probability of that token
 * @param windows the layers that are blocked around each layer
 * @param change for each edge how its block around each layer changes that probability, in percent
 * @param emergence how probable words are behind each layer: the answer's, in lower case, and with a capital
 * @param heat where the picture speaks, or null if nobody asked
 * @param ledger the tokens of the picture
 * @param geometry for each image of the ledger the way from its tokens to the picture's pixels
 */
public record Flow(
        String question,
        String answer,
        String token,
        double probability,
        List<LayerWindow> windows,
        Map<FlowEdge, double[]> change,
        List<Emergence> emergence,
        @Nullable Heat heat,
        Ledger ledger,
        List<Geometry> geometry) {

    public Flow {
        windows = List.copyOf(windows);
        emergence = List.copyOf(emergence);
        geometry = List.copyOf(geometry);
    }

    /**
     * How much the answer would gain, layer by layer, if tokens looked harder at the picture: the slope of the log-odds of
     * its first token in the scores of attention. What blocking does, a first step of it, for every visual token at once.
     *
     * @param towards for each layer and token of the ledger, from all tokens that are no visual ones: {@code
     *     [layers][tokens]}; above 0 where looking there speaks for the answer
     * @param byReader for question and last token how much of it is their doing: by layer the sum over the picture of
     *     slopes, without their signs
     */
    @SuppressWarnings("ArrayRecordComponent") // data of one page; never compared
    public record Heat(float[][] towards, Map<TokenGroup, double[]> byReader) {}

    /** As JSON may be written of it. */
    public Map<String, Object> asMap() {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("question", question);
        out.put("answer", answer);
        out.put("token", token);
        out.put("probability", probability);
        out.put("layers", windows.size());
        out.put(
                "windows",
                windows.stream().map(w -> List.of(w.first(), w.last())).toList());
        List<Map<String, Object>> edges = new ArrayList<>();
        change.forEach((edge, values) -> {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("from", edge.from().word());
            row.put("to", edge.to().word());
            row.put("change_percent", values);
            edges.add(row);
        });
        out.put("edges", edges);
        List<Map<String, Object>> words = new ArrayList<>();
        for (Emergence e : emergence) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("word", e.word());
            row.put("probability", e.raw());
            row.put("probability_normed", e.normed());
            words.add(row);
        }
        out.put("emergence", words);
        Heat hot = heat;
        if (hot != null) {
            out.put("heat", heatAsMap(hot));
        }
        return out;
    }

    private Map<String, Object> heatAsMap(Heat hot) {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put(
                "images",
                ledger.images().stream()
                        .map(g -> Map.of("rows", g.rows(), "columns", g.cols()))
                        .toList());
        out.put(
                "tokens",
                ledger.tokens().stream()
                        .map(t -> List.of(t.image(), t.row(), t.col()))
                        .toList());
        out.put("layers", hot.towards());
        Map<String, double[]> readers = new LinkedHashMap<>();
        hot.byReader().forEach((group, values) -> readers.put(group.word(), values));
        out.put("by_reader", readers);
        return out;
    }
}

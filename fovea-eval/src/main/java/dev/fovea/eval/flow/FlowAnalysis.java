package dev.fovea.eval.flow;

import dev.fovea.core.Answer;
import dev.fovea.core.PromptProbe;
import dev.fovea.core.PromptTokens;
import dev.fovea.core.image.Region;
import dev.fovea.core.path.AttentionEdges;
import dev.fovea.techniques.primitives.TopK;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Blocks edges of attention in windows of layers and measures what becomes of the answer's probability (Cross-modal
 * Information Flow in Multimodal Large Language Models, arXiv 2411.18620, sections 3 to 6). Reads one prompt many times,
 * each time by itself.
 *
 * @param options what is tried
 */
public record FlowAnalysis(FlowOptions options) {

    /** Follows an analysis. */
    @FunctionalInterface
    public interface Progress {
        /** So many readings are done; false ends the analysis early. */
        boolean at(int done);
    }

    /**
     * Looks at one answer.
     *
     * @param boxes where in the first picture lies what the question is about, in pixels of the picture; empty if that is
     *     not known
     * @return null if it was ended early
     * @throws IllegalArgumentException with one sentence if the options do not fit the model, or an edge leaves a token
     *     nothing to look at
     */
    public @Nullable Flow of(PromptProbe probe, List<Region> boxes, String question, Progress progress) {
        options.check(probe.layers(), !boxes.isEmpty());
        PromptTokens tokens = probe.tokens();
        int[] related = boxes.isEmpty() ? new int[0] : probe.showing(0, boxes);
        float[] plain = probe.logits();
        int token = TopK.best(plain);
        double probability = Knockout.probability(plain, token);
        List<LayerWindow> windows = LayerWindow.all(options.window(), probe.layers());
        int done = 1;
        Map<FlowEdge, double[]> change = new LinkedHashMap<>();
        for (FlowEdge edge : options.edges()) {
            int[] keys = edge.from().places(tokens, related);
            int[] queries = edge.to().places(tokens, related);
            double[] curve = new double[windows.size()];
            for (int centre = 0; centre < curve.length; centre++) {
                curve[centre] = change(probe, queries, keys, windows.get(centre), token, probability);
                if (!progress.at(++done)) {
                    return null;
                }
            }
            change.put(edge, curve);
        }
        List<Emergence> emergence = Emergence.of(probe, words(probe, token));
        boolean on = progress.at(++done);
        Flow.Heat heat = on && options.heat() ? heat(probe, token) : null;
        if (!on || (options.heat() && !progress.at(++done))) {
            return null;
        }
        Answer answer = probe.answer();
        return new Flow(
                question,
                answer.text(),
                probe.text(token),
                probability,
                windows,
                change,
                emergence,
                heat,
                answer.ledger(),
                answer.geometry());
    }

    /** Where there is nothing to block the prompt need not be read. */
    private static double change(
            PromptProbe probe, int[] queries, int[] keys, LayerWindow window, int token, double probability) {
        if (queries.length == 0 || keys.length == 0) {
            return 0;
        }
        float[] logits = probe.logits(Knockout.plan(
                probe.tokens().length(), List.of(new AttentionEdges.Blocked(queries, keys)), window.layers()));
        return Knockout.change(probability, Knockout.probability(logits, token));
    }

    /** The answer's first token; and those of the same answer in lower case and with a capital, where they are others. */
    private static List<Emergence.Word> words(PromptProbe probe, int token) {
        String answer = probe.answer().text().strip();
        String lower = answer.toLowerCase(Locale.ROOT);
        List<Emergence.Word> words =
                new ArrayList<>(List.of(new Emergence.Word(probe.text(token).strip(), token)));
        String capital = lower.isEmpty() ? lower : lower.substring(0, 1).toUpperCase(Locale.ROOT) + lower.substring(1);
        for (String other : List.of(lower, capital)) {
            int first = probe.firstToken(other);
            String text = first < 0 ? "" : probe.text(first).strip();
            if (!text.isEmpty() && words.stream().noneMatch(w -> w.token() == first)) {
                words.add(new Emergence.Word(text, first));
            }
        }
        return words;
    }

    /** No token is two readers: the last one of a prompt that ends with the question is the last one. */
    private static int[] readers(TokenGroup group, PromptTokens tokens) {
        return Arrays.stream(group.places(tokens, new int[0]))
                .filter(place -> group != TokenGroup.QUESTION || place != tokens.last())
                .toArray();
    }

    private static Flow.Heat heat(PromptProbe probe, int token) {
        PromptTokens tokens = probe.tokens();
        List<TokenGroup> readers = List.of(TokenGroup.QUESTION, TokenGroup.LAST, TokenGroup.TEMPLATE);
        float[][][] slopes = probe.attentionSlopes(
                token, readers.stream().map(group -> readers(group, tokens)).toList());
        int seen = probe.answer().ledger().total();
        float[][] towards = new float[slopes.length][seen];
        Map<TokenGroup, double[]> byReader = new EnumMap<>(TokenGroup.class);
        for (int g = 0; g < readers.size(); g++) {
            double[] sums = new double[slopes.length];
            for (int layer = 0; layer < slopes.length; layer++) {
                for (int place = 0; place < tokens.length(); place++) {
                    int at = tokens.ledger()[place];
                    if (at >= 0) {
                        towards[layer][at] += slopes[layer][g][place];
                        sums[layer] += Math.abs(slopes[layer][g][place]);
                    }
                }
            }
            if (readers.get(g) != TokenGroup.TEMPLATE) {
                byReader.put(readers.get(g), sums);
            }
        }
        return new Flow.Heat(towards, byReader);
    }
}

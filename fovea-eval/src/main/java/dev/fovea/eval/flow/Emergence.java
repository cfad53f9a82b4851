package dev.fovea.eval.flow;

import dev.fovea.core.PromptProbe;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import java.util.ArrayList;
import java.util.List;

/**
 * How probable a word is where the model's head reads the last token of the prompt behind every layer (arXiv 2411.18620,
 * section 6; the "logit lens").
 *
 * @param word what is read
 * @param token the token that it begins with
 * @param raw probability of that token behind 0, 1, ... all layers, 0 to 1; as the paper's code has it, the final norm is
 *     applied at the top alone
 * @param normed the same with the final norm applied everywhere
 */
public record Emergence(String word, int token, List<Double> raw, List<Double> normed) {

    public Emergence {
        raw = List.copyOf(raw);
        normed = List.copyOf(normed);
    }

    /** A word, and the token that it begins with. */
    record Word(String text, int token) {}

    /** The same for several words, in one reading. */
    static List<Emergence> of(PromptProbe probe, List<Word> words) {
        int layers = probe.layers();
        List<Signal<?>> needs = new ArrayList<>();
        for (int level = 0; level <= layers; level++) {
            needs.add(at(level, false));
            needs.add(at(level, true));
        }
        List<List<Double>> raw = new ArrayList<>();
        List<List<Double>> normed = new ArrayList<>();
        words.forEach(word -> {
            raw.add(new ArrayList<>());
            normed.add(new ArrayList<>());
        });
        probe.logits(Plan.of("information-flow", new Step(new Station.Logits(), needs, signals -> {
            for (int w = 0; w < words.size(); w++) {
                int token = words.get(w).token();
                for (int level = 0; level <= layers; level++) {
                    raw.get(w).add(Knockout.probability(signals.get(at(level, level == layers)), token));
                    normed.get(w).add(Knockout.probability(signals.get(at(level, true)), token));
                }
            }
            return Outcome.of(new Decision.Unchanged());
        })));
        List<Emergence> all = new ArrayList<>();
        for (int w = 0; w < words.size(); w++) {
            all.add(new Emergence(words.get(w).text(), words.get(w).token(), raw.get(w), normed.get(w)));
        }
        return all;
    }

    /** Behind so many layers. */
    private static Signal.LateLogits at(int level, boolean finalNorm) {
        return new Signal.LateLogits(level == 0 ? Signal.LateLogits.BEFORE_LAYERS : level - 1, finalNorm);
    }
}

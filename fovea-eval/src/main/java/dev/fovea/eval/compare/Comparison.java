package dev.fovea.eval.compare;

import dev.fovea.core.image.RgbImage;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Techniques;
import dev.fovea.eval.bench.Contestant;
import dev.fovea.eval.cost.Cost;
import dev.fovea.eval.cost.CostModel;
import dev.fovea.eval.cost.Load;
import dev.fovea.eval.subject.Reply;
import dev.fovea.eval.subject.Subject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A picture and a question under several contestants.
 *
 * @param model name of the model
 * @param question as asked
 * @param results of those that ran, the plain model first
 * @param failed those that did not, with the reason
 */
public record Comparison(String model, String question, List<Compared> results, Map<Contestant, String> failed) {
    private static final double QUICK_MS = 1000;

    public Comparison {
        results = List.copyOf(results);
    }

    /** A first answer that comes quickly pays mostly for what a process does once; the second one is taken then. */
    private static Reply measured(Subject.Viewing viewing, String question, int maxTokens) {
        Reply first = viewing.ask(question, maxTokens);
        return first.prefillMs() < QUICK_MS ? viewing.ask(question, maxTokens) : first;
    }

    /** Follows a comparison. */
    @FunctionalInterface
    public interface Progress {
        /** So many contestants are done; false ends the comparison early. */
        boolean at(int done);
    }

    /**
     * Asks every contestant.
     *
     * @param contestants the plain model first
     */
    public static Comparison run(
            Subject subject,
            Techniques techniques,
            CostModel costs,
            RgbImage picture,
            String question,
            int maxTokens,
            List<Contestant> contestants,
            Progress progress) {
        List<Compared> results = new ArrayList<>();
        Map<Contestant, String> failed = new LinkedHashMap<>();
        int done = 0;
        for (Contestant contestant : contestants) {
            try {
                Plan plan = techniques.plan(
                        List.of(contestant.technique()), subject.shape(), Budget.parse(contestant.budget()), 1);
                try (Subject.Viewing viewing = subject.view(picture, plan)) {
                    Reply reply = measured(viewing, question, maxTokens);
                    List<Integer> full = results.isEmpty()
                            ? reply.tokens()
                            : results.getFirst().reply().tokens();
                    Load load = Load.of(
                            subject.shape(),
                            plan,
                            reply.ledger(),
                            reply.textTokens(),
                            reply.tokens().size());
                    Cost cost = costs.cost(plan, load);
                    results.add(new Compared(
                            contestant,
                            reply,
                            viewing.encodeMs(),
                            cost,
                            load.meanVisual(),
                            Compared.agreement(full, reply.tokens())));
                }
            } catch (RuntimeException e) {
                if (contestant.equals(Contestant.VANILLA)) {
                    throw e;
                }
                failed.put(contestant, e.getMessage() == null ? e.toString() : e.getMessage());
            }
            if (!progress.at(++done)) {
                break;
            }
        }
        return new Comparison(subject.name(), question, results, failed);
    }

    /** As JSON may be written of it: the model, the question, a row to each contestant, and those that failed. */
    public Map<String, Object> asMap() {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Compared c : results) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("technique", c.contestant().technique());
            row.put("budget", c.contestant().budget());
            row.put("answer", c.reply().answer());
            row.put("log_probability", c.reply().logProbability());
            row.put("agreement", c.agreement());
            row.put(
                    "visual_tokens",
                    Map.of("total", c.ledger().plainTotal(), "kept", c.kept(), "mean", c.meanVisual()));
            row.put("encoder_ms", c.encodeMs());
            row.put("prefill_ms", c.reply().prefillMs());
            row.put("decode_ms", c.reply().decodeMs());
            row.put("flops", c.cost().firstToken());
            row.put("kv_bytes", c.cost().kvTotal());
            rows.add(row);
        }
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("model", model);
        out.put("question", question);
        out.put("results", rows);
        Map<String, String> reasons = new LinkedHashMap<>();
        failed.forEach((c, why) -> reasons.put(c.label(), why));
        out.put("failed", reasons);
        return out;
    }
}

package dev.fovea.eval.bench;

import dev.fovea.core.technique.Budget;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One contestant's answers in one suite, as claims look at them.
 *
 * @param answers by question; those that failed are left out
 * @param share of the visual tokens that its budget names
 * @param flops operations from features to the first token, on average
 * @param tokens visual tokens per decoder layer, on average
 */
record Entrant(Contestant contestant, Map<String, ResultRow> answers, double share, double flops, double tokens) {

    /** All contestants that answered anything, in order. */
    static List<Entrant> of(List<ResultRow> rows) {
        Map<Contestant, Map<String, ResultRow>> all = new LinkedHashMap<>();
        for (ResultRow row : rows) {
            if (row.answered()) {
                all.computeIfAbsent(row.contestant(), c -> new LinkedHashMap<>())
                        .put(row.docId(), row);
            }
        }
        List<Entrant> out = new ArrayList<>();
        all.forEach((contestant, answers) -> {
            int total = answers.values().iterator().next().visualTotal();
            out.add(new Entrant(
                    contestant,
                    answers,
                    Budget.parse(contestant.budget()).shareOf(Math.max(1, total)),
                    answers.values().stream()
                            .mapToDouble(ResultRow::prefillFlops)
                            .average()
                            .orElse(0),
                    answers.values().stream()
                            .mapToDouble(ResultRow::visualMean)
                            .average()
                            .orElse(0)));
        });
        return out;
    }

    /** Its technique without knobs. */
    String id() {
        String typed = contestant.technique();
        int colon = typed.indexOf(':');
        return colon < 0 ? typed : typed.substring(0, colon);
    }

    /** Whether a claim's name means it: as typed, or the same technique with the knobs of a file. */
    boolean isCalled(String name) {
        return contestant.technique().equals(name) || contestant.technique().startsWith(name + ":@");
    }

    /** Whether it spends tokens by its own choice: not the plain model, not a baseline, not at a full budget. */
    boolean chooses() {
        return share < 1 && !id().equals("full") && !Baselines.isBaseline(id());
    }
}

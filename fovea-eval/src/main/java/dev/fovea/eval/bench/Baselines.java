package dev.fovea.eval.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How contestants stand against the two baselines that cost nothing to think of: the picture made smaller, and tokens
 * taken at random. Each is held against a baseline that keeps as many tokens per decoder layer, question by question.
 */
final class Baselines {
    /** The picture made smaller until it costs the same. */
    static final String SMALLER_PICTURE = "downsample";

    /** Ids of the baselines, in the order of their columns. */
    private static final List<String> IDS = List.of(SMALLER_PICTURE, "random");

    private final Map<String, List<Entrant>> baselines = new LinkedHashMap<>();
    private final Map<Contestant, Entrant> entrants = new LinkedHashMap<>();

    /** @param rows of one suite */
    Baselines(List<ResultRow> rows) {
        for (Entrant entrant : Entrant.of(rows)) {
            entrants.put(entrant.contestant(), entrant);
        }
        for (String id : IDS) {
            List<Entrant> own = entrants.values().stream()
                    .filter(e -> e.contestant().technique().equals(id))
                    .toList();
            if (!own.isEmpty()) {
                baselines.put(id, own);
            }
        }
    }

    /** Whether a technique is one that others are held against. */
    static boolean isBaseline(String id) {
        return IDS.contains(id);
    }

    /** One column for each baseline that took part. */
    List<String> header() {
        return baselines.keySet().stream().map(id -> "vs " + id).toList();
    }

    /** Differences in points with their 95 % intervals, in the order of the columns. */
    List<String> cells(Contestant contestant) {
        List<String> cells = new ArrayList<>();
        baselines.forEach((id, own) -> cells.add(cell(contestant, own)));
        return cells;
    }

    /** What the columns show. */
    String note() {
        return baselines.isEmpty()
                ? ""
                : "Against " + String.join(" and ", baselines.keySet())
                        + ": points above (+) or below (-) it at as many tokens per layer, over the same questions, with "
                        + "the 95 % interval of the difference; where none of its budgets costs the same, the two "
                        + "around it are mixed.";
    }

    private String cell(Contestant contestant, List<Entrant> theirs) {
        Entrant our = entrants.get(contestant);
        if (our == null || theirs.contains(our) || contestant.equals(Contestant.VANILLA)) {
            return "";
        }
        return Opponent.atCost(our.tokens(), theirs, Entrant::tokens)
                .map(other -> difference(our, other))
                .orElse("");
    }

    private static String difference(Entrant our, Opponent other) {
        List<Paired.Pair> pairs = new ArrayList<>();
        our.answers().forEach((question, row) -> {
            double score = other.score(question);
            if (!Double.isNaN(score)) {
                pairs.add(new Paired.Pair(row.picture(), row.score() - score));
            }
        });
        if (pairs.isEmpty()) {
            return "";
        }
        Paired paired = Paired.of(pairs);
        return Paired.points(paired.difference()) + " (" + paired.interval() + ")";
    }
}

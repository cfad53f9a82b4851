package dev.fovea.eval.bench;

import dev.fovea.eval.report.BandShares;
import dev.fovea.eval.report.Html;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Where on the picture the tokens lay that each technique kept, at the one budget that shows it best. */
final class PlacesSection {
    /** Much below this share few tokens are left to see a pattern in, much above it nearly all are kept anyway. */
    private static final double WANTED = 0.25;

    private PlacesSection() {}

    /** Adds the section, or nothing where no token has a place. */
    static void html(Html html, List<ResultRow> rows) {
        List<Entrant> entrants =
                Entrant.of(rows).stream().filter(e -> e.share() < 1).toList();
        double share = commonest(entrants);
        Map<String, List<Double>> bands = new LinkedHashMap<>();
        List<String> none = new ArrayList<>();
        for (Entrant entrant : entrants) {
            if (entrant.share() == share) {
                List<Double> own = bands(entrant);
                if (own.isEmpty()) {
                    none.add(entrant.contestant().technique());
                } else {
                    bands.put(entrant.contestant().technique(), own);
                }
            }
        }
        if (bands.isEmpty()) {
            return;
        }
        double longest = bands.values().stream()
                .flatMap(List::stream)
                .max(Comparator.naturalOrder())
                .orElse(1.0);
        html.element("h3", "", "Where the kept tokens lay, at " + Html.percent(share));
        html.note(
                "The tokens left behind the last station by quarters of the picture's height, over all questions; the "
                        + "dashed line is an even spread. A token that stands for several has the place of the one it took.");
        html.raw("<div class=\"places\">\n");
        bands.forEach((technique, own) -> html.raw(new BandShares(technique, own, longest).figure()));
        html.raw("</div>\n");
        if (!none.isEmpty()) {
            html.note("No token with a place was left by " + String.join(", ", none) + ".");
        }
    }

    /** The budget at which most techniques ran; of several, the one nearest to {@link #WANTED}. */
    private static double commonest(List<Entrant> entrants) {
        Map<Double, Integer> counts = new TreeMap<>();
        entrants.forEach(e -> counts.merge(e.share(), 1, Integer::sum));
        return counts.entrySet().stream()
                .max(Comparator.<Map.Entry<Double, Integer>>comparingInt(Map.Entry::getValue)
                        .thenComparingDouble(e -> -Math.abs(e.getKey() - WANTED)))
                .map(Map.Entry::getKey)
                .orElse(Double.NaN);
    }

    /** Shares per band over all answers; empty if no token has a place. */
    static List<Double> bands(Entrant entrant) {
        long[] sums = new long[KeptRows.BANDS];
        long all = 0;
        for (ResultRow row : entrant.answers().values()) {
            for (int band = 0; band < row.keptRows().size(); band++) {
                sums[band] += row.keptRows().get(band);
                all += row.keptRows().get(band);
            }
        }
        List<Double> shares = new ArrayList<>();
        for (int band = 0; band < sums.length && all > 0; band++) {
            shares.add(sums[band] / (double) all);
        }
        return shares;
    }
}

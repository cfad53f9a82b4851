package dev.fovea.cli;

import dev.fovea.eval.Mean;
import dev.fovea.eval.flow.Emergence;
import dev.fovea.eval.flow.Flow;
import dev.fovea.eval.flow.FlowCurves;
import dev.fovea.eval.flow.FlowEdge;
import dev.fovea.eval.flow.TokenGroup;
import dev.fovea.eval.report.Html;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What {@code explain} says in text: a row to each layer, a column to each curve. */
record ExplainTable(Terminal terminal) {

    void print(Flow flow) {
        terminal.out()
                .println("answer: " + flow.answer() + " (first token '"
                        + flow.token().strip() + "', probability " + Html.percent(flow.probability()) + ")");
        Map<String, List<String>> columns = new LinkedHashMap<>();
        flow.change()
                .forEach((edge, values) -> columns.put(
                        heading(edge),
                        Arrays.stream(values).mapToObj(v -> Html.number(v, 1)).toList()));
        Flow.Heat heat = flow.heat();
        if (heat != null) {
            heat.byReader()
                    .forEach((group, values) -> columns.put(
                            group == TokenGroup.LAST ? "LAST LOOKS" : "QUESTION LOOKS",
                            Arrays.stream(values)
                                    .mapToObj(v -> Html.number(v, 3))
                                    .toList()));
        }
        for (Emergence e : flow.emergence()) {
            // Behind the layer of the row: the first value is that before all of them.
            columns.put(
                    "'" + e.word() + "'",
                    e.normed().subList(1, e.normed().size()).stream()
                            .map(Html::percent)
                            .toList());
        }
        rows(flow.windows().stream().map(Object::toString).toList(), columns);
        terminal.out()
                .println("Percent by which the token's probability changes where an edge is blocked"
                        + (heat == null ? "" : "; LOOKS: how much hangs on looking at the picture there")
                        + "; in quotes: its probability as read off the last token behind the layer.");
    }

    void print(FlowCurves curves) {
        terminal.out()
                .println(curves.kept() + " of " + curves.asked()
                        + " questions answered rightly; probability of the first" + " token "
                        + Html.percent(curves.probability().value()));
        Map<String, List<String>> columns = new LinkedHashMap<>();
        curves.change()
                .forEach((edge, means) -> columns.put(
                        heading(edge), means.stream().map(ExplainTable::cell).toList()));
        columns.put(
                "ANSWER",
                curves.normed().subList(1, curves.normed().size()).stream()
                        .map(ExplainTable::cell)
                        .toList());
        rows(curves.windows().stream().map(Object::toString).toList(), columns);
        terminal.out()
                .println(
                        "Percent by which that probability changes where an edge is blocked, and ANSWER: percent of it as"
                                + " read off the last token behind the layer; means with 95 % intervals.");
    }

    private static String heading(FlowEdge edge) {
        return edge.from().word().toUpperCase(Locale.ROOT) + ":"
                + edge.to().word().toUpperCase(Locale.ROOT);
    }

    private static String cell(Mean mean) {
        return Html.number(mean.value(), 1) + " (" + Html.number(mean.low(), 1) + " to " + Html.number(mean.high(), 1)
                + ")";
    }

    private void rows(List<String> windows, Map<String, List<String>> columns) {
        List<String> heading = new ArrayList<>(List.of("LAYER", "BLOCKED"));
        heading.addAll(columns.keySet());
        Table table = new Table().row(heading.toArray(String[]::new));
        for (int layer = 0; layer < windows.size(); layer++) {
            List<String> row = new ArrayList<>(List.of(Integer.toString(layer), windows.get(layer)));
            for (List<String> column : columns.values()) {
                row.add(column.get(layer));
            }
            table.row(row.toArray(String[]::new));
        }
        table.print(terminal, 0, true);
    }
}

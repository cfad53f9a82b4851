package dev.fovea.cli;

import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knob;
import dev.fovea.core.technique.Substitute;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.technique.Techniques;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/**
 * {@code techniques [ID]}: all techniques as a table, or the card of one.
 *
 * <p>{@code --json} prints a list (or with an id its one element) of {@code id}, {@code title}, {@code paper} (arXiv id,
 * null for baselines), {@code summary}, {@code stations} (list), {@code budget} (how it is read), {@code atFull} (what
 * happens where the budget keeps everything), {@code knobs} (list of {@code name}, {@code default}, {@code range},
 * {@code help}), {@code trained}, {@code substitutes} (list: what takes the place of missing signals), {@code notes}
 * (list).
 */
@Command(
        name = "techniques",
        description = "List the techniques that spend visual tokens, or show the card of one.",
        footer = {
            "",
            "@|bold Examples:|@",
            "  fovea techniques",
            "  fovea techniques hiprune",
            "  fovea techniques --json",
            ""
        })
final class TechniquesCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(index = "0", arity = "0..1", paramLabel = "ID", description = "Show the card of this technique.")
    @Nullable
    String id;

    @Mixin
    JsonOption json;

    TechniquesCommand(Session session) {
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        Techniques installed = Techniques.installed();
        if (id != null) {
            Card card = find(installed, id);
            if (json.json) {
                Json.print(terminal, asMap(card));
            } else {
                print(card);
            }
        } else if (json.json) {
            Json.print(
                    terminal, installed.all().stream().map(t -> asMap(t.card())).toList());
        } else {
            printAll(installed.all());
        }
        return ExitCode.OK;
    }

    private static Card find(Techniques installed, String id) {
        try {
            return installed.get(id).card();
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }

    private void printAll(List<Technique> all) {
        Table table = new Table().row("ID", "PAPER", "STATIONS", "KNOBS");
        for (Technique technique : all) {
            Card card = technique.card();
            table.row(
                    card.id(),
                    card.arxiv().isEmpty() ? "-" : card.arxiv(),
                    String.join(", ", card.stations()),
                    card.knobs().isEmpty()
                            ? "-"
                            : card.knobs().stream()
                                    .map(k -> k.name() + "=" + k.fallback())
                                    .collect(Collectors.joining(" ")));
        }
        table.print(terminal, 0, true);
        terminal.out().println();
        terminal.out().println(terminal.quiet("'fovea techniques ID' shows one of them: what it does and its knobs."));
    }

    private void print(Card card) {
        PrintStream out = terminal.out();
        out.println(terminal.bold(card.id()));
        Table head = new Table().row("", card.title()).row("", card.summary());
        head.print(terminal, 0, false);
        out.println();
        new Table()
                .row("Paper", card.arxiv().isEmpty() ? "none (a baseline)" : "https://arxiv.org/abs/" + card.arxiv())
                .row("Stations", card.stations().isEmpty() ? "none" : String.join(", ", card.stations()))
                .row("Weights", card.trained() ? "its own, trained for one model" : "none, works with any model")
                .row("Budget", card.budget())
                .row("At full", card.full().text())
                .print(terminal, 2, false);
        if (!card.knobs().isEmpty()) {
            out.println();
            Table knobs = new Table().row("KNOB", "DEFAULT", "VALUES", "");
            for (Knob knob : card.knobs()) {
                knobs.row(knob.name(), knob.fallback(), knob.range(), knob.help());
            }
            knobs.print(terminal, 2, true);
        }
        if (!card.substitutes().isEmpty() || !card.notes().isEmpty()) {
            out.println();
            Table notes = new Table();
            card.substitutes().forEach(substitute -> notes.row("*", substitute.sentence()));
            card.notes().forEach(note -> notes.row("*", note));
            notes.print(terminal, 2, false);
        }
    }

    private static Map<String, @Nullable Object> asMap(Card card) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("id", card.id());
        map.put("title", card.title());
        map.put("paper", card.arxiv().isEmpty() ? null : "arXiv:" + card.arxiv());
        map.put("summary", card.summary());
        map.put("stations", card.stations());
        map.put("budget", card.budget());
        map.put("atFull", card.full().text());
        map.put("knobs", card.knobs().stream().map(TechniquesCommand::asMap).toList());
        map.put("trained", card.trained());
        map.put(
                "substitutes",
                card.substitutes().stream().map(Substitute::sentence).toList());
        map.put("notes", card.notes());
        return map;
    }

    private static Map<String, Object> asMap(Knob knob) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("name", knob.name());
        map.put("default", knob.fallback());
        map.put("range", knob.range());
        map.put("help", knob.help());
        return map;
    }
}

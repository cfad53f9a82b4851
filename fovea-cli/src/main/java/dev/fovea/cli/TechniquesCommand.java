package dev.fovea.cli;

import dev.fovea.core.Fit;
import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.model.family.Description;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.model.gguf.GgufModel;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knob;
import dev.fovea.core.technique.Substitute;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.technique.Techniques;
import dev.fovea.core.weights.CheckpointException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/**
 * {@code techniques [ID] [--model MODEL]}: all techniques as a table, or the card of one; with a model whether they run
 * there.
 *
 * <p>{@code --json} prints a list (or with an id its one element) of {@code id}, {@code title}, {@code paper} (arXiv id,
 * null for baselines), {@code summary}, {@code stations} (list), {@code budget} (how it is read), {@code atFull} (what
 * happens where the budget keeps everything), {@code knobs} (list of {@code name}, {@code default}, {@code range},
 * {@code help}), {@code trained} (whether it needs trained weights), {@code weights} (the folder in which the model has
 * them, or null), {@code substitutes} (list: what takes the place of missing signals), {@code notes} (list), and with
 * {@code --model} also {@code runs}, {@code refusal} (null where it runs) and {@code needs} (list: the substitutes that
 * this model needs).
 */
@Command(
        name = "techniques",
        description = "List the techniques that spend visual tokens, or show the card of one.",
        footer = {
            "",
            "@|bold Examples:|@",
            "  fovea techniques",
            "  fovea techniques hiprune",
            "  fovea techniques hiprune --model models/peek",
            "  fovea techniques matryoshka --model models/my-peek      whether this model has its weights",
            "  fovea techniques --json",
            ""
        })
final class TechniquesCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(index = "0", arity = "0..1", paramLabel = "ID", description = "Show the card of this technique.")
    @Nullable
    String id;

    @Mixin
    ModelOption model = new ModelOption();

    @Mixin
    JsonOption json;

    private final Session session;

    TechniquesCommand(Session session) {
        this.session = session;
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        Techniques installed = Techniques.installed();
        Target target = model.model == null ? null : Target.of(model, session);
        if (id != null) {
            Technique technique = find(installed, id);
            if (json.json) {
                Json.print(terminal, asMap(technique, target));
            } else {
                print(technique.card());
                if (target != null) {
                    terminal.out().println();
                    printFits(List.of(technique), target);
                }
            }
        } else if (json.json) {
            Json.print(
                    terminal,
                    installed.all().stream().map(t -> asMap(t, target)).toList());
        } else if (target != null) {
            printFits(installed.all(), target);
        } else {
            printAll(installed.all());
        }
        return ExitCode.OK;
    }

    /** A model that techniques are held against. */
    private record Target(String name, ModelShape shape, PictureProcessor pictures) {
        static Target of(ModelOption option, Session session) {
            Path path = option.resolve(session);
            try {
                if (!GgufModel.is(path)) {
                    return of(option.name(session), path, Families.read(path));
                }
                try (GgufModel file = GgufModel.open(path, option.pictures(), Families.ggufLayouts())) {
                    return of(option.name(session), file.folder(), Families.of(file.config()));
                }
            } catch (CheckpointException e) {
                throw CommandFailure.model(CommandFailure.sentence(e));
            }
        }

        private static Target of(String name, Path folder, Families.Found found) {
            Description description = found.description();
            boolean tower = Files.isDirectory(folder.resolve("clip"));
            return new Target(name, description.shape(tower), found.family().pictures(folder, description));
        }

        Fit fit(Technique technique) {
            return Fit.of(technique, shape, pictures);
        }
    }

    private void printFits(List<Technique> all, Target target) {
        Table table = new Table().row("ID", "ON " + target.name.toUpperCase(Locale.ROOT), "");
        for (Technique technique : all) {
            Fit fit = target.fit(technique);
            String refusal = fit.refusal();
            table.row(
                    technique.card().id(),
                    fit.runs() ? "runs" : "no",
                    refusal != null
                            ? refusal
                            : fit.substitutes().stream()
                                    .map(Substitute::sentence)
                                    .collect(Collectors.joining(" ")));
        }
        table.print(terminal, 0, true);
    }

    private static Technique find(Techniques installed, String id) {
        try {
            return installed.get(id);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }

    private void printAll(List<Technique> all) {
        Table table = new Table().row("ID", "PAPER", "STATIONS", "WEIGHTS", "KNOBS");
        for (Technique technique : all) {
            Card card = technique.card();
            table.row(
                    card.id(),
                    card.arxiv().isEmpty() ? "-" : card.arxiv(),
                    String.join(",", card.stations()),
                    TrainedWeights.word(card, model, session),
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
                .row("Weights", TrainedWeights.text(card, model, session))
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

    private Map<String, @Nullable Object> asMap(Technique technique, @Nullable Target target) {
        Map<String, @Nullable Object> map = asMap(technique.card());
        if (target != null) {
            Fit fit = target.fit(technique);
            map.put("runs", fit.runs());
            map.put("refusal", fit.refusal());
            map.put("needs", fit.substitutes().stream().map(Substitute::word).toList());
        }
        return map;
    }

    private Map<String, @Nullable Object> asMap(Card card) {
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
                "weights",
                TrainedWeights.of(card, model, session)
                        .map(w -> w.folder().path().toString())
                        .orElse(null));
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

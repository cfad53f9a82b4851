package dev.fovea.cli;

import dev.fovea.core.technique.Techniques;
import java.util.List;
import java.util.stream.Stream;
import org.jline.builtins.Completers.FileNameCompleter;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;

/** Completes commands, and behind them files, techniques and budgets. */
final class SlashCompleter implements Completer {
    private static final List<String> BUDGETS = List.of("full", "50%", "25%", "12.5%");

    private final Completer files = new FileNameCompleter();

    @Override
    public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
        if (!line.line().startsWith("/")) {
            return;
        }
        if (line.wordIndex() == 0) {
            SlashCommand.names().forEach(name -> candidates.add(new Candidate(name)));
            return;
        }
        switch (line.words().getFirst()) {
            case "/image", "/overlay", "/save" -> files.complete(reader, line, candidates);
            case "/budget" -> BUDGETS.forEach(budget -> candidates.add(new Candidate(budget)));
            case "/technique" -> techniques(line.word(), candidates);
            default -> {
                // Nothing stands behind the others.
            }
        }
    }

    /** The last of several; what stands before it stays. */
    private static void techniques(String typed, List<Candidate> candidates) {
        String before = typed.substring(0, typed.lastIndexOf(' ') + 1);
        Stream<String> ids =
                Techniques.installed().all().stream().map(t -> t.card().id());
        Stream.concat(ids, Stream.of("none"))
                .forEach(id -> candidates.add(new Candidate(before + id, id, null, null, null, null, true)));
    }
}

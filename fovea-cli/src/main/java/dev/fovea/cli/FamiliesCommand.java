package dev.fovea.cli;

import dev.fovea.core.Fit;
import dev.fovea.core.technique.Substitute;
import dev.fovea.core.technique.Techniques;
import dev.fovea.eval.published.FamilyTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code families}: which technique runs on which family, as the table of {@code docs/families.md}.
 *
 * <p>{@code --json} prints a list of {@code technique}, {@code family}, {@code runs}, {@code refusal} (null where it runs)
 * and {@code substitutes} (list).
 */
@Command(
        name = "families",
        description = "List the families of models and which technique runs on which.",
        footer = {"", "@|bold Examples:|@", "  fovea families", "  fovea families --json", ""})
final class FamiliesCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin
    JsonOption json;

    FamiliesCommand(Session session) {
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        FamilyTable table = FamilyTable.of(Techniques.installed().planned());
        if (json.json) {
            Json.print(terminal, asList(table));
        } else {
            terminal.out().print(table.markdown());
        }
        return ExitCode.OK;
    }

    private static List<Map<String, @Nullable Object>> asList(FamilyTable table) {
        List<Map<String, @Nullable Object>> out = new ArrayList<>();
        table.rows().forEach((technique, fits) -> {
            for (int i = 0; i < fits.size(); i++) {
                Fit fit = fits.get(i);
                Map<String, @Nullable Object> map = new LinkedHashMap<>();
                map.put("technique", technique);
                map.put("family", table.families().get(i));
                map.put("runs", fit.runs());
                map.put("refusal", fit.refusal());
                map.put(
                        "substitutes",
                        fit.substitutes().stream().map(Substitute::word).toList());
                out.add(map);
            }
        });
        return out;
    }
}

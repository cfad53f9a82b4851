package dev.fovea.cli;

import dev.fovea.core.hub.HubCache;
import dev.fovea.core.hub.Sizes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code models}: what the Hub's cache on this machine holds, and whether it opens.
 *
 * <p>{@code --json} prints a list of {@code model}, {@code path}, {@code family} and {@code precision} (null where they
 * cannot be told), {@code bytes}, {@code opens} and {@code refusal} (null where it opens).
 */
@Command(
        name = "models",
        description = {
            "List the models in the Hub's cache: family, size, precision, and whether each opens.",
            "Every model is opened for this. A model's name is what --model takes; of a repository with GGUF files give"
                    + " --model the path that --json shows."
        },
        footer = {"", "@|bold Examples:|@", "  fovea models", "  fovea models --json", ""})
final class ModelsCommand implements Callable<Integer> {
    private final Session session;
    private final Terminal terminal;

    @Mixin
    JsonOption json;

    ModelsCommand(Session session) {
        this.session = session;
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        HubCache cache = HubCache.of(session.environment());
        List<ListedModel> models = models(cache.entries());
        if (json.json) {
            Json.print(terminal, models.stream().map(ModelsCommand::asMap).toList());
        } else if (models.isEmpty()) {
            terminal.out()
                    .println("The cache " + cache.root()
                            + " holds no models; fetch one, for example with 'fovea pull llava-hf/llava-1.5-7b-hf'.");
        } else {
            table(models).print(terminal, 0, true);
        }
        return ExitCode.OK;
    }

    private List<ListedModel> models(List<HubCache.Entry> entries) {
        List<ListedModel> models = new ArrayList<>();
        try (ProgressLine progress = new ProgressLine(terminal, "models", " models", entries.size())) {
            for (int i = 0; i < entries.size(); i++) {
                models.addAll(ListedModel.of(entries.get(i)));
                progress.at(i + 1);
            }
        }
        return models;
    }

    private static Table table(List<ListedModel> models) {
        Table table = new Table().row("MODEL", "FAMILY", "SIZE", "PRECISION", "OPENS");
        for (ListedModel m : models) {
            table.row(
                    m.name(),
                    m.family() == null ? "-" : m.family(),
                    Sizes.text((double) m.bytes()),
                    m.precision() == null ? "-" : m.precision(),
                    m.refusal() == null ? "yes" : "no: " + m.refusal());
        }
        return table;
    }

    private static Map<String, @Nullable Object> asMap(ListedModel m) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("model", m.name());
        map.put("path", m.path().toString());
        map.put("family", m.family());
        map.put("bytes", m.bytes());
        map.put("precision", m.precision());
        map.put("opens", m.refusal() == null);
        map.put("refusal", m.refusal());
        return map;
    }
}

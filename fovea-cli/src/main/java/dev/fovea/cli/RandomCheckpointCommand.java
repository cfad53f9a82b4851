package dev.fovea.cli;

import dev.fovea.core.file.OutputFolder;
import dev.fovea.core.file.Reasons;
import dev.fovea.core.tensor.DType;
import dev.fovea.eval.published.Published;
import dev.fovea.eval.published.RandomCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code random-checkpoint FAMILY}: a checkpoint of random weights at the size of a published one.
 *
 * <p>{@code --json} prints {@code family}, {@code size}, {@code folder} and {@code bytes}.
 */
@Command(
        name = "random-checkpoint",
        description =
                "Write a checkpoint of random weights at a published size: for tests, benchmarks and comparisons.",
        footer = {
            "",
            "@|bold Examples:|@",
            "  fovea random-checkpoint llava --size 1.5-7b --to /tmp/llava-7b",
            "  fovea random-checkpoint internvl --to /tmp/internvl --type f32 --seed 7",
            "  fovea random-checkpoint llava --size 1.5-7b --layers 4 --to /tmp/llava-7b-4",
            ""
        })
final class RandomCheckpointCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "FAMILY", description = "A family, as 'fovea families' lists them.")
    String family = "";

    @Option(names = "--size", paramLabel = "SIZE", description = "A published size (default: the family's first).")
    @Nullable
    String size;

    @Option(names = "--layers", paramLabel = "N", description = "Layers of the language model (default: as published).")
    @Nullable
    Integer layers;

    @Option(names = "--to", paramLabel = "FOLDER", description = "Where it goes (default: FAMILY-SIZE here).")
    @Nullable
    String to;

    @Option(names = "--type", paramLabel = "TYPE", description = "bf16 or f32 (default: ${DEFAULT-VALUE}).")
    String type = "bf16";

    @Option(names = "--seed", paramLabel = "N", description = "Of the weights (default: ${DEFAULT-VALUE}).")
    long seed = 1;

    @Mixin
    JsonOption json;

    RandomCheckpointCommand(Session session) {
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        Published published;
        try {
            Published whole = Published.find(family, size);
            published = layers == null ? whole : whole.withLayers(layers);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
        DType dtype = dtype();
        Path folder = PathArgument.of(to == null ? published.family() + "-" + published.size() : to);
        if (Files.exists(folder)) {
            throw CommandFailure.usage(folder + " is there already; name another folder with --to");
        }
        long bytes = write(published, folder, dtype);
        if (json.json) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("family", published.family());
            map.put("size", published.size());
            map.put("folder", folder.toString());
            map.put("bytes", bytes);
            Json.print(terminal, map);
        } else {
            terminal.out()
                    .println(folder + ": " + published.family() + " " + published.size() + ", random weights of "
                            + bytes / 1_000_000 + " MB");
        }
        return ExitCode.OK;
    }

    private DType dtype() {
        return switch (type) {
            case "bf16" -> DType.BF16;
            case "f32" -> DType.F32;
            default -> throw CommandFailure.usage("--type is 'bf16' or 'f32', not '" + type + "'");
        };
    }

    private long write(Published published, Path folder, DType dtype) {
        try {
            return OutputFolder.write(folder, part -> RandomCheckpoint.write(published, part, dtype, seed));
        } catch (IOException e) {
            throw CommandFailure.output(folder + " cannot be written: " + Reasons.of(e), e);
        }
    }
}

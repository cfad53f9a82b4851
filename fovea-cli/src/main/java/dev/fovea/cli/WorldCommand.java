package dev.fovea.cli;

import dev.fovea.world.Canvas;
import dev.fovea.world.Renderer;
import dev.fovea.world.SceneOptions;
import dev.fovea.world.export.Export;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code world}: writes pictures of the procedural world with their truth.
 *
 * <p>{@code --json} prints {@code out}, {@code count}, {@code seed}, {@code size}, {@code canvas} (two numbers) and {@code
 * files} (list, relative to {@code out}).
 */
@Command(
        name = "world",
        description = {
            "Write pictures of the procedural world with questions, answers, captions, boxes and masks.",
            "The same seed gives the same bytes on every machine. The folder appears when it is complete."
        },
        footer = {"", "@|bold Example:|@", "  fovea world --count 1000 --out data/world --seed 7", ""})
final class WorldCommand implements Callable<Integer> {
    private static final int MOST = 1_000_000;
    private static final int MOST_QUESTIONS = 100;
    private static final Pattern SIDES = Pattern.compile("([0-9.]{1,6})x([0-9.]{1,6})");
    private static final List<String> FILES =
            List.of("images", "questions.jsonl", "questions.parquet", "captions.jsonl", "scenes.jsonl");

    private final Terminal terminal;

    @Option(names = "--count", required = true, paramLabel = "N", description = "Pictures to write, 1 to 1,000,000.")
    int count;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder to write; new or empty.")
    Path out;

    @Option(
            names = "--seed",
            defaultValue = "0",
            paramLabel = "S",
            description = "Seed of the first picture (default: ${DEFAULT-VALUE}).")
    long seed;

    @Option(
            names = "--size",
            defaultValue = "" + Renderer.DEFAULT_SIZE,
            paramLabel = "PX",
            description = "Width and height of the pictures, on the usual canvas (default: ${DEFAULT-VALUE}).")
    int size;

    @Option(
            names = "--canvas",
            defaultValue = "1x1",
            paramLabel = "WxH",
            description =
                    "Sides of the canvas, 1 to 4 times those of the usual one: larger pictures, with objects and letters"
                            + " as small as ever (default: ${DEFAULT-VALUE}).")
    String canvas;

    @Option(
            names = "--questions",
            defaultValue = "10",
            paramLabel = "N",
            description = "Questions for each picture, at most (default: ${DEFAULT-VALUE}).")
    int questions;

    @Mixin
    JsonOption json;

    WorldCommand(Session session) {
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        check("--count", count, 1, MOST);
        check("--size", size, 16, 8192);
        check("--questions", questions, 0, MOST_QUESTIONS);
        SceneOptions scenes = SceneOptions.defaults().withCanvas(canvas());
        try (ProgressLine progress = new ProgressLine(terminal, "world", " pictures", count)) {
            Export.write(out, seed, count, new Export.Settings(scenes, size, questions), progress::at);
        }
        if (json.json) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("out", out.toString());
            result.put("count", count);
            result.put("seed", seed);
            result.put("size", size);
            result.put(
                    "canvas", List.of(scenes.canvas().width(), scenes.canvas().height()));
            result.put("files", FILES);
            Json.print(terminal, result);
        } else {
            terminal.out()
                    .println("Wrote " + count + (count == 1 ? " picture" : " pictures") + " to " + out + ": "
                            + String.join(", ", FILES) + ".");
        }
        return ExitCode.OK;
    }

    private Canvas canvas() {
        Matcher sides = SIDES.matcher(canvas);
        if (!sides.matches()) {
            throw CommandFailure.usage("--canvas is '" + canvas + "'; write it like 3x2 or 1.5x1");
        }
        try {
            Canvas wanted = new Canvas(Double.parseDouble(sides.group(1)), Double.parseDouble(sides.group(2)));
            check("--size", Math.toIntExact(Math.round(size * Math.max(wanted.width(), wanted.height()))), 16, 8192);
            return wanted;
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }

    private static void check(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw CommandFailure.usage(option + " is " + value + "; give a number from " + least + " to " + most);
        }
    }
}

package dev.fovea.cli;

import dev.fovea.core.PromptProbe;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.Picture;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.Region;
import dev.fovea.core.image.RgbImage;
import dev.fovea.eval.bench.Outputs;
import dev.fovea.eval.flow.Flow;
import dev.fovea.eval.flow.FlowAnalysis;
import dev.fovea.eval.flow.FlowCurves;
import dev.fovea.eval.flow.FlowEdge;
import dev.fovea.eval.flow.FlowOptions;
import dev.fovea.eval.flow.FlowReport;
import dev.fovea.eval.flow.LayerWindow;
import dev.fovea.eval.suite.Item;
import dev.fovea.eval.suite.Suite;
import dev.fovea.eval.suite.Suites;
import dev.fovea.eval.suite.WorldSuite;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code explain}: what an answer hangs on, by depth. */
@Command(
        name = "explain",
        description = {
            "Show what an answer hangs on: which tokens tell which, at which depth, and where each layer looks.",
            "",
            "Attention from one group of tokens to another is blocked in a few layers at a time, around each layer in turn,"
                    + " and the change of the probability of the answer's first token is told in percent (Cross-modal"
                    + " Information Flow, arXiv 2411.18620). Groups are picture, question, last (the last token of the"
                    + " prompt), template (all other words), and with --box related and other: the visual tokens that show"
                    + " something of the box, and the rest. 'picture:question' blocks what the question sees of the picture.",
            "",
            "With --suite the same of many questions, of those that are answered rightly, as means with 95 %% intervals."
        },
        footer = {
            "",
            "@|bold Examples:|@",
            "  fovea explain docs/images/scene.png \"What is written on the sign?\"",
            "  fovea explain docs/images/scene.png \"What is written on the sign?\" --window 3 \\",
            "      --edges picture:question,question:last --out explain.html",
            "  fovea explain --suite world --limit 150 --out flow.html",
            ""
        })
final class ExplainCommand implements Callable<Integer> {
    private final Session session;
    private final Terminal terminal;

    @Spec
    CommandSpec spec;

    @Parameters(index = "0", arity = "0..1", paramLabel = "PICTURE", description = "A picture file.")
    @Nullable
    Path file;

    @Parameters(index = "1", arity = "0..1", paramLabel = "QUESTION", description = "The question.")
    @Nullable
    String question;

    @Mixin
    ModelOption model;

    @Mixin
    PrecisionOption precision;

    @Option(
            names = "--edges",
            split = ",",
            paramLabel = "FROM:TO,...",
            description =
                    "The edges to block, one at a time (default: picture:question, question:last, picture:last and"
                            + " last:last; where it is known what the question is about, related:question and other:question too).")
    List<String> edges = new ArrayList<>();

    @Option(
            names = "--window",
            paramLabel = "K",
            description = "Layers that are blocked at once (default: 9 of 32, and as large a part of fewer).")
    @Nullable
    Integer window;

    @Option(
            names = "--box",
            paramLabel = "X,Y,WIDTH,HEIGHT",
            description = "Where in the picture lies what the question is about, in pixels; may be repeated.")
    List<String> boxes = new ArrayList<>();

    @Option(
            names = "--instruction",
            paramLabel = "TEXT",
            description = "Said behind the question without being part of it, such as \"Answer with one word.\"")
    @Nullable
    String instruction;

    @Option(
            names = "--max-tokens",
            defaultValue = "64",
            paramLabel = "N",
            description = "The longest answer (default: ${DEFAULT-VALUE}).")
    int maxTokens;

    @Option(
            names = "--no-heat",
            description = "Leave out where in the picture each layer looks, which takes the memory of a pass back.")
    boolean noHeat;

    @Option(
            names = "--suite",
            paramLabel = "NAME[=FOLDER]",
            description = "Instead of a picture and a question: those of a suite, as 'fovea bench' knows them.")
    @Nullable
    String suite;

    @Option(
            names = "--limit",
            defaultValue = "150",
            paramLabel = "N",
            description = "With --suite: the most questions (default: ${DEFAULT-VALUE}).")
    int limit;

    @Option(names = "--out", paramLabel = "HTML", description = "Write one page with curves and heat maps.")
    @Nullable
    Path out;

    @Mixin
    JsonOption json;

    ExplainCommand(Session session) {
        this.session = session;
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        check();
        List<FlowEdge> typed = typed();
        List<Region> regions = boxes.stream().map(ExplainCommand::box).toList();
        Suite asked = asked();
        if (out != null) {
            Outputs.check(out);
        }
        Path folder = model.resolve(session);
        try (VisionLanguageModel opened = model.open(session, folder, precision.options())) {
            int layers = opened.shape().decoderLayers();
            if (!opened.shape().hasVision()) {
                throw CommandFailure.input(
                        "this model sees no pictures; explain one that does, such as peek, which comes with Fovea");
            }
            int wide = window == null ? LayerWindow.usual(layers) : window;
            checkWindow(wide, layers);
            return asked == null ? one(opened, typed, regions, wide) : many(opened, asked, typed, wide);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.input(e);
        }
    }

    private void check() {
        if (suite == null && (file == null || question == null)) {
            throw CommandFailure.usage("name a picture and a question about it, or the questions of a --suite");
        }
        if (suite != null && (file != null || !boxes.isEmpty())) {
            throw CommandFailure.usage(
                    "a --suite brings its own pictures, questions and boxes; leave out the picture, the question and --box");
        }
        if (maxTokens < 1) {
            throw CommandFailure.usage("--max-tokens is " + maxTokens + "; give at least 1");
        }
        if (window != null && window < 1) {
            throw CommandFailure.usage("--window is " + window + "; give at least 1 layer");
        }
        if (limit < 1 || limit > WorldSuite.SEEDS) {
            throw CommandFailure.usage("--limit is " + limit + "; give a number from 1 to " + WorldSuite.SEEDS);
        }
    }

    private static void checkWindow(int window, int layers) {
        try {
            LayerWindow.check(window, layers);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }

    private List<FlowEdge> typed() {
        try {
            return FlowEdge.parse(edges);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }

    private @Nullable Suite asked() {
        try {
            return suite == null ? null : Suites.open(suite);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }

    private static Region box(String text) {
        if (!text.matches("\\d{1,7}(,\\d{1,7}){3}")) {
            throw noBox(text);
        }
        int[] parts =
                Arrays.stream(text.split(",", -1)).mapToInt(Integer::parseInt).toArray();
        if (parts[2] < 1 || parts[3] < 1) {
            throw noBox(text);
        }
        return new Region(parts[0], parts[1], parts[0] + parts[2], parts[1] + parts[3]);
    }

    private static CommandFailure noBox(String text) {
        return CommandFailure.usage("'" + text
                + "' is no box; give left and upper edge, width and height in pixels, as in" + " --box 28,28,28,28");
    }

    /** What was typed; or the usual edges, and those of the picture's parts where these are known. */
    private List<FlowEdge> chosen(List<FlowEdge> typed, boolean parts) {
        if (!typed.isEmpty()) {
            return typed;
        }
        List<FlowEdge> usual = new ArrayList<>(FlowEdge.USUAL);
        if (parts) {
            usual.addAll(FlowEdge.OF_PARTS);
        }
        return usual;
    }

    private int one(VisionLanguageModel opened, List<FlowEdge> typed, List<Region> regions, int wide) {
        Picture picture = new PictureReader().read(Objects.requireNonNull(file));
        picture.notes().forEach(note -> terminal.err().println("fovea: note: " + note));
        regions.forEach(region -> within(region, picture.image()));
        FlowOptions options = new FlowOptions(chosen(typed, !regions.isEmpty()), wide, !noHeat);
        Flow flow;
        try (PromptProbe probe = opened.probe(
                        List.of(picture.image()), Objects.requireNonNull(question), instruction, maxTokens);
                ProgressLine progress =
                        new ProgressLine(terminal, "explain", " readings", options.readings(probe.layers()))) {
            flow = new FlowAnalysis(options).of(probe, regions, Objects.requireNonNull(question), done -> {
                progress.at(done);
                return !session.interruption().requested();
            });
        }
        if (flow == null) {
            return ExitCode.INTERRUPTED;
        }
        if (out != null) {
            FlowReport.write(
                    out, report(wide).page(flow, picture.image(), opened.shape().tokenPixels()));
        }
        if (json.json) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("model", model.name(session));
            map.put("window", wide);
            map.putAll(flow.asMap());
            Json.print(terminal, map);
        } else {
            new ExplainTable(terminal).print(flow);
            told();
        }
        return ExitCode.OK;
    }

    private static void within(Region box, RgbImage picture) {
        if (box.right() > picture.width() || box.bottom() > picture.height()) {
            throw CommandFailure.input("a box reaches to " + (int) box.right() + "," + (int) box.bottom()
                    + ", but the picture has " + picture.width() + "x" + picture.height()
                    + " pixels; give left and upper edge, width and height inside of it");
        }
    }

    private int many(VisionLanguageModel opened, Suite asked, List<FlowEdge> typed, int wide) {
        List<FlowCurves.One> flows = new ArrayList<>();
        int[] seen = new int[1];
        try (ProgressLine progress = new ProgressLine(terminal, "explain", " questions", limit)) {
            asked.forEach(limit, item -> {
                FlowCurves.One one = one(opened, item, typed, wide);
                seen[0]++;
                if (one != null) {
                    flows.add(one);
                }
                progress.at(seen[0], flows.size() + " right");
                return !session.interruption().requested();
            });
        }
        if (session.interruption().requested()) {
            terminal.err().println("fovea: stopped after " + seen[0] + " of " + limit + " questions");
            return ExitCode.INTERRUPTED;
        }
        FlowCurves curves = FlowCurves.of(seen[0], flows);
        if (out != null) {
            FlowReport.write(out, report(wide).page(curves, asked.source()));
        }
        if (json.json) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("model", model.name(session));
            map.put("suite", asked.source());
            map.put("window", wide);
            map.putAll(curves.asMap());
            Json.print(terminal, map);
        } else {
            new ExplainTable(terminal).print(curves);
            told();
        }
        return ExitCode.OK;
    }

    /** Null where the answer is wrong: what it hangs on is not what is asked for; or where the work was ended. */
    private FlowCurves.@Nullable One one(VisionLanguageModel opened, Item item, List<FlowEdge> typed, int wide) {
        boolean located = !item.about().isEmpty();
        List<FlowEdge> own = chosen(typed, located).stream()
                .filter(edge -> located || !edge.needsBoxes())
                .toList();
        RgbImage picture = item.picture().open();
        try (PromptProbe probe = opened.probe(List.of(picture), item.prompt(), instruction, item.maxTokens())) {
            if (item.grader().grade(probe.answer().text(), picture).score() < 1) {
                return null;
            }
            Flow flow = new FlowAnalysis(new FlowOptions(own, wide, false))
                    .of(
                            probe,
                            item.about(),
                            item.prompt(),
                            done -> !session.interruption().requested());
            return flow == null ? null : new FlowCurves.One(item.picture().key(), located, flow);
        }
    }

    private FlowReport report(int wide) {
        return new FlowReport(
                model.name(session),
                wide,
                ContestOptions.command(spec.commandLine().getParseResult().originalArgs()),
                ContestOptions.versions());
    }

    private void told() {
        if (out != null) {
            terminal.err().println("fovea: the page is in " + out);
        }
    }
}

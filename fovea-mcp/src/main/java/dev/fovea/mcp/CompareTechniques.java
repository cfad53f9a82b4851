package dev.fovea.mcp;

import dev.fovea.core.image.RgbImage;
import dev.fovea.eval.bench.Contestant;
import dev.fovea.eval.compare.Compared;
import dev.fovea.eval.compare.Comparison;
import dev.fovea.eval.cost.Geometries;
import dev.fovea.eval.subject.OpenedModel;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** {@code compare_techniques}: one question under several techniques and budgets, beside the plain model. */
record CompareTechniques(ToolBox box) implements Tool {
    private static final String DOWNSAMPLE = "downsample";
    private static final List<String> USUAL_BUDGETS = List.of("25%");
    private static final int USUAL_TOKENS = 64;
    private static final int MOST_CONTESTANTS = 48;

    @Override
    public String name() {
        return "compare_techniques";
    }

    @Override
    public String description() {
        return "Asks one question about one picture under several techniques and budgets, beside the plain model and a"
                + " smaller picture of the same cost: answers, visual tokens, times and FLOPs of each.";
    }

    @Override
    public String schema() {
        return Schemas.of(
                List.of("picture", "question", "techniques"),
                Schemas.PICTURE,
                Schemas.QUESTION,
                PageArguments.SINGLE,
                PageArguments.PASSWORD,
                Schemas.TECHNIQUES,
                "\"budgets\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}, \"description\": \"Budgets, each a"
                        + " count (64) or a share (25%, the default).\"}",
                Schemas.MAX_TOKENS);
    }

    @Override
    public Set<String> arguments() {
        return Set.of("picture", "question", "page", "password", "techniques", "budgets", "max_tokens");
    }

    @Override
    public CallToolResult call(Arguments arguments) {
        String question = arguments.text("question");
        int most = arguments.whole("max_tokens", 1, Schemas.MOST_TOKENS, USUAL_TOKENS);
        List<Contestant> contestants = contestants(arguments);
        RgbImage picture = box.exhibits().single(arguments);
        // The model is not this tool's, so that it stays open.
        OpenedModel subject = new OpenedModel(box.name(), box.shared().model());
        Comparison comparison = Comparison.run(
                subject,
                subject.techniques(),
                Geometries.find(box.shared().model().folder().toString()),
                picture,
                question,
                most,
                contestants,
                done -> true);
        return CallToolResult.builder()
                .addTextContent(table(comparison))
                .structuredContent(comparison.asMap())
                .build();
    }

    private List<Contestant> contestants(Arguments arguments) {
        List<String> techniques = new ArrayList<>(Spending.techniques(arguments));
        if (techniques.isEmpty()) {
            throw new IllegalArgumentException("The argument 'techniques' must name at least one; there are "
                    + String.join(
                            ", ",
                            box.shared().model().techniques().planned().stream()
                                    .map(t -> t.card().id())
                                    .toList())
                    + ".");
        }
        techniques.add(DOWNSAMPLE);
        List<String> budgets = arguments.texts("budgets");
        List<Contestant> all = Contestant.all(techniques, budgets.isEmpty() ? USUAL_BUDGETS : budgets);
        if (all.size() > MOST_CONTESTANTS) {
            throw new IllegalArgumentException("These are " + all.size() + " answers to compare; at most "
                    + MOST_CONTESTANTS + " are made in one call.");
        }
        return all;
    }

    private static String table(Comparison comparison) {
        StringBuilder out = new StringBuilder();
        for (Compared one : comparison.results()) {
            out.append(String.format(
                    Locale.ROOT,
                    "%s: %d visual tokens, prefill %.0f ms, decoding %.0f ms, %.2g FLOPs, answer: %s%n",
                    one.contestant().label(),
                    one.kept(),
                    one.reply().prefillMs(),
                    one.reply().decodeMs(),
                    (double) one.cost().firstToken(),
                    one.reply().answer()));
        }
        comparison
                .failed()
                .forEach((c, why) -> out.append(c.label())
                        .append(" did not run: ")
                        .append(why)
                        .append('\n'));
        return out.toString().strip();
    }
}

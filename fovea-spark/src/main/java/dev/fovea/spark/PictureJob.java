package dev.fovea.spark;

import dev.fovea.core.OpenOptions.Precision;
import dev.fovea.eval.bench.Contestant;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Work on pictures as an application of {@code spark-submit}: its arguments are those of {@code --help}. */
@Command(
        name = "fovea-spark",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Asks about pictures, embeds them or compares techniques on them, on all workers of a cluster.",
            "",
            "What is done is kept in parts: started again with the same arguments, it goes on with those that are missing."
        },
        footer = {
            "",
            "Example:",
            "  spark-submit --class dev.fovea.spark.PictureJob fovea-spark.jar --model /models/peek \\",
            "      --pictures 'pictures/*.png' --ask 'What is written on the sign?' --out answers"
        })
public final class PictureJob implements Callable<Integer> {
    @Option(
            names = "--model",
            required = true,
            paramLabel = "DIR",
            description = "The model, where the workers find it.")
    private String model = "";

    @Option(
            names = "--pictures",
            required = true,
            paramLabel = "PATHS",
            description = "Files of pictures (a folder, or names with *), or with --table a table of them.")
    private String pictures = "";

    @Option(
            names = "--table",
            description =
                    "PATHS are Parquet: a column 'path' or 'content', others that go along; for --bench 'question' and"
                            + " 'answer' too.")
    private boolean table;

    @ArgGroup(multiplicity = "1")
    private What what = new What();

    /** One of these. */
    private static final class What {
        @Option(names = "--ask", paramLabel = "QUESTION", description = "A question to every picture.")
        private @Nullable String question;

        @Option(names = "--ask-column", paramLabel = "COLUMN", description = "The column of each picture's question.")
        private @Nullable String column;

        @Option(names = "--embed", description = "A vector of every picture, by a dual encoder.")
        private boolean embed;

        @Option(
                names = "--bench",
                split = ",",
                paramLabel = "ID",
                description = "Techniques to compare at each of --budgets, beside the plain model.")
        private List<String> bench = List.of();
    }

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder for Parquet files.")
    private String out = "";

    @Option(
            names = "--key",
            defaultValue = "path",
            paramLabel = "COLUMN",
            description = "Tells rows apart (${DEFAULT-VALUE}).")
    private String key = "";

    @Option(
            names = "--parts",
            defaultValue = "64",
            paramLabel = "N",
            description = "Parts of the output (${DEFAULT-VALUE}): what is in the making when something fails is lost.")
    private int parts;

    @Option(
            names = {"-t", "--technique"},
            paramLabel = "ID",
            description = "How visual tokens are spent; several act together.")
    private List<String> techniques = List.of();

    @Option(
            names = "--budget",
            defaultValue = "full",
            paramLabel = "TOKENS",
            description = "Visual tokens: 64, 25%% or full.")
    private String budget = "";

    @Option(
            names = "--budgets",
            defaultValue = "25%",
            split = ",",
            paramLabel = "TOKENS",
            description = "Budgets of --bench (${DEFAULT-VALUE}).")
    private List<String> budgets = List.of();

    @Option(
            names = "--max-tokens",
            defaultValue = "256",
            paramLabel = "N",
            description = "Longest answer (${DEFAULT-VALUE}).")
    private int maxTokens;

    @Option(names = "--precision", defaultValue = "AUTO", description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
    private Precision precision = Precision.AUTO;

    /** Runs in the session that {@code spark-submit} describes; ends the JVM if it fails. */
    public static void main(String[] arguments) {
        int exit = new CommandLine(new PictureJob())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    command.getErr().println("fovea-spark: " + e.getMessage());
                    return command.getCommandSpec().exitCodeOnExecutionException();
                })
                .execute(arguments);
        if (exit != 0) {
            System.exit(exit);
        }
    }

    @Override
    public Integer call() throws IOException {
        try (SparkSession spark = SparkSession.builder().appName("fovea").getOrCreate()) {
            Dataset<Row> input = table
                    ? spark.read().parquet(pictures)
                    : spark.read().format("binaryFile").load(pictures).select("path", "content");
            PictureWork work = work();
            new OutputParts(out, key, parts).write(work, input, this::tell);
            if (work instanceof BenchWork) {
                BenchTable.summary(spark.read().parquet(out)).show(1000, false);
            }
            return 0;
        }
    }

    private PictureWork work() {
        FoveaSpark fovea = FoveaSpark.model(model)
                .withTechniques(techniques, budget)
                .withMaxTokens(maxTokens)
                .withPrecision(precision);
        if (what.question != null) {
            return fovea.ask(what.question);
        }
        if (what.column != null) {
            return fovea.askColumn(what.column);
        }
        return what.embed ? fovea.embed() : fovea.bench(Contestant.all(what.bench, budgets));
    }

    private void tell(int done, int all) {
        System.err.printf("%d of %d parts are in %s%n", done, all, out);
    }
}

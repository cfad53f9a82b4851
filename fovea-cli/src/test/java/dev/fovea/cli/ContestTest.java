package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code cost}, {@code compare}, {@code bench} and {@code tune} from end to end on a tiny checkpoint. */
class ContestTest {
    @TempDir
    Path folder;

    @Test
    void costNeedsNoWeights() {
        JsonNode json = Run.of("cost", "--model", "llava-1.5-7b", "--techniques", "hiprune", "-b", "192,64", "--json")
                .json();
        JsonNode contestants = json.path("contestants");
        assertThat(contestants).hasSize(5);
        assertThat(contestants.get(0).path("technique").asText()).isEqualTo("full");
        assertThat(contestants.get(2).path("visual_tokens")).hasSize(32);
        assertThat(contestants.get(2).path("visual_tokens").get(0).intValue()).isEqualTo(64);
        double full = contestants.get(0).path("prefill_flops").doubleValue();
        assertThat(full).isBetween(8.0e12, 8.6e12);
        assertThat(contestants.get(2).path("prefill_flops").doubleValue()).isLessThan(full / 4);
        // The smaller picture comes last, and is cheap in the encoder too.
        JsonNode smaller = contestants.get(4);
        assertThat(smaller.path("technique").asText()).isEqualTo("downsample");
        assertThat(smaller.path("visual_tokens").get(0).intValue()).isEqualTo(64);
        double pruned = contestants.get(2).path("prefill_flops").doubleValue();
        assertThat(smaller.path("prefill_flops").doubleValue())
                .as("the same tokens, without signals to choose by")
                .isBetween(0.99 * pruned, pruned);
        assertThat(smaller.path("encoder_flops").doubleValue())
                .isLessThan(contestants.get(2).path("encoder_flops").doubleValue() / 8);
        assertThat(Run.of(
                                "cost",
                                "--model",
                                "llava-1.5-7b",
                                "--techniques",
                                "hiprune",
                                "-b",
                                "192,64",
                                "--json",
                                "--no-downsample")
                        .json()
                        .path("contestants"))
                .hasSize(3);
    }

    @Test
    void wrongNamesAreUsageErrors() {
        Run model = Run.of("cost", "--model", "llava-1.5-7");
        assertThat(model.code()).isEqualTo(2);
        assertThat(model.err()).contains("did you mean 'llava-1.5-7b'?").hasLineCount(1);
        Run technique = Run.of("cost", "--techniques", "fastw");
        assertThat(technique.code()).isEqualTo(2);
        assertThat(technique.err()).contains("fastv");
        Run budget = Run.of("cost", "--techniques", "fastv", "-b", "0");
        assertThat(budget.code()).isEqualTo(2);
        Run suite = Run.of("bench", "--model", Run.MODEL, "--suite", "popes", "--out", folder);
        assertThat(suite.code()).isEqualTo(2);
        assertThat(suite.err()).contains("did you mean 'pope'?");
    }

    @Test
    void compareWritesATableAndAPage() throws IOException {
        Path page = folder.resolve("compare.html");
        Run run = Run.of(
                "compare",
                Run.PICTURE,
                "Where is it?",
                "--model",
                Run.MODEL,
                "--techniques",
                "hiprune,fastv",
                "-b",
                "8,4",
                "--max-tokens",
                4,
                "--report",
                page);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
                .contains(
                        "CONTESTANT", "full model", "hiprune at 8", "fastv at 4", "downsample at 8", "downsample at 4");
        assertThat(Files.readString(page))
                .contains("fovea compare", "'Where is it?'".replace("'", "&#39;"), "data:image");
        JsonNode json = Run.of(
                        "compare",
                        Run.PICTURE,
                        "Where is it?",
                        "--model",
                        Run.MODEL,
                        "--techniques",
                        "hiprune",
                        "-b",
                        "8",
                        "--max-tokens",
                        4,
                        "--json")
                .json();
        assertThat(json.path("results")).hasSize(3);
        JsonNode smaller = json.path("results").get(2);
        assertThat(smaller.path("technique").asText()).isEqualTo("downsample");
        assertThat(smaller.path("visual_tokens").path("kept").intValue()).isEqualTo(6);
        assertThat(smaller.path("visual_tokens").path("total").intValue()).isEqualTo(16);
        assertThat(json.path("results")
                        .get(1)
                        .path("visual_tokens")
                        .path("kept")
                        .intValue())
                .isEqualTo(8);
        assertThat(json.path("results").get(0).path("agreement").doubleValue()).isEqualTo(1);
    }

    @Test
    void placesThatCannotBeWrittenAreToldBeforeTheWork() {
        Run page = Run.of("compare", Run.PICTURE, "Where is it?", "--model", "nowhere", "--report", folder);
        assertThat(page.code()).isEqualTo(5);
        assertThat(page.err()).contains("it is a folder; name a file").hasLineCount(1);
        Run knobs = Run.of("tune", "vflowopt", "--model", Run.MODEL, "-b", "50%", "--out", folder);
        assertThat(knobs.code()).isEqualTo(5);
        assertThat(knobs.err()).contains("it is a folder; name a file").hasLineCount(1);
    }

    @Test
    void benchGoesOnWhereItStopped() throws IOException {
        Object[] command = {
            "bench",
            "--model",
            Run.MODEL,
            "--techniques",
            "random,fastv",
            "-b",
            "50%",
            "--limit",
            12,
            "--out",
            folder,
            "--json"
        };
        Interruption stopped = new Interruption();
        stopped.request();
        Run first = Run.with("", stopped, command);
        assertThat(first.code()).isEqualTo(130);
        assertThat(first.err()).contains("stopped after 0 answers");
        JsonNode json = Run.of(command).json();
        assertThat(json.path("standings")).hasSize(4);
        assertThat(json.path("standings").get(0).path("n").intValue()).isEqualTo(12);
        assertThat(Files.readAllLines(folder.resolve("results.jsonl"))).hasSize(48);
        for (String line : Files.readAllLines(folder.resolve("results.jsonl"))) {
            JsonNode row = new ObjectMapper().readTree(line);
            assertThat(row.path("kept_rows")).hasSize(4);
            assertThat(row.path("kept_rows")
                            .valueStream()
                            .mapToInt(JsonNode::intValue)
                            .sum())
                    .isEqualTo(row.path("visual_kept").intValue());
        }
        assertThat(folder.resolve("results.parquet")).isNotEmptyFile();
        assertThat(Files.readString(folder.resolve("report.html")))
                .contains("<svg", "fovea bench --model", "Claims of the papers", "Where the kept tokens lay")
                .contains("vs downsample", "vs random", "downsample at 50%");
        assertThat(Files.readString(folder.resolve("summary.md")))
                .contains("| random at 50% |", "| downsample at 50% |", "fovea bench --model")
                .contains("| contestant | score | 95 % interval | n | vs downsample | vs random | tokens per layer |");
        Run other = Run.of(
                "bench", "--model", Run.MODEL, "--techniques", "random", "-b", "50%", "--limit", 12, "--out", folder);
        assertThat(other.code()).isEqualTo(3);
        assertThat(other.err()).contains("holds a run with other contestants").hasLineCount(1);
        Run inFewBits = Run.of(
                "bench",
                "--model",
                Run.MODEL,
                "--weights",
                "int8",
                "--techniques",
                "random",
                "-b",
                "50%",
                "--out",
                folder);
        assertThat(inFewBits.code()).isEqualTo(3);
        assertThat(inFewBits.err()).contains("other arithmetic (\"f32\" there, \"f32 with weights in int8\" now)");
    }

    /** Captions and presence on the world, and how far answers depend on the picture, under techniques and resumed. */
    @Test
    void benchMeasuresHallucination() throws IOException {
        Object[] command = {
            "bench",
            "--model",
            Run.MODEL,
            "--suite",
            "world-chair",
            "--suite",
            "world-pope",
            "-t",
            "m3id",
            "-t",
            "fastv",
            "-b",
            "50%",
            "--no-downsample",
            "--limit",
            18,
            "--pdm-h",
            "--out",
            folder,
            "--json"
        };
        JsonNode standings = Run.of(command).json().path("standings");
        assertThat(standings).hasSize(6);
        JsonNode plain = standings.get(0);
        assertThat(plain.path("suite").asText()).isEqualTo("world-chair");
        assertThat(plain.path("metrics").has("chair_i")).isTrue();
        assertThat(plain.path("intervals").path("recall").path("low").isNumber())
                .isTrue();
        assertThat(plain.has("against_full")).isFalse();
        JsonNode curve = plain.path("pdm_h");
        assertThat(curve).isNotEmpty();
        assertThat(curve.get(0).path("token").intValue()).isZero();
        assertThat(curve.get(0).path("n").intValue()).isBetween(10, 18);
        assertThat(curve.get(0).path("value").doubleValue()).isBetween(0.0, 1.0);
        JsonNode fastv = standings.get(2);
        assertThat(fastv.path("against_full").has("chair_s")).isTrue();
        assertThat(fastv.path("pdm_h")).isNotEmpty();
        JsonNode polled = standings.get(3);
        assertThat(polled.path("by_skill").has("adversarial")).isTrue();
        assertThat(polled.path("intervals").has("popular.yes_ratio")).isTrue();
        byte[] rows = Files.readAllBytes(folder.resolve("results.jsonl"));
        JsonNode row = new ObjectMapper()
                .readTree(new String(rows, StandardCharsets.UTF_8)
                        .lines()
                        .findFirst()
                        .orElse(""));
        assertThat(row.path("facts").path("objects").doubleValue()).isPositive();
        assertThat(row.path("pdm_h")).hasSize(row.path("answer_tokens").intValue());
        assertThat(Files.readString(folder.resolve("report.html")))
                .contains("Figures with intervals", "Dependence on the picture by token", "chair_i")
                .doesNotContain("NaN");
        assertThat(Files.readString(folder.resolve("summary.md"))).contains("| contestant | f1 | chair_i | chair_s |");
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var table = connection
                        .createStatement()
                        .executeQuery("SELECT sum(facts['objects']), sum(len(pdm_h)) FROM '"
                                + folder.resolve("results.parquet") + "'")) {
            table.next();
            assertThat(table.getDouble(1)).isPositive();
            assertThat(table.getInt(2)).isPositive();
        } catch (SQLException e) {
            throw new IOException(e);
        }
        Run.of(command).json();
        assertThat(Files.readAllBytes(folder.resolve("results.jsonl")))
                .as("all there already")
                .isEqualTo(rows);
        Run blind = Run.of(
                Arrays.stream(command).filter(arg -> !arg.equals("--pdm-h")).toArray());
        assertThat(blind.err()).contains("holds a run with other pdm_h (true there, false now)");
    }

    @Test
    void tuneLeavesAFileThatAskTakes() {
        Path file = folder.resolve("knobs.json");
        JsonNode json = Run.of(
                        "tune",
                        "vflowopt",
                        "--model",
                        Run.MODEL,
                        "-b",
                        "50%",
                        "--samples",
                        2,
                        "--evaluations",
                        9,
                        "--out",
                        file,
                        "--json")
                .json();
        assertThat(json.path("tries").intValue()).isEqualTo(9);
        assertThat(json.path("knobs").path("r0").asDouble()).isBetween(0.5, 0.75);
        assertThat(json.path("objective").doubleValue()).isLessThanOrEqualTo(2.000001);
        Run ask = Run.of(
                "ask",
                Run.PICTURE,
                "Where is it?",
                "--model",
                Run.MODEL,
                "-t",
                "vflowopt:@" + file,
                "-b",
                "50%",
                "--max-tokens",
                2);
        assertThat(ask.code()).as(ask.err()).isZero();
        Run wrong = Run.of("ask", Run.PICTURE, "Where?", "--model", Run.MODEL, "-t", "hiprune:@" + file, "-b", "50%");
        assertThat(wrong.code()).isEqualTo(2);
        assertThat(wrong.err()).contains("are those of 'vflowopt', not of 'hiprune'");
    }
}

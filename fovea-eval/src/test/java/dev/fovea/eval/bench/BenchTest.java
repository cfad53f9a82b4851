package dev.fovea.eval.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.image.PictureException;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.technique.Techniques;
import dev.fovea.eval.EvalException;
import dev.fovea.eval.FakeSubject;
import dev.fovea.eval.Proportion;
import dev.fovea.eval.cost.Geometries;
import dev.fovea.eval.subject.Subject;
import dev.fovea.eval.suite.Grader;
import dev.fovea.eval.suite.Item;
import dev.fovea.eval.suite.PictureSource;
import dev.fovea.eval.suite.Scored;
import dev.fovea.eval.suite.Suite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchTest {
    private static final int PICTURES = 13;

    @TempDir
    Path folder;

    /** Three questions about each picture; picture 5 cannot be opened. */
    private record Little(String name) implements Suite {
        @Override
        public String source() {
            return name + " of a test";
        }

        @Override
        public void forEach(int limit, Visitor visitor) {
            for (int i = 0; i < Math.min(limit, 3 * PICTURES); i++) {
                int picture = i / 3;
                PictureSource source = new PictureSource("p" + picture, () -> {
                    if (picture == 5) {
                        throw new PictureException("p5 is damaged");
                    }
                    return RgbImage.filled(8, 8, 1, 2, 3);
                });
                Item item = new Item(
                        name + i,
                        source,
                        "Question " + i + "?",
                        4,
                        i % 3 == 0 ? "even" : "odd",
                        "",
                        "yes",
                        Grader.of(a -> Grader.Grade.match(a, "yes")));
                if (!visitor.visit(item)) {
                    return;
                }
            }
        }

        @Override
        public Map<String, Double> metrics(List<Scored> scored) {
            return Suite.accuracy(scored);
        }
    }

    /** A technique whose plan has one step. */
    private record Named(String id, boolean refuses) implements Technique {
        @Override
        public Card card() {
            return Card.of("""
                    id        %s
                    title     Nothing
                    summary   Does nothing.
                    stations  connector
                    budget    Not read.
                    full      acts
                    """.formatted(id));
        }

        @Override
        public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
            if (refuses) {
                throw new IllegalArgumentException("'" + id + "' needs another model.");
            }
            return id.equals("full")
                    ? List.of()
                    : List.of(new Step(new Station.Connector(), List.of(), s -> Outcome.of(new Decision.Unchanged())));
        }
    }

    private static final Techniques TECHNIQUES = Techniques.of(List.of(
            new Named("full", false),
            new Named("half", false),
            new Named("throws", false),
            new Named("refuses", true)));

    /** Throws for one technique, and counts. */
    private static Subject subject(FakeSubject fake) {
        return new Subject() {
            @Override
            public String name() {
                return fake.name();
            }

            @Override
            public ModelShape shape() {
                return fake.shape();
            }

            @Override
            public Viewing view(RgbImage picture, Plan plan) {
                if (plan.technique().equals("throws")) {
                    throw new IllegalStateException("a step went wrong");
                }
                return fake.view(picture, plan);
            }

            @Override
            public void close() {}
        };
    }

    private static Contest contest(int limit) {
        return contest(limit, Map.of());
    }

    private static Contest contest(int limit, Map<String, TrainingCost> trained) {
        return new Contest(
                "fake",
                "f00d",
                "f32",
                Contestant.all(List.of("half", "throws", "refuses"), List.of("50%", "4")),
                List.of(new Little("a"), new Little("b")),
                limit,
                "fovea bench",
                List.of("test 1"),
                false,
                trained);
    }

    private Bench bench(Contest contest, FakeSubject fake, Bench.Progress progress) {
        return new Bench(contest, subject(fake), TECHNIQUES, Geometries.find("tiny-mha"), progress, () -> false);
    }

    private static final class Kill extends Error {
        private static final long serialVersionUID = 1L;
    }

    @Test
    void aRunThatIsKilledAgainAndAgainEndsLikeOneThatIsNot() throws IOException {
        Path whole = folder.resolve("whole");
        bench(contest(100), new FakeSubject(), (n, of, row) -> {}).run(whole);
        byte[] expected = Files.readAllBytes(whole.resolve(Bench.RESULTS));

        for (int seed = 0; seed < 5; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            Path killed = folder.resolve("killed" + seed);
            boolean done = false;
            while (!done) {
                int[] left = {random.nextInt(1, 80)};
                try {
                    bench(contest(100), new FakeSubject(), (n, of, row) -> {
                                if (--left[0] == 0) {
                                    throw new Kill();
                                }
                            })
                            .run(killed);
                    done = true;
                } catch (Kill e) {
                    // A kill may leave part of a line behind.
                    byte[] torn = "{\"task\":\"a\",\"doc_".getBytes(java.nio.charset.StandardCharsets.UTF_8);
                    Files.write(
                            killed.resolve(Bench.RESULTS),
                            java.util.Arrays.copyOf(torn, random.nextInt(torn.length)),
                            StandardOpenOption.APPEND);
                }
            }
            assertThat(Files.readAllBytes(killed.resolve(Bench.RESULTS))).isEqualTo(expected);
        }
    }

    @Test
    void troublesAreReportedAndCostNothingElse() {
        FakeSubject fake = new FakeSubject();
        Bench.Finished finished = bench(contest(100), fake, (n, of, row) -> {}).run(folder);
        // Two suites of 39 questions, vanilla, half at two budgets, throws at two; refuses never runs.
        assertThat(finished.rows()).hasSize(2 * 39 * 5);
        assertThat(finished.complete()).isTrue();
        assertThat(finished.refused())
                .hasSize(2)
                .containsEntry(new Contestant("refuses", "4"), "'refuses' needs another model.");
        assertThat(finished.rows().stream().filter(r -> r.picture().equals("p5")))
                .hasSize(2 * 3 * 5)
                .allSatisfy(r -> assertThat(r.error()).isEqualTo("p5 is damaged"));
        assertThat(finished.rows().stream()
                        .filter(r ->
                                r.technique().equals("throws") && !r.picture().equals("p5")))
                .hasSize(2 * 36 * 2)
                .allSatisfy(r -> assertThat(r.error()).isEqualTo("a step went wrong"));
        assertThat(finished.rows().stream()
                        .filter(r ->
                                r.technique().equals("half") && !r.picture().equals("p5")))
                .hasSize(2 * 36 * 2)
                .allSatisfy(r -> {
                    assertThat(r.answered()).isTrue();
                    assertThat(r.visualKept()).isEqualTo(8);
                    assertThat(r.visualMean()).isEqualTo(8);
                    assertThat(r.keptRows()).containsExactly(4, 4, 0, 0);
                });
        // One pass through the encoder for each picture and contestant that runs.
        assertThat(fake.views).isEqualTo(2 * 12 * 3);
        assertThat(fake.asked).isEqualTo(2 * 36 * 3);

        String page = new BenchReport(contest(100), finished).page();
        assertThat(page)
                .contains("a step went wrong", "p5 is damaged", "needs another model", "fovea bench", "Retention")
                .contains("<svg", "Claims of the papers", "Where the kept tokens lay, at 25.0 %")
                .doesNotContain("http://", "https://");
    }

    @Test
    void whatWeightsOfTheirOwnCostStandsBesideWhatTheyReach() {
        Contest contest = contest(4, Map.of("half", new TrainingCost(12.34, 1_789_184, 3_589_136)));
        Bench.Finished finished = bench(contest, new FakeSubject(), (rows, expected, latest) -> {})
                .run(folder);
        String[] lines = new BenchSummary(contest, finished).text().split("\n");
        assertThat(lines).anyMatch(line -> line.endsWith("| trained min | own parameters | own bytes | errors |"));
        assertThat(lines)
                .anyMatch(line -> line.startsWith("| half at 50%") && line.endsWith("| 12.3 | 1.79 M | 3.59 M | 0 |"))
                .anyMatch(line -> line.startsWith("| full model") && line.endsWith("| – | – | – | 0 |"));
        assertThat(new BenchReport(contest, finished).page()).contains("own parameters", "1.79 M");
        Contest without = contest(4);
        assertThat(new BenchSummary(without, finished).text()).doesNotContain("trained min");
    }

    @Test
    void theCostOfWeightsIsReadFromTheirCard() throws IOException {
        Path weights = Files.createDirectories(folder.resolve("techniques/matryoshka"));
        Files.write(weights.resolve("model.safetensors"), new byte[1]);
        Files.writeString(weights.resolve("card.json"), """
                {"technique": "matryoshka", "model": "m", "base": "b", "minutes": 7.5, "parameters": 10, "bytes": 20}
                """);
        List<Contestant> all =
                Contestant.all(List.of("matryoshka", "matryoshka:weights=untrained", "random"), List.of("50%"));
        assertThat(TrainingCost.of(folder, all))
                .containsExactly(Map.entry("matryoshka", new TrainingCost(7.5, 10, 20)));
        Files.writeString(weights.resolve("card.json"), "{");
        assertThat(TrainingCost.of(folder, all)).isEmpty();
    }

    @Test
    void aFullDiskKeepsWhatWasWritten() throws IOException {
        List<byte[]> written = new ArrayList<>();
        long[] truncated = {-1};
        ResultLog.Sink full = new ResultLog.Sink() {
            @Override
            public void append(byte[] bytes) throws IOException {
                if (written.size() == 7) {
                    throw new IOException("No space left on device");
                }
                written.add(bytes);
            }

            @Override
            public void truncate(long length) {
                truncated[0] = length;
            }

            @Override
            public void force() {}

            @Override
            public void close() {}
        };
        Bench.Finished finished =
                bench(contest(9), new FakeSubject(), (n, of, row) -> {}).run(folder);
        try (ResultLog log = new ResultLog(folder.resolve("full.jsonl"), full, List.of(), 0)) {
            assertThatThrownBy(() -> finished.rows().forEach(log::append))
                    .isInstanceOf(EvalException.class)
                    .hasMessageContaining("after 7 results: No space left on device; make room");
            assertThat(log.rows()).hasSize(7);
            assertThat(truncated[0])
                    .isEqualTo(written.stream().mapToLong(b -> b.length).sum());
        }
    }

    @Test
    void aFolderOfAnotherRunIsRefused() {
        bench(contest(3), new FakeSubject(), (n, of, row) -> {}).run(folder);
        assertThatThrownBy(() ->
                        bench(contest(4), new FakeSubject(), (n, of, row) -> {}).run(folder))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("other limit (3 there, 4 now)");
    }

    @Test
    void aRunUnderWayKeepsOthersOut() {
        bench(contest(3), new FakeSubject(), (n, of, row) -> {
                    assertThatThrownBy(() -> bench(contest(3), new FakeSubject(), (m, all, other) -> {})
                                    .run(folder))
                            .isInstanceOf(EvalException.class)
                            .hasMessageContaining("is in use by process "
                                    + ProcessHandle.current().pid() + " on ")
                            .hasMessageContaining("choose another folder");
                })
                .run(folder);
        assertThat(bench(contest(3), new FakeSubject(), (n, of, row) -> {})
                        .run(folder)
                        .complete())
                .isTrue();
    }

    /** What older versions, other programs and hands leave in a folder of results. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "run.json | {} | does not name the model: it is damaged or from another version",
                "run.json | {'model':'fake','fingerprint':'f00d','arithmetic':'f32','suites':[]} | holds a run with other suites",
                "run.json | {'model':'fake','fingerprint':'f00d','arithmetic':'bf16'} | holds a run with other arithmetic",
                "run.json | [1 | is not valid JSON",
                "run.json | | does not name the model",
                "results.jsonl | {'task':'a','doc_id':'a0'} | line 1 is not a result of this version",
                "results.jsonl | {'task':'a','doc_id':'a0','kept_rows':[]} | line 1 is not a result of this version",
                "results.jsonl | {'rows':[]} | line 1 is not a result of this version",
                "results.jsonl | null | line 1 is not a result",
                "results.jsonl | \u0000\u0001 | line 1 is not a result",
            })
    void aDamagedFolderIsOneSentence(String file, String content, String says) throws IOException {
        bench(contest(3), new FakeSubject(), (n, of, row) -> {}).run(folder);
        Files.writeString(folder.resolve(file), content == null ? "" : content.replace('\'', '"') + "\n");
        assertThatThrownBy(() ->
                        bench(contest(3), new FakeSubject(), (n, of, row) -> {}).run(folder))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining(says)
                .hasMessageNotContaining("\n");
    }

    @Test
    void resultsOfNobodyKnowsWhatAreNotGoneOnWith() throws IOException {
        bench(contest(3), new FakeSubject(), (n, of, row) -> {}).run(folder);
        Files.delete(folder.resolve("run.json"));
        assertThatThrownBy(() ->
                        bench(contest(3), new FakeSubject(), (n, of, row) -> {}).run(folder))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("is there without the run.json that says what was asked");
        Files.delete(folder.resolve(Bench.RESULTS));
        Files.createDirectory(folder.resolve(Bench.RESULTS));
        assertThatThrownBy(() ->
                        bench(contest(3), new FakeSubject(), (n, of, row) -> {}).run(folder))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("results.jsonl");
    }

    @Test
    void aLineThatIsNoResultIsNamed() throws IOException {
        bench(contest(3), new FakeSubject(), (n, of, row) -> {}).run(folder);
        Files.writeString(folder.resolve(Bench.RESULTS), "nonsense\n", StandardOpenOption.APPEND);
        assertThatThrownBy(() ->
                        bench(contest(3), new FakeSubject(), (n, of, row) -> {}).run(folder))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("is not a result");
    }

    @Test
    void parquetHoldsTheSameRows() throws Exception {
        Bench.Finished finished =
                bench(contest(6), new FakeSubject(), (n, of, row) -> {}).run(folder);
        Path parquet = folder.resolve("results.parquet");
        ResultParquet.write(folder.resolve(Bench.RESULTS), parquet);
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var rows = connection
                        .createStatement()
                        .executeQuery("SELECT count(*), sum(score), count(error), sum(list_sum(kept_rows)) FROM '"
                                + parquet + "'")) {
            rows.next();
            assertThat(rows.getInt(1)).isEqualTo(finished.rows().size());
            assertThat(rows.getDouble(2))
                    .isEqualTo(finished.rows().stream()
                            .mapToDouble(ResultRow::score)
                            .sum());
            assertThat(rows.getInt(3)).isEqualTo((int)
                    finished.rows().stream().filter(r -> !r.answered()).count());
            assertThat(rows.getInt(4))
                    .isEqualTo(finished.rows().stream()
                            .mapToInt(ResultRow::visualKept)
                            .sum());
        }
        assertThat(new ObjectMapper()
                        .readTree(folder.resolve("run.json").toFile())
                        .path("command")
                        .asText())
                .isEqualTo("fovea bench");
    }

    @Test
    void retentionIsTheMeanOfRatios() {
        Contestant half = new Contestant("half", "50%");
        List<Standing> standings = List.of(
                standing(Contestant.VANILLA, "a", 0.8),
                standing(half, "a", 0.6),
                standing(Contestant.VANILLA, "b", 1500),
                standing(half, "b", 1500));
        assertThat(Standing.retention(standings))
                .containsEntry(Contestant.VANILLA, 1.0)
                .containsEntry(half, 0.875);
    }

    private static Standing standing(Contestant c, String suite, double headline) {
        return new Standing(
                c, suite, Map.of("m", headline), new Proportion(0, 0), Map.of(), 0, 0, 0, 0, 0, 0, 0, 0, 0, "");
    }
}

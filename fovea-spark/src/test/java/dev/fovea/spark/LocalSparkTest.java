package dev.fovea.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.AskOptions;
import dev.fovea.core.DualEncoder;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.OpenOptions.Precision;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.technique.Budget;
import dev.fovea.eval.bench.Contestant;
import dev.fovea.eval.suite.Item;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Work on DataFrames in this JVM, two tasks at a time. */
class LocalSparkTest {
    private static final StructType QUESTIONS = Columns.of(
            "id", DataTypes.StringType,
            "path", DataTypes.StringType,
            "content", DataTypes.BinaryType,
            "question", DataTypes.StringType,
            "right", DataTypes.StringType);
    private static final FoveaSpark PEEK =
            FoveaSpark.model(WorldPictures.PEEK).withPrecision(Precision.F32).withMaxTokens(8);

    private static SparkSession spark;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        spark = SparkSession.builder()
                .master("local[2]")
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.ui.enabled", "false")
                .config("spark.sql.shuffle.partitions", "2")
                .getOrCreate();
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    private static Dataset<Row> frame(List<Row> rows) {
        return spark.createDataFrame(rows, QUESTIONS).repartition(3);
    }

    private static Row row(Item item) {
        byte[] png = WorldPictures.png(item.picture().open());
        return RowFactory.create(item.id(), item.picture().key(), png, item.prompt(), item.target());
    }

    private static List<Row> rows(int count) {
        return new ArrayList<>(
                WorldPictures.questions(count).stream().map(LocalSparkTest::row).toList());
    }

    @Test
    void answersAreThoseOfTheModelAndBrokenRowsSayWhy() {
        List<Row> rows = rows(12);
        rows.add(RowFactory.create("text", "note.png", "no picture".getBytes(StandardCharsets.UTF_8), "What?", ""));
        rows.add(RowFactory.create("none", "gone.png", null, "What?", ""));
        rows.add(RowFactory.create("mute", "mute.png", rows.getFirst().get(2), null, ""));

        List<Row> answers = PEEK.withTechniques(List.of("hiprune"), "64")
                .askColumn("question")
                .on(frame(rows))
                .collectAsList();

        assertThat(answers).hasSize(15);
        try (VisionLanguageModel model = VisionLanguageModel.open(
                Path.of(WorldPictures.PEEK), OpenOptions.defaults().withPrecision(Precision.F32))) {
            AskOptions how = AskOptions.defaults().withTechniques(List.of("hiprune"), Budget.count(64));
            for (Row answer : answers) {
                if (answer.<String>getAs("id").length() > 4) {
                    byte[] png = answer.getAs("content");
                    assertThat(answer.<String>getAs("answer"))
                            .isEqualTo(model.ask(
                                            List.of(new PictureReader()
                                                    .read(png, "p")
                                                    .image()),
                                            answer.getAs("question"),
                                            how)
                                    .text());
                    assertThat(answer.<Integer>getAs("visual_tokens")).isEqualTo(256);
                    assertThat(answer.<Integer>getAs("kept_tokens")).isEqualTo(64);
                    assertThat(answer.<String>getAs("error")).isNull();
                }
            }
        }
        Map<String, String> errors = new HashMap<>();
        answers.forEach(a -> errors.put(a.getAs("id"), a.getAs("error")));
        assertThat(errors.get("text")).startsWith("note.png ");
        assertThat(errors.get("none")).isEqualTo("The row has no picture");
        assertThat(errors.get("mute")).isEqualTo("The row has no question");
    }

    @Test
    void filesAreReadWhereTheyLie() {
        Item item = WorldPictures.questions(1).getFirst();
        Path file = WorldPictures.write(
                folder.resolve("a picture.png"),
                WorldPictures.png(item.picture().open()));
        Dataset<Row> binary = spark.read().format("binaryFile").load(folder.toString());
        String there = PEEK.ask(item.prompt()).on(binary).first().getAs("answer");
        for (Dataset<Row> paths : List.of(
                binary.select("path"),
                spark.createDataset(List.of(file.toString()), org.apache.spark.sql.Encoders.STRING())
                        .toDF("path"))) {
            Row answer = PEEK.ask(item.prompt()).on(paths).first();
            assertThat(answer.<String>getAs("error")).isNull();
            assertThat(answer.<String>getAs("answer")).isEqualTo(there);
        }
    }

    @Test
    void embeddingsAreThoseOfTheEncoder() {
        List<Row> rows = rows(2);
        rows.add(RowFactory.create("text", "note.png", new byte[0], "", ""));
        String clip = WorldPictures.PEEK + "/clip";
        List<Row> vectors = FoveaSpark.model(clip)
                .withPrecision(Precision.F32)
                .embed()
                .on(frame(rows))
                .collectAsList();
        assertThat(vectors).hasSize(3);
        try (DualEncoder encoder = DualEncoder.open(Path.of(clip))) {
            for (Row row : vectors) {
                if (row.getAs("id").equals("text")) {
                    assertThat(row.<String>getAs("error")).isEqualTo("note.png is empty; give a picture");
                    continue;
                }
                List<Float> vector = row.getList(row.fieldIndex("embedding"));
                float[] whole = encoder.embedImages(List.of(new PictureReader()
                                .read(row.<byte[]>getAs("content"), "p")
                                .image()))
                        .data();
                double dot = 0;
                double own = 0;
                double other = 0;
                for (int i = 0; i < whole.length; i++) {
                    dot += whole[i] * vector.get(i);
                    own += vector.get(i) * vector.get(i);
                    other += whole[i] * whole[i];
                }
                assertThat(own).isCloseTo(1, within(1e-5));
                assertThat(dot / Math.sqrt(other)).isCloseTo(1, within(1e-5));
            }
        }
    }

    @Test
    void contestsAreGradedAndSummedUp() {
        List<Row> rows = rows(8);
        rows.add(RowFactory.create("text", "note.png", new byte[0], "What?", "1"));
        Dataset<Row> questions = frame(rows).withColumnRenamed("right", "answer");
        Dataset<Row> results = PEEK.bench(List.of(Contestant.VANILLA, new Contestant("grid", "25%")))
                .on(questions)
                .cache();
        assertThat(results.count()).isEqualTo(18);
        List<Row> summary = BenchTable.summary(results).collectAsList();
        assertThat(summary).hasSize(2);
        Row full = summary.getFirst();
        assertThat(full.<String>getAs("technique")).isEqualTo("full");
        assertThat(full.<Long>getAs("n")).isEqualTo(8);
        assertThat(full.<Long>getAs("errors")).isEqualTo(1);
        assertThat(full.<Double>getAs("visual_mean")).isEqualTo(256);
        assertThat(summary.get(1).<Double>getAs("visual_mean")).isEqualTo(64);
        long right = results.filter("technique = 'full' and score = 1").count();
        assertThat(right).isBetween(4L, 8L);
        assertThat(full.<Double>getAs("score")).isEqualTo(right / 8.0);
        assertThat(full.<Double>getAs("low")).isLessThan(right / 8.0);
        assertThat(results.filter("technique = 'full' and error is null and encode_ms > 0 and prefill_flops > 0")
                        .count())
                .isEqualTo(8);
    }

    @Test
    void onlyPartsThatAreMissingAreComputed() throws Exception {
        Dataset<Row> pictures = frame(rows(9));
        String out = folder.resolve("answers").toString();
        OutputParts parts = new OutputParts(out, "id", 4);
        PictureWork work = PEEK.askColumn("question");
        List<Integer> seen = new ArrayList<>();
        parts.write(work, pictures, (done, all) -> seen.add(done));
        assertThat(seen).containsExactly(1, 2, 3, 4);
        List<String> first = sorted(out);
        assertThat(first).hasSize(9);

        Files.delete(Path.of(out, "part=00002", "_SUCCESS"));
        Map<Path, FileTime> before = times(Path.of(out));
        seen.clear();
        parts.write(work, pictures, (done, all) -> seen.add(done));
        assertThat(seen).containsExactly(4);
        assertThat(sorted(out)).isEqualTo(first);
        Map<Path, FileTime> after = times(Path.of(out));
        assertThat(after.keySet().stream().filter(file -> !before.containsKey(file)))
                .isNotEmpty()
                .allMatch(file -> file.toString().contains("part=00002"));

        assertThatThrownBy(() -> parts.write(PEEK.ask("Another?"), pictures, (done, all) -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("holds the output of other work");
        Path other = Files.createDirectories(folder.resolve("other"));
        Files.writeString(other.resolve("letter.txt"), "mine");
        assertThatThrownBy(() -> new OutputParts(other.toString(), "id", 4).write(work, pictures, (done, all) -> {}))
                .hasMessageContaining("holds something else");
        String third = folder.resolve("third").toString();
        assertThatThrownBy(() -> new OutputParts(third, "id", 2)
                        .write(FoveaSpark.model("no/such/model").ask("What?"), pictures, (done, all) -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("2 of 2 parts could not be finished; those that are done stay, and running it again goes on"
                        + " with the others. The first reason: no/such/model/config.json is missing; is no/such/model"
                        + " the folder of a model?");
    }

    private static List<String> sorted(String out) {
        return spark.read().parquet(out).collectAsList().stream()
                .map(row -> row.getAs("id") + " " + row.getAs("answer"))
                .sorted()
                .toList();
    }

    private static Map<Path, FileTime> times(Path folder) throws Exception {
        Map<Path, FileTime> times = new HashMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file :
                    files.filter(f -> f.toString().endsWith(".parquet")).toList()) {
                times.put(file, Files.getLastModifiedTime(file));
            }
        }
        return times;
    }

    @Test
    void whatIsWrongWithAllRowsEndsTheJobInASentence() {
        Dataset<Row> pictures = frame(rows(1));
        assertThatThrownBy(() -> PEEK.askColumn("questions").on(pictures))
                .hasMessage(
                        "There is no column 'questions' for questions; the columns are: id, path, content, question,"
                                + " right.");
        assertThatThrownBy(() -> PEEK.ask("What?").on(pictures.withColumnRenamed("right", "answer")))
                .hasMessageStartingWith("The pictures have a column 'answer' already");
        assertThatThrownBy(() -> PEEK.withPictures("id").askColumn("content").on(pictures))
                .hasMessage("The column 'content' holds binary, and questions are texts.");
        assertThatThrownBy(() -> PEEK.withTechniques(List.of("hiprun"), "64")).hasMessageContaining("hiprune");
        assertThatThrownBy(() -> PEEK.withTechniques(List.of("hiprune"), "65%%"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> FoveaSpark.model("no/such/model")
                        .ask("What?")
                        .on(pictures)
                        .collectAsList())
                .hasStackTraceContaining("no/such/model");
    }
}

package dev.fovea.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.OpenOptions.Precision;
import dev.fovea.eval.suite.Item;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A cluster of two workers, one of which dies in the middle. */
@DisabledOnOs(OS.WINDOWS)
class ClusterTest {
    private static final int PICTURES = 2000;
    private static final int BROKEN = 20;
    private static final int PARTS = 20;

    @TempDir
    Path folder;

    @Test
    void everyPictureIsThereOnceAndTheBrokenOnesAreNamedThoughAWorkerDies() throws Exception {
        Path pictures = Files.createDirectories(folder.resolve("pictures"));
        Set<String> broken = new HashSet<>();
        List<String> files = files(pictures, broken);
        String out = folder.resolve("answers").toString();
        try (StandaloneCluster cluster = new StandaloneCluster(folder, 2);
                SparkSession spark = session(cluster)) {
            Dataset<Row> paths = spark.createDataset(files, Encoders.STRING()).toDF("path");
            PictureWork work = FoveaSpark.model(WorldPictures.PEEK)
                    .withPrecision(Precision.F32)
                    .withTechniques(List.of("grid"), "16")
                    .withMaxTokens(2)
                    .ask("Is there a star?");
            new OutputParts(out, "path", PARTS).write(work, paths, (done, all) -> {
                if (done == PARTS / 4) {
                    cluster.kill(0);
                }
            });
            Map<String, Row> answers = new HashMap<>();
            for (Row row : spark.read().parquet(out).collectAsList()) {
                assertThat(answers.put(row.getAs("path"), row)).isNull();
            }
            assertThat(answers.keySet()).containsExactlyInAnyOrderElementsOf(files);
            answers.forEach((path, row) -> {
                if (broken.contains(path)) {
                    assertThat(row.<String>getAs("error")).startsWith(path);
                    assertThat(row.<String>getAs("answer")).isNull();
                } else {
                    assertThat(row.<String>getAs("error")).isNull();
                    assertThat(row.<String>getAs("answer")).isNotBlank();
                }
            });
        }
    }

    /** A few pictures under many names: what is tried here is that none is lost. */
    private static List<String> files(Path pictures, Set<String> broken) {
        List<byte[]> some = WorldPictures.questions(40).stream()
                .map(Item::picture)
                .distinct()
                .map(picture -> WorldPictures.png(picture.open()))
                .toList();
        List<String> files = new ArrayList<>();
        for (int i = 0; i < PICTURES; i++) {
            byte[] bytes = some.get(i % some.size());
            Path file = pictures.resolve(i + ".png");
            if (i % (PICTURES / BROKEN) == 7) {
                bytes = "no picture".getBytes(StandardCharsets.UTF_8);
                broken.add(file.toString());
            }
            files.add(WorldPictures.write(file, bytes).toString());
        }
        return files;
    }

    private static SparkSession session(StandaloneCluster cluster) {
        return SparkSession.builder()
                .master(cluster.url())
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.ui.enabled", "false")
                .config("spark.executor.memory", "1g")
                .config("spark.executor.extraClassPath", StandaloneCluster.classPath())
                .config(
                        "spark.executor.extraJavaOptions",
                        "--enable-native-access=ALL-UNNAMED --add-modules=jdk.incubator.vector -XX:+UseSerialGC -XX:TieredStopAtLevel=1")
                .getOrCreate();
    }
}

package dev.fovea.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What the README and the page on adapters show of Spark, run as it stands by a Java of its own. */
@DisabledOnOs(OS.WINDOWS)
class DocumentedTest {
    private static final int MOST_LINES = 10;

    @TempDir
    Path folder;

    @Test
    void theProgramOfTheReadmeAnswers() throws Exception {
        String program = program("README.md");
        assertThat(program.lines()).hasSizeLessThanOrEqualTo(MOST_LINES);
        Path source = Files.writeString(folder.resolve("Example.java"), program);
        assertThat(java(WorldPictures.ROOT, List.of(source.toString()))).contains("|     2|         64| NULL|");
    }

    @Test
    void theProgramThatKeepsPartsKeepsThem() throws Exception {
        Path place = Files.createDirectory(folder.resolve("place"));
        for (String name : List.of("docs", "models")) {
            Files.createSymbolicLink(place.resolve(name), WorldPictures.ROOT.resolve(name));
        }
        Path source = Files.writeString(folder.resolve("Example.java"), program("docs/adapters.md"));
        assertThat(java(place, List.of(source.toString()))).contains("2 of 2 parts");
        assertThat(place.resolve("answers/part=00001/_SUCCESS")).exists();
    }

    private static String program(String document) throws Exception {
        Matcher program = Pattern.compile("```java\n(import dev\\.fovea\\.spark.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(WorldPictures.ROOT.resolve(document)));
        assertThat(program.find()).isTrue();
        return program.group(1);
    }

    /** The installation's launcher does no more than start this class with the installation's jars. */
    @Test
    void whatIsSubmittedAnswers() throws Exception {
        String page = Files.readString(WorldPictures.ROOT.resolve("docs/adapters.md"));
        Matcher command = Pattern.compile(
                        "spark-submit --class (\\S+) .*?fovea-spark\\.jar \\\\\n(.*?)\n\n", Pattern.DOTALL)
                .matcher(page);
        assertThat(command.find()).isTrue();
        List<String> words = new ArrayList<>(List.of(
                "org.apache.spark.deploy.SparkSubmit",
                "--master",
                "local[1]",
                "--conf",
                "spark.ui.enabled=false",
                "--class",
                command.group(1),
                "spark-internal"));
        Matcher word =
                Pattern.compile("\"([^\"]*)\"|(\\S+)").matcher(command.group(2).strip());
        while (word.find()) {
            String text = word.group(1) != null ? word.group(1) : word.group(2);
            words.add(text.equals("answers") ? folder.resolve("answers").toString() : text);
        }
        words.addAll(List.of("--parts", "2"));
        assertThat(java(WorldPictures.ROOT, words)).contains("2 of 2 parts are in ");
        try (var files = Files.walk(folder.resolve("answers"))) {
            assertThat(files.filter(file -> file.toString().endsWith(".parquet")))
                    .isNotEmpty();
        }
        words.replaceAll(text -> text.startsWith("How many") ? "Something else?" : text);
        assertThat(java(WorldPictures.ROOT, words))
                .contains("fovea-spark: ")
                .contains("holds the output of other work");
    }

    private String java(Path where, List<String> what) throws Exception {
        Path out = folder.resolve("out");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(Arrays.asList(System.getProperty("spark.jvm.args").split(" ")));
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-cp", StandaloneCluster.classPath()));
        command.addAll(what);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(where.toFile())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile());
        builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
        builder.environment().put("SPARK_HOME", new File(folder.toFile(), "spark").toString());
        Process java = builder.start();
        boolean ended = java.waitFor(5, TimeUnit.MINUTES);
        java.destroyForcibly();
        assertThat(ended).isTrue();
        return Files.readString(out);
    }
}

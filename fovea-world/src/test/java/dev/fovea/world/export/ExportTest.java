package dev.fovea.world.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.world.Picture;
import dev.fovea.world.Renderer;
import dev.fovea.world.Scene;
import dev.fovea.world.SceneOptions;
import dev.fovea.world.Scenes;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int COUNT = 8;
    private static final Export.Settings SETTINGS = new Export.Settings(SceneOptions.defaults(), 96, 5);

    @TempDir
    Path temp;

    private Path written(String name) {
        Path folder = temp.resolve(name);
        Export.write(folder, 40, COUNT, SETTINGS, done -> {});
        return folder;
    }

    private static List<JsonNode> lines(Path file) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            lines.add(JSON.readTree(line));
        }
        return lines;
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** A data set that grows until its process is killed. */
    static final class Growing {
        private Growing() {}

        public static void main(String[] args) {
            Export.write(Path.of(args[0]), 1, 100_000, SETTINGS, done -> System.out.println(done));
        }
    }

    @Test
    void whatAKilledRunLeftIsRemovedAndNothingElse() throws Exception {
        Path target = temp.resolve("set");
        Process growing = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Growing.class.getName(),
                        target.toString())
                .start();
        try {
            assertThat(growing.inputReader().readLine()).isEqualTo("1");
            String partial = names(temp).getFirst();
            assertThat(partial).startsWith(".set.partial-" + growing.pid());
            // Another run for the same folder lets it grow.
            Path gone = Files.createDirectories(temp.resolve(".set.partial-99999999-abc/images"));
            Path others = Files.createDirectories(temp.resolve(".settings.partial-99999999-abc"));
            Path file = Files.writeString(temp.resolve(".set.partial-99999999-file"), "");
            Path kept = Files.createDirectories(temp.resolve(".set.partial-of-my-own"));
            written("set");
            assertThat(temp.resolve(partial)).isDirectory();
            assertThat(gone).doesNotExist();
            assertThat(others).isDirectory();
            assertThat(file).isRegularFile();
            assertThat(kept).isDirectory();
        } finally {
            growing.destroyForcibly();
        }
        assertThat(growing.waitFor(20, TimeUnit.SECONDS)).isTrue();
        Path other = temp.resolve("set");
        Files.move(other, temp.resolve("first"));
        written("set");
        assertThat(names(temp)).noneMatch(name -> name.startsWith(".set.partial-" + growing.pid()));
        assertThat(names(other))
                .containsExactly("captions.jsonl", "images", "questions.jsonl", "questions.parquet", "scenes.jsonl");
    }

    @Test
    void picturesAndTruthAreReadBack() throws IOException {
        Path folder = written("set");
        assertThat(names(folder))
                .containsExactly("captions.jsonl", "images", "questions.jsonl", "questions.parquet", "scenes.jsonl");
        assertThat(names(folder.resolve("images"))).hasSize(COUNT).startsWith("000000.png");
        List<JsonNode> truths = lines(folder.resolve("scenes.jsonl"));
        assertThat(truths).hasSize(COUNT);
        for (int i = 0; i < COUNT; i++) {
            JsonNode truth = truths.get(i);
            Scene scene = Scenes.generate(truth.get("seed").asLong(), SceneOptions.defaults());
            Picture picture = Renderer.render(scene, 96);
            BufferedImage image =
                    ImageIO.read(folder.resolve(truth.get("image").asText()).toFile());
            for (int p = 0; p < 96 * 96; p++) {
                int rgb = image.getRGB(p % 96, p / 96);
                assertThat((byte) (rgb >> 16)).isEqualTo(picture.rgb()[3 * p]);
                assertThat((byte) (rgb >> 8)).isEqualTo(picture.rgb()[3 * p + 1]);
                assertThat((byte) rgb).isEqualTo(picture.rgb()[3 * p + 2]);
            }
            assertThat(truth.get("objects")).hasSize(scene.objects().size());
            for (JsonNode object : truth.get("objects")) {
                int index = object.get("index").asInt();
                List<Integer> counts = new ArrayList<>();
                object.get("segmentation").get("counts").forEach(run -> counts.add(run.asInt()));
                assertThat(MaskRle.decode(counts, 96, 96)).isEqualTo(picture.mask(index));
                assertThat(object.get("bbox").get(2).asInt())
                        .isEqualTo(picture.visibleBox(index).width());
            }
        }
    }

    @Test
    void theTableHoldsTheSameQuestionsAsTheLines() throws IOException, SQLException {
        Path folder = written("set");
        List<JsonNode> lines = lines(folder.resolve("questions.jsonl"));
        assertThat(lines).hasSize(COUNT * 5);
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT question_id, image.path, image.bytes, question, answer, skill, category, box[3],"
                                + " len(accepted) FROM '" + folder.resolve("questions.parquet") + "'")) {
            for (JsonNode line : lines) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getString(1)).isEqualTo(line.get("question_id").asText());
                assertThat(rows.getString(2)).isEqualTo(line.get("image").asText());
                assertThat(rows.getObject(3)).isNull();
                assertThat(rows.getString(4)).isEqualTo(line.get("question").asText());
                assertThat(rows.getString(5)).isEqualTo(line.get("answer").asText());
                assertThat(rows.getString(6)).isEqualTo(line.get("skill").asText());
                assertThat(rows.getString(7)).isEqualTo(line.get("category").asText());
                boolean box = !line.get("box").isNull();
                assertThat(rows.getObject(8))
                        .isEqualTo(box ? line.get("box").get(2).asDouble() : null);
                assertThat(rows.getInt(9)).isEqualTo(line.get("accepted").size());
            }
            assertThat(rows.next()).isFalse();
        }
    }

    @Test
    void theSameSeedGivesTheSameFiles() throws IOException {
        Path first = written("first");
        Path second = written("second");
        for (String name : List.of("scenes.jsonl", "captions.jsonl", "questions.jsonl", "images/000003.png")) {
            assertThat(Files.mismatch(first.resolve(name), second.resolve(name)))
                    .as(name)
                    .isEqualTo(-1);
        }
    }

    @Test
    void anEmptyFolderIsFilledAndMissingParentsAreMade() throws IOException {
        Files.createDirectory(temp.resolve("empty"));
        assertThat(names(written("empty"))).hasSize(5);
        assertThat(names(written("a/b/c"))).hasSize(5);
    }

    @Test
    void takenTargetsAreRefusedAndKept() throws IOException {
        Path folder = Files.createDirectory(temp.resolve("taken"));
        Files.writeString(folder.resolve("mine.txt"), "mine");
        assertThatThrownBy(() -> Export.write(folder, 1, 1, SETTINGS, done -> {}))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("not empty");
        assertThat(names(folder)).containsExactly("mine.txt");
        Path file = folder.resolve("mine.txt");
        assertThatThrownBy(() -> Export.write(file, 1, 1, SETTINGS, done -> {})).hasMessageContaining("is a file");
        assertThatThrownBy(() -> Export.write(file.resolve("below"), 1, 1, SETTINGS, done -> {}))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("mine.txt");
        assertThatThrownBy(() -> Export.write(temp.resolve("none"), 1, 0, SETTINGS, done -> {}))
                .hasMessageContaining("0 pictures");
        assertThat(names(temp)).containsExactly("taken");
    }

    @Test
    void whatFailsHalfwayLeavesNothing() throws IOException {
        assertThatThrownBy(() -> Export.write(temp.resolve("set"), 1, 9, SETTINGS, done -> {
                    if (done == 4) {
                        Thread.currentThread().interrupt();
                    }
                }))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("interrupted after 4 of 9");
        assertThat(Thread.interrupted()).isTrue();
        assertThatThrownBy(() -> Export.write(temp.resolve("set"), 1, 9, SETTINGS, done -> {
                    throw new IllegalStateException("progress");
                }))
                .hasMessage("progress");
        assertThat(names(temp)).isEmpty();
    }

    @Test
    void aFullDiskIsCalledThat() {
        try (Staging staging = Staging.open(temp.resolve("set"))) {
            assertThat(staging.failure(new FileSystemException("x.png", null, "No space left on device")))
                    .hasMessageContaining("is full");
            assertThat(staging.failure(new IOException("Input/output error")))
                    .hasMessageContaining("Input/output error");
        }
    }
}

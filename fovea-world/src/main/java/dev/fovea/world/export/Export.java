package dev.fovea.world.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.world.Picture;
import dev.fovea.world.Question;
import dev.fovea.world.Questions;
import dev.fovea.world.Renderer;
import dev.fovea.world.Scene;
import dev.fovea.world.SceneOptions;
import dev.fovea.world.Scenes;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes data sets of the world: {@code images/000000.png} and so on, {@code questions.jsonl}, {@code
 * questions.parquet}, {@code captions.jsonl} and {@code scenes.jsonl}, the exact truth with boxes (left, top, width,
 * height in pixels) and masks ({@link MaskRle}). The folder appears only when it is complete.
 */
public final class Export {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MOST = 1_000_000;

    private Export() {}

    /**
     * What is written.
     *
     * @param scenes what scenes are like
     * @param size width and height of the pictures in pixels
     * @param questions questions for each picture, at most; simple scenes give fewer
     */
    public record Settings(SceneOptions scenes, int size, int questions) {
        /** The world as it is meant, 224 pixels, ten questions for each picture. */
        public static Settings defaults() {
            return new Settings(SceneOptions.defaults(), Renderer.DEFAULT_SIZE, 10);
        }
    }

    /**
     * Writes {@code count} pictures to {@code folder}, which must not exist or be empty. Picture {@code i} is the scene
     * of seed {@code seed + i}.
     *
     * @param progress is told the number of pictures written so far, after each one
     * @throws ExportException when the folder is taken, cannot be written, or the writing thread is interrupted; nothing
     *     is left behind
     */
    public static void write(Path folder, long seed, int count, Settings settings, IntConsumer progress) {
        if (count < 1 || count > MOST) {
            throw new ExportException(count + " pictures were asked for; choose a number from 1 to " + MOST + ".");
        }
        try (Staging staging = Staging.open(folder)) {
            try {
                pictures(staging.folder(), seed, count, settings, progress);
                QuestionTable.write(
                        staging.folder().resolve("questions.jsonl"),
                        staging.folder().resolve("questions.parquet"));
                staging.publish();
            } catch (IOException | SQLException e) {
                throw staging.failure(e);
            }
        }
    }

    private static void pictures(Path folder, long seed, int count, Settings settings, IntConsumer progress)
            throws IOException {
        Files.createDirectory(folder.resolve("images"));
        try (BufferedWriter scenes = Files.newBufferedWriter(folder.resolve("scenes.jsonl"));
                BufferedWriter captions = Files.newBufferedWriter(folder.resolve("captions.jsonl"));
                BufferedWriter questions = Files.newBufferedWriter(folder.resolve("questions.jsonl"))) {
            long id = 0;
            for (int i = 0; i < count; i++) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new ExportException("Writing was interrupted after " + i + " of " + count
                            + " pictures and nothing was kept; run it again.");
                }
                Scene scene = Scenes.generate(seed + i, settings.scenes());
                Picture picture = Renderer.render(scene, settings.size());
                String image = String.format(Locale.ROOT, "images/%06d.png", i);
                Files.write(folder.resolve(image), Png.encode(picture));
                line(scenes, Truth.scene(image, scene, picture));
                line(captions, Truth.captions(image, scene, picture));
                for (Question question : Questions.sample(scene, picture, scene.seed(), settings.questions())) {
                    line(questions, Truth.question(id++, image, question));
                }
                progress.accept(i + 1);
            }
        }
    }

    private static void line(BufferedWriter writer, Map<String, @Nullable Object> fields) throws IOException {
        writer.write(JSON.writeValueAsString(fields));
        writer.write('\n');
    }
}

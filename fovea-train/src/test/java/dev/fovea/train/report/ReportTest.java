package dev.fovea.train.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
    @TempDir
    Path folder;

    private Path log(String... lines) throws IOException {
        return Files.write(folder.resolve("log.jsonl"), List.of(lines));
    }

    @Test
    void whatWasLoggedBeforeAStepBackIsLeftOut() throws IOException {
        List<Curve> curves = Curve.read(log(
                "{\"stage\":\"a\",\"step\":20,\"loss\":4}",
                "{\"stage\":\"a\",\"step\":40,\"loss\":3}",
                "{\"stage\":\"b\",\"step\":20,\"loss\":9}",
                "{\"stage\":\"a\",\"step\":60,\"loss\":2}",
                "{\"stage\":\"a\",\"step\":40,\"loss\":2.5,\"shape\":0.5}",
                "{\"stage\":\"a\",\"st"));
        assertThat(curves).extracting(Curve::stage).containsExactly("a", "b");
        Curve.Series loss = curves.getFirst().series("loss");
        assertThat(loss.steps()).containsExactly(20, 40);
        assertThat(loss.values()).containsExactly(4, 2.5);
        assertThat(curves.getFirst().series("shape").steps()).containsExactly(40);
        assertThat(curves.getFirst().series("nothing").steps()).isEmpty();
    }

    @Test
    void figuresKnowWhatIsAnAccuracy() {
        assertThat(Figures.isTrainingAccuracy("shape")).isTrue();
        assertThat(Figures.isTrainingAccuracy("gradient_norm")).isFalse();
        assertThat(Figures.isTrainingAccuracy("held_out_shape")).isFalse();
        assertThat(Figures.isHeldOutAccuracy("held_out_shape")).isTrue();
        assertThat(Figures.isHeldOutAccuracy("held_out_loss")).isFalse();
        assertThat(Figures.accuracy(Map.of("loss", 3.0))).isNaN();
    }

    @Test
    void smoothingKeepsConstantsAndEnds() {
        Curve.Series flat = new Curve.Series(new double[] {1, 2, 3, 4}, new double[] {5, 5, 5, 5}).smoothed(3);
        assertThat(flat.values()).containsExactly(5, 5, 5, 5);
        Curve.Series peak = new Curve.Series(new double[] {1, 2, 3}, new double[] {0, 3, 0}).smoothed(2);
        assertThat(peak.values()).containsExactly(0, 1, 0);
    }

    @Test
    void aPageHasARowForEachStageWithLinesInIt() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int step = 20; step <= 400; step += 20) {
            lines.append("{\"stage\":\"answers\",\"step\":%d,\"loss\":%f,\"accuracy\":0.5,\"count\":0.25"
                    .formatted(step, 40.0 / step));
            lines.append(step % 100 == 0 ? ",\"held_out_accuracy\":0.5,\"held_out_count\":0.4}\n" : "}\n");
        }
        lines.append("{\"stage\":\"align\",\"step\":20,\"loss\":0.4}\n");
        Files.writeString(folder.resolve("log.jsonl"), lines);
        Path png = folder.resolve("training.png");
        Chart.write(folder.resolve("log.jsonl"), png);
        BufferedImage page = ImageIO.read(png.toFile());
        assertThat(page.getWidth()).isEqualTo(1600);
        assertThat(page.getHeight()).isEqualTo(840);
        assertThat(coloured(page, 0, 0)).as("loss of the first stage").isGreaterThan(300);
        assertThat(coloured(page, 800, 0)).as("accuracies of the first stage").isGreaterThan(300);
        assertThat(coloured(page, 0, 420)).as("the single loss of the second").isGreaterThan(5);
        assertThat(folder.toFile().list()).doesNotContain(".training.png.part");
    }

    private static int coloured(BufferedImage page, int left, int top) {
        int count = 0;
        for (int y = top; y < top + 420; y++) {
            for (int x = left; x < left + 800; x++) {
                Color c = new Color(page.getRGB(x, y));
                int most = Math.max(c.getRed(), Math.max(c.getGreen(), c.getBlue()));
                int least = Math.min(c.getRed(), Math.min(c.getGreen(), c.getBlue()));
                count += most - least > 60 ? 1 : 0;
            }
        }
        return count;
    }

    @Test
    void nothingLoggedIsNoPicture() throws IOException {
        Path png = folder.resolve("training.png");
        Chart.write(log(), png);
        assertThat(png).doesNotExist();
    }
}

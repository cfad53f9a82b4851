package dev.fovea.train.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    private static final Map<String, Double> FIGURES =
            new TreeMap<>(Map.of("loss", 0.5, "samples_per_second", 12.25, "colour", 0.75, "shape", 0.25, "lr", 1e-3));

    private String said() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void linesTellStepFiguresAndTimeLeft() {
        Progress progress = Progress.lines(out);
        progress.begin("pictures", 10, 40);
        progress.step(20);
        progress.figures(20, FIGURES);
        progress.end(20);
        assertThat(said().lines()).hasSize(3).satisfies(lines -> {
            assertThat(lines.get(0)).isEqualTo("pictures: step 10 of 40");
            assertThat(lines.get(1))
                    .matches("pictures 20/40  \\d+:\\d\\d left  colour 0.7500  loss 0.5000  lr 0.001000 .*");
            assertThat(lines.get(2)).isEqualTo("pictures: stopped after step 20");
        });
    }

    @Test
    void aFinishedStageIsSaidToBeDone() {
        Progress progress = Progress.lines(out);
        progress.begin("pictures", 0, 40);
        progress.end(40);
        assertThat(said()).endsWith("pictures: done" + System.lineSeparator());
    }

    @Test
    void durationsReadLikeClocks() {
        assertThat(LineProgress.duration(59)).isEqualTo("0:59");
        assertThat(LineProgress.duration(125)).isEqualTo("2:05");
        assertThat(LineProgress.duration(3723)).isEqualTo("1:02:03");
    }

    @Test
    void theBarShowsLossMeanAccuracyAndSpeed() {
        assertThat(BarProgress.summary(FIGURES)).isEqualTo(" loss 0.500  accuracy 50%  12.3 samples/s");
        assertThat(BarProgress.summary(Map.of("accuracy", 0.9, "colour", 0.1))).isEqualTo("  accuracy 90%");
        assertThat(BarProgress.summary(Map.of("samples_per_second", 2.0))).isEqualTo("  2.0 samples/s");
    }

    @Test
    void theBarReachesItsEnd() {
        Progress progress = Progress.bar(out, 100, false);
        progress.begin("answers", 3, 10);
        progress.step(7);
        progress.figures(7, FIGURES);
        progress.note("a note");
        progress.end(10);
        assertThat(said())
                .contains("answers")
                .contains("100%")
                .contains("10/10")
                .contains("a note");
    }
}

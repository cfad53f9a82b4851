package dev.fovea.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Techniques;
import dev.fovea.train.loop.TrainingException;
import dev.fovea.train.recipe.CompressionSchedule.Compression;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The stages of LLaVolta, arXiv 2406.20092. */
class CompressionScheduleTest {
    /** LLaVA-1.5-7B, and peek. */
    private static final ModelShape LLAVA = new ModelShape(
            "llava", 24, 24, 14, true, false, 24, 23, 1024, 16, 4096, false, 32, 4096, 32, 32, 128, 11008, 32064, 4096);

    private static final ModelShape PEEK =
            new ModelShape("llava", 16, 16, 14, true, false, 6, 5, 192, 6, 768, true, 6, 256, 8, 8, 32, 512, 896, 2048);

    /** The released script: a pivot is looked at behind the step that it counts, so that the first stage has one more. */
    @ParameterizedTest
    @CsvSource({"1, 0", "1301, 0", "1302, 1", "2601, 1", "2602, 2", "3901, 2", "3902, 3", "5198, 3", "20000, 3"})
    void theReleasedPivots(long step, int stage) {
        List<Compression> stages =
                CompressionSchedule.of("four-wider-deeper", 5200).stages();
        CompressionSchedule schedule = new CompressionSchedule(stages, new long[] {1300, 2600, 3900});
        assertThat(schedule.at(step)).isEqualTo(stage);
        assertThat(schedule.lengths(5198)).containsExactly(1301L, 1300L, 1300L, 1297L);
        assertThat(stages).containsExactly(new Compression(2, 8), new Compression(2, 2), new Compression(16, 2));
    }

    /** The compression of every stage but the last, in percent as the paper's table has it. */
    @ParameterizedTest
    @CsvSource({
        "single, ''",
        "two, 557",
        "three-deeper, 557 178",
        "three-wider, 557 188",
        "four-wider-deeper, 557 188 133",
        "four-deeper-wider, 557 178 133",
        "last-stage, 557 188",
        "heavy, ''",
        "light, ''"
    })
    void theSchemesOfThePaper(String scheme, String percent) {
        CompressionSchedule schedule = CompressionSchedule.of(scheme, 120);
        assertThat(schedule.stages().stream()
                        .map(c -> String.valueOf(Math.round(100 / c.kept(LLAVA))))
                        .collect(Collectors.joining(" ")))
                .isEqualTo(percent);
        // Equal parts, the first of one step more.
        int n = schedule.count();
        for (int i = 0; i < n; i++) {
            long more = n > 1 && i == 0 ? 1 : n > 1 && i == n - 1 ? -1 : 0;
            assertThat(schedule.lengths(120).get(i)).isEqualTo(120 / n + more);
        }
    }

    /** Every scheme that the technique's card offers, and no other. */
    @Test
    void theCardKnowsTheSchemes() {
        LearnedTechnique technique = (LearnedTechnique) Techniques.installed().get("llavolta");
        List<String> schemes = technique.card().knobs().stream()
                .filter(k -> k.name().equals("scheme"))
                .findFirst()
                .orElseThrow()
                .choices();
        assertThat(schemes).hasSize(9).first().isEqualTo("four-wider-deeper");
        schemes.forEach(s -> assertThat(CompressionSchedule.of(s, 10).count()).isPositive());
        assertThatThrownBy(() -> CompressionSchedule.of("five", 10))
                .isInstanceOf(TrainingException.class)
                .hasMessage("There is no scheme of stages called 'five'");
    }

    /** K = 2 and 16 of 32 layers are 1 and 3 of 6. */
    @Test
    void theSameSharesOnPeek() {
        assertThat(new Compression(2, 8).kept(PEEK)).isCloseTo(1 / 6.0 + 5 / 48.0, within(1e-12));
        assertThat(new Compression(16, 2).kept(PEEK)).isEqualTo(0.75);
        assertThat(new Compression(2, 8).layer()).isEqualTo("2/32");
    }

    /** A run too short for its stages has the first ones. */
    @Test
    void aShortRun() {
        CompressionSchedule schedule = CompressionSchedule.of("four-wider-deeper", 3);
        assertThat(List.of(schedule.at(1), schedule.at(2), schedule.at(3))).containsExactly(0, 0, 1);
        assertThat(schedule.lengths(3)).containsExactly(2L, 1L, 0L, 0L);
    }
}

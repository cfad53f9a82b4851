package dev.fovea.eval.compare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.image.RgbImage;
import dev.fovea.core.technique.Techniques;
import dev.fovea.eval.FakeSubject;
import dev.fovea.eval.bench.Contestant;
import dev.fovea.eval.cost.Geometries;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompareReportTest {

    @Test
    void everyContestantGetsARowAndAPicture(@TempDir Path folder) throws Exception {
        RgbImage picture = RgbImage.filled(56, 56, 200, 30, 30);
        List<Contestant> contestants = Contestant.all(List.of("hiprune", "pyramiddrop", "nobody"), List.of("8", "4"));
        int[] done = {0};
        Comparison comparison = Comparison.run(
                new FakeSubject(),
                Techniques.installed(),
                Geometries.find("tiny-mha"),
                picture,
                "Is <it> red?",
                4,
                contestants,
                n -> ++done[0] > 0);
        assertThat(done[0]).isEqualTo(contestants.size());
        assertThat(comparison.results().getFirst().contestant()).isEqualTo(Contestant.VANILLA);
        assertThat(comparison.results().getFirst().agreement()).isEqualTo(1);
        assertThat(comparison.failed().keySet())
                .extracting(Contestant::technique)
                .contains("nobody", "pyramiddrop");
        assertThat(comparison.results())
                .allSatisfy(c -> assertThat(c.cost().kvTotal()).isPositive());

        Path file = folder.resolve("out/compare.html");
        new CompareReport(comparison, picture, 14, "fovea compare a b", List.of("test 1")).write(file);
        String page = Files.readString(file);
        assertThat(page)
                .contains(
                        "Is &lt;it&gt; red?", "hiprune at 8", "data:image/jpeg;base64,", "Not run", "fovea compare a b")
                .doesNotContain("http://", "https://", "<it>");
        assertThat(page.split("<img ", -1)).hasSize(comparison.results().size() + 1);
    }

    @Test
    void agreementIsTheCommonBeginning() {
        assertThat(Compared.agreement(List.of(1, 2, 3, 4), List.of(1, 2, 9))).isEqualTo(0.5);
        assertThat(Compared.agreement(List.of(1), List.of(1))).isEqualTo(1);
        assertThat(Compared.agreement(List.of(), List.of())).isEqualTo(1);
        assertThat(Compared.agreement(List.of(1), List.of())).isZero();
    }
}

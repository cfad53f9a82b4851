package dev.fovea.cli.speed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SpeedReportTest {
    private static final Quartiles TWO = new Quartiles(1, 2, 3);

    private static SpeedReport report() {
        return new SpeedReport(
                1e11,
                4e11,
                DType.BF16,
                new PathSpeed.Prefill(
                        new Quartiles(3e11, 4e11, 5e11),
                        new Quartiles(0.8, 0.9, 0.95),
                        new Quartiles(9, 10, 11),
                        TWO,
                        4,
                        new Quartiles(0.7, 0.75, 0.8)),
                new PathSpeed.Decode(new Quartiles(1e10, 2e10, 3e10), new Quartiles(0.7, 0.8, 0.9), TWO),
                List.of(
                        new SelectionCost.Cost("fastv", 64, new Quartiles(0.01, 0.02, 0.03), ""),
                        new SelectionCost.Cost("feather", 192, new Quartiles(0.02, 0.04, 0.06), ""),
                        new SelectionCost.Cost("needs-text", 64, null, "No text tower.")),
                List.of(
                        new TechniqueSpeed.SpeedUp("voco-llama", 64, new Quartiles(3, 3.6, 4), 4, ""),
                        new TechniqueSpeed.SpeedUp("adaptvision-scaling", 64, null, 1, "Cuts pictures.")),
                null,
                List.of(new BitsSpeed.Shape(4096, 11008, "int8", "codes where they lie", Map.of(1, TWO))),
                List.of(new SecondQuestion.Again("hiprune", 64, TWO, new Quartiles(0.02, 0.04, 0.05))));
    }

    @Test
    void theMapHoldsSharesAndRates() {
        Map<String, ?> map = report().asMap();
        assertThat(map.keySet())
                .containsExactly(
                        "gemm", "prefill", "decode", "selection", "speed_up", "start", "bits", "second_question");
        assertThat(map.get("gemm")).isEqualTo(Map.of("f32_gflops", 100.0, "bf16_gflops", 400.0, "dtype", "bf16"));
        assertThat(map.get("prefill"))
                .asString()
                .contains("of_gemm={low=0.8, median=0.9, high=0.95}", "speed_up_of_ratio=0.5");
        assertThat(map.get("selection"))
                .asString()
                .contains("technique=fastv", "budget=64", "of_prefill={low=0.001, median=0.002, high=0.003}")
                .contains("technique=needs-text", "ms=null", "reason=No text tower.");
        assertThat(map.get("speed_up"))
                .asString()
                .contains("speed_up={low=3.0, median=3.6, high=4.0}, operations_ratio=4.0, of_ratio=0.9")
                .contains("technique=adaptvision-scaling", "speed_up=null", "reason=Cuts pictures.");
        assertThat(map.get("start")).isNull();
        assertThat(map.get("second_question"))
                .asString()
                .contains("technique=hiprune, budget=64", "of_first={low=0.02, median=0.04, high=0.05}");
        assertThat(map.get("bits"))
                .asString()
                .contains("inputs=11008", "path=codes where they lie", "of_bf16={1={low=1.0, median=2.0, high=3.0}}");
    }

    @Test
    void theTableSaysWhatCouldNotRun() {
        List<String> lines =
                report().table().stream().map(row -> String.join(" | ", row)).toList();
        assertThat(lines)
                .contains("  decode, of the reading rate | 80.0 % | 70.0 to 90.0 %")
                .contains("  fastv | 0.20 % | 0.10 to 0.30 %")
                .contains("  feather at 192 | 0.40 % | 0.20 to 0.60 %")
                .contains("  product at as few rows, of the rate | 75.0 % | 70.0 to 80.0 %")
                .contains("  needs-text | - | No text tower.")
                .contains("  hiprune at 64 visual tokens | 4.0 % | 2.0 to 5.0 %")
                .contains("  voco-llama | 3.60× | 3.00 to 4.00×")
                .contains("    of the ratio of operations, 4.00× | 90.0 % | ")
                .contains("  adaptvision-scaling | - | Cuts pictures.")
                .containsSequence(
                        "  int8 11008 to 4096: codes where they lie |  | ", "    1 row | 2.00× | 1.00 to 3.00×");
    }

    @Test
    void quartilesLieBetweenTheNearestValues() {
        assertThat(Quartiles.of(4, 1, 3, 2)).isEqualTo(new Quartiles(1.75, 2.5, 3.25));
        assertThat(Quartiles.of(7)).isEqualTo(new Quartiles(7, 7, 7));
    }

    @Test
    void turnsAlternateAndStopWhenTold() {
        List<String> order = new ArrayList<>();
        Turns turns = new Turns()
                .task("a", () -> order.add("a"))
                .task("b", () -> order.add("b"))
                .run(2, () -> true);
        assertThat(order).containsExactly("a", "b", "a", "b", "a", "b");
        assertThat(turns.each(t -> t.seconds("a") + t.seconds("b")).low()).isPositive();
        order.clear();
        assertThatThrownBy(() -> new Turns().task("a", () -> order.add("a")).run(3, () -> order.size() < 2))
                .isInstanceOf(Turns.Stopped.class);
        assertThat(order).hasSize(2);
    }
}

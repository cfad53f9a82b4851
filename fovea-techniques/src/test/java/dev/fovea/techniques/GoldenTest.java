package dev.fovea.techniques;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Technique;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Every technique on fixed signals, its decisions pinned in {@code golden-decisions.txt}. After a change that is meant
 * to alter decisions, write the file anew with {@code -Dfovea.golden.write=true} and read the difference.
 */
class GoldenTest {
    private static final Path FILE = Path.of("src/test/resources/golden-decisions.txt");

    @Test
    void decisionsAreThePinnedOnes() throws IOException {
        String now = decisions();
        if (Boolean.getBoolean("fovea.golden.write")) {
            Files.createDirectories(Objects.requireNonNull(FILE.getParent()));
            Files.writeString(FILE, now);
            return;
        }
        try (InputStream in = Objects.requireNonNull(GoldenTest.class.getResourceAsStream("/golden-decisions.txt"))) {
            assertThat(now.lines())
                    .containsExactlyElementsOf(new String(in.readAllBytes(), StandardCharsets.UTF_8)
                            .lines()
                            .toList());
        }
    }

    private static String decisions() {
        Map<String, ModelShape> shapes = new TreeMap<>(Map.of(
                "small", Models.SMALL, "small-no-text", Models.SMALL_NO_TEXT, "small-no-cls", Models.SMALL_NO_CLS));
        StringBuilder out = new StringBuilder();
        for (Technique technique : Models.techniques()) {
            for (Map.Entry<String, ModelShape> shape : shapes.entrySet()) {
                if (technique.card().id().equals("tca") && !shape.getValue().hasCls()) {
                    continue;
                }
                var plan = Models.untrained(technique, shape.getValue(), Budget.count(40));
                for (var taken : PathSimulator.run(plan, shape.getValue(), 2026)) {
                    out.append(technique.card().id())
                            .append(' ')
                            .append(shape.getKey())
                            .append(' ')
                            .append(taken.step().station().label())
                            .append(' ')
                            .append(describe(taken.outcome()))
                            .append('\n');
                }
            }
        }
        return out.toString();
    }

    /** A decision in one line; weights and logits as one rounded checksum. */
    static String describe(Outcome outcome) {
        return switch (outcome.decision()) {
            case Decision.Unchanged ignored -> "unchanged";
            case Decision.Keep k -> "keep " + k.positions() + " " + Arrays.toString(k.indices());
            case Decision.Merge m ->
                "merge " + m.positions() + " anchors " + Arrays.toString(m.anchors()) + " members "
                        + Arrays.hashCode(m.members()) + " offsets " + Arrays.hashCode(m.offsets()) + " weights "
                        + sum(m.weights());
            case Decision.Resize r -> "resize " + r.rows() + "x" + r.cols();
            case Decision.Cut c -> "cut " + c.rows() + "x" + c.cols();
            case Decision.Append a -> "append " + a.tokens().rows();
            case Decision.Resample r -> "resample " + Arrays.toString(r.anchors());
            case Decision.Gate g -> "gate " + g.gates().rows();
            case Decision.Adapt a -> "adapt " + a.additions().byName().size();
            case Decision.Speak s -> "speak " + s.wording().words().size();
            case Decision.Attend a -> "attend " + a.tokens().rows();
            case Decision.DropAllVisual d -> "drop-all " + d.positions();
            case Decision.Rescale r ->
                "rescale " + Arrays.stream(indices(r.factors())).collect(Collectors.joining(","));
            case Decision.Rewrite r ->
                "rewrite " + r.at().length + " of " + r.tokens().cols();
            case Decision.Steer s ->
                "steer " + s.strength() + " " + s.push() + " " + s.tokens() + " " + sum(s.vector());
            case Decision.Edges e -> "edges of " + e.edges().groups().length;
            case Decision.Retain r -> "retain " + Arrays.toString(r.tokens());
            case Decision.Replace r -> "replace " + sum(r.logits());
        };
    }

    private static String[] indices(float[] factors) {
        return java.util.stream.IntStream.range(0, factors.length)
                .filter(i -> factors[i] != 0)
                .mapToObj(i -> i + "=" + factors[i])
                .toArray(String[]::new);
    }

    private static String sum(float[] values) {
        double sum = 0;
        for (int i = 0; i < values.length; i++) {
            sum += Float.isInfinite(values[i]) ? i : values[i] * (1 + i % 7);
        }
        return String.format(java.util.Locale.ROOT, "%.2f", sum);
    }
}

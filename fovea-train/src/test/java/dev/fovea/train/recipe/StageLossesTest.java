package dev.fovea.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every stage loses, batch by batch, what it lost when training had networks of its own beside those that answer: {@code
 * losses.json} was recorded with them by {@link StageLosses#main}.
 */
class StageLossesTest {
    @TempDir
    Path folder;

    @Test
    void inF32() throws IOException {
        check("f32", 1e-4);
    }

    /** Sums in another order are rounded to other neighbours, and each stage carries on what the ones before it made. */
    @Test
    void inBf16() throws IOException {
        check("bf16", 2e-2);
    }

    private void check(String precision, double tolerance) throws IOException {
        JsonNode golden;
        try (InputStream in = Objects.requireNonNull(StageLossesTest.class.getResourceAsStream("losses.json"))) {
            golden = new ObjectMapper().readTree(in).get(precision);
        }
        Map<String, double[]> losses = StageLosses.of(folder.resolve(precision), precision);
        assertThat(losses.keySet()).containsExactlyElementsOf(PeekRecipe.stages());
        losses.forEach((stage, own) -> {
            JsonNode before = golden.get(stage);
            assertThat(own).as(stage).hasSize(before.size());
            for (int i = 0; i < own.length; i++) {
                double then = before.get(i).asDouble();
                assertThat(own[i])
                        .as("batch %d of %s in %s", i, stage, precision)
                        .isCloseTo(then, within(tolerance * Math.max(1, precision.equals("f32") ? 1 : then)));
            }
        });
    }
}

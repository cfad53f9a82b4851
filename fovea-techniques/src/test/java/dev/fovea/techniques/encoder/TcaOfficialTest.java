package dev.fovea.techniques.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.techniques.primitives.Clusters;
import dev.fovea.techniques.primitives.Coreset;
import dev.fovea.techniques.primitives.TopK;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Beside what the authors' code computes from the same random numbers, recorded by {@code reference/tca_cases.py}: the
 * coreset, a condensing block from its attention to its MLP with and without anchors, and a stream of images through the
 * reservoir.
 */
class TcaOfficialTest {
    private static final JsonNode OFFICIAL = read();

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void coreset(int index) {
        JsonNode official = OFFICIAL.get("coreset").get(index);
        Matrix points = matrix(official.get("points"));

        Clusters clusters = Coreset.cluster(points, 4, official.get("first").asInt());

        for (int c = 0; c < 4; c++) {
            int[] members = clusters.members(c);
            float[] weights = Coreset.weights(points, clusters.centres()[c], members);
            assertThat(sum(points, members, weights))
                    .containsExactly(floats(official.get("centres").get(c)), offset(1e-5f));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void block(int index) {
        JsonNode official = OFFICIAL.get("blocks").get(index);
        Matrix states = matrix(official.get("states"));
        Matrix patches = states.select(IntStream.range(1, states.rows()).toArray());
        float[] scores = floats(official.get("scores"));
        Condensation.Split split =
                Condensation.split(scores.length, official.get("rho").asDouble());

        Decision.Merge merge = Condensation.condense(
                patches,
                scores,
                TopK.descending(scores),
                split,
                4,
                official.get("first").asInt());

        JsonNode condensed = official.get("condensed");
        assertThat(states.row(0)).as("the class token stays").containsExactly(floats(condensed.get(0)), offset(1e-5f));
        assertThat(merge.groups()).isEqualTo(condensed.size() - 1);
        for (int g = 0; g < merge.groups(); g++) {
            assertThat(sum(patches, merge.members(g), merge.weights(g)))
                    .as("token %d", g)
                    .containsExactly(floats(condensed.get(g + 1)), offset(1e-5f));
        }
    }

    /** With anchors a row of attention sums to less than 1: the anchor's share is cut off, not given to the others. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void nearestAnchor(int index) {
        JsonNode official = OFFICIAL.get("blocks").get(index);
        assertThat(TcaReservoir.nearest(matrix(official.get("anchors")), floats(official.get("before"))))
                .isEqualTo(official.get("nearest").asInt());
    }

    @Test
    void stream() {
        JsonNode official = OFFICIAL.get("stream");
        TcaReservoir reservoir = TcaReservoir.empty(
                official.get("classes").asInt(),
                new TcaReservoir.Settings(
                        official.get("capacity").asInt(),
                        official.get("scale").asDouble(),
                        official.get("lambda").asDouble(),
                        official.get("beta").asDouble(),
                        true));
        List<Matrix> seen = new ArrayList<>();
        for (JsonNode step : official.get("steps")) {
            Matrix trajectory = matrix(step.get("trajectory"));
            seen.add(trajectory);

            var adapted = reservoir.after(floats(step.get("logits")), trajectory);

            reservoir = (TcaReservoir) adapted.next();
            assertThat(adapted.logits()).containsExactly(floats(step.get("corrected")), offset(1e-4f));
            for (int c = 0; c < official.get("classes").asInt(); c++) {
                assertThat(reservoir.items(c))
                        .as("class %d after image %d", c, seen.size() - 1)
                        .extracting(item -> seen.indexOf(item.trajectory()))
                        .containsExactlyElementsOf(ints(step.get("remembered").get(c)));
            }
        }
        assertThat(seen).hasSize(40);
    }

    private static float[] sum(Matrix rows, int[] members, float[] weights) {
        float[] sum = new float[rows.cols()];
        for (int m = 0; m < members.length; m++) {
            for (int c = 0; c < sum.length; c++) {
                sum[c] += weights[m] * rows.get(members[m], c);
            }
        }
        return sum;
    }

    private static Matrix matrix(JsonNode rows) {
        float[][] all = new float[rows.size()][];
        for (int r = 0; r < all.length; r++) {
            all[r] = floats(rows.get(r));
        }
        return Matrix.of(all);
    }

    private static float[] floats(JsonNode values) {
        float[] all = new float[values.size()];
        for (int i = 0; i < all.length; i++) {
            all[i] = values.get(i).floatValue();
        }
        return all;
    }

    private static List<Integer> ints(JsonNode values) {
        List<Integer> all = new ArrayList<>();
        values.forEach(v -> all.add(v.asInt()));
        return all;
    }

    private static JsonNode read() {
        try (InputStream file = TcaOfficialTest.class.getResourceAsStream("/tca-official.json")) {
            return new ObjectMapper().readTree(file);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}

package dev.fovea.techniques.connector;

import static dev.fovea.techniques.OfficialChoices.ints;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.path.Matrix;
import dev.fovea.techniques.Formula;
import dev.fovea.techniques.OfficialChoices;
import dev.fovea.techniques.primitives.Diversity;
import dev.fovea.techniques.primitives.TopK;
import org.junit.jupiter.api.Test;

/** The same tokens in the same order as the authors' code, at published geometry and on what peek showed. */
class ConnectorChoicesOfficialTest {
    private static final int TOKENS = 576;
    private static final int REMOVED = 8;

    @Test
    void fasterVlm() {
        float[] attention = Formula.positive(1, 1, TOKENS).data();
        OfficialChoices.PUBLISHED
                .get("fastervlm")
                .properties()
                .forEach(e -> assertThat(TopK.largestInOrder(attention, Integer.parseInt(e.getKey())))
                        .containsExactly(ints(e.getValue())));
        assertThat(TopK.largestInOrder(peekAttention(), 64))
                .containsExactly(ints(OfficialChoices.PEEK.get("fastervlm")));
    }

    @Test
    void visPruner() {
        check(
                "vispruner",
                OfficialChoices.PUBLISHED,
                official -> visPruner(
                        Formula.positive(1, 1, TOKENS).data(),
                        Formula.wholeNumbers(official.get("seed").asInt(), TOKENS, 1024, 40),
                        official));
        check(
                "vispruner",
                OfficialChoices.PEEK,
                official -> visPruner(peekAttention(), OfficialChoices.recorded("vispruner.Features"), official));
    }

    private static int[] visPruner(float[] attention, Matrix features, JsonNode official) {
        int count = official.get("count").asInt();
        int important = (int) (count * official.get("important").asDouble());
        return VisPruner.choose(attention, features, count, important, REMOVED);
    }

    @Test
    void divPrune() {
        check(
                "divprune",
                OfficialChoices.PUBLISHED,
                official -> Diversity.maxMin(
                        Formula.tokens(official.get("seed").asInt(), TOKENS, 4096, 50),
                        official.get("count").asInt()));
        check(
                "divprune",
                OfficialChoices.PEEK,
                official -> Diversity.maxMin(
                        OfficialChoices.recorded("cdpruner.Projected"),
                        official.get("count").asInt()));
    }

    @Test
    void cdPruner() {
        Matrix projected = Formula.tokens(4, TOKENS, 4096, 50);
        Matrix embedded = Formula.tokens(6, TOKENS, 768, 30);
        int[] pieces = {1, 2};
        JsonNode published = OfficialChoices.PUBLISHED.get("cdpruner");
        for (int i = 0; i < pieces.length; i++) {
            Matrix question = Formula.matrix(16, pieces[i], 768);
            assertThat(cdPruner(projected, embedded, question, published.get(i)))
                    .containsExactly(ints(published.get(i).get("order")));
        }
        check(
                "cdpruner",
                OfficialChoices.PEEK,
                official -> cdPruner(
                        OfficialChoices.recorded("cdpruner.Projected"),
                        OfficialChoices.recorded("cdpruner.FeatureImageEmbeddings"),
                        OfficialChoices.recorded("cdpruner.QuestionPieces"),
                        official));
    }

    private static int[] cdPruner(Matrix projected, Matrix embedded, Matrix question, JsonNode official) {
        float[] relevance = QuestionRelevance.of(QuestionRelevance.meanCosines(embedded, question), true);
        int count = official.get("count").asInt();
        return new ConditionalKernel("product", 0.5).choose(projected, relevance, count);
    }

    private interface Choice {
        int[] of(JsonNode official);
    }

    private static void check(String technique, JsonNode all, Choice choice) {
        assertThat(all.get(technique)).isNotEmpty();
        for (JsonNode official : all.get(technique)) {
            assertThat(choice.of(official))
                    .as("%s of %s", technique, official.get("count"))
                    .containsExactly(ints(official.get("order")));
        }
    }

    private static float[] peekAttention() {
        return OfficialChoices.recorded("vispruner.EncoderAttention").data();
    }
}

package dev.fovea.core.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Thousands of small templates against what the Jinja environment of transformers makes of them. */
class TemplateRulesTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static JsonNode read(String path) throws IOException {
        return JSON.readTree(Path.of("src/test/resources", path).toFile());
    }

    private static Map<String, Object> variables(JsonNode node) {
        return JSON.convertValue(node, new TypeReference<>() {});
    }

    private static String renderedOrRefused(String template, Map<String, Object> variables) {
        try {
            return "rendered: " + Template.parse(template).render(variables, Clock.systemUTC());
        } catch (TemplateException e) {
            return "refused";
        }
    }

    /** Every filter, test and method on values of every kind, expressions and statements; and a grammar's growth. */
    @ParameterizedTest
    @ValueSource(strings = {"systematic", "grown"})
    void rendersOrRefusesAsTransformersDoes(String kind) throws IOException {
        JsonNode golden = read("golden/templates-rules.json");
        Map<String, Object> variables = variables(golden.path("variables"));
        List<String> differences = new ArrayList<>();
        for (JsonNode c : golden.path(kind)) {
            String expected = c.size() > 1 ? "rendered: " + c.get(1).asText() : "refused";
            String found = renderedOrRefused(c.get(0).asText(), variables);
            if (!found.equals(expected)) {
                differences.add(c.get(0).asText() + "\n  " + expected + "\n  " + found);
            }
        }
        assertThat(golden.path(kind).size()).isGreaterThan(1_000);
        assertThat(differences).isEmpty();
    }

    static Stream<JsonNode> small() throws IOException {
        return StreamSupport.stream(read("templates/small.json").path("cases").spliterator(), false);
    }

    @ParameterizedTest
    @MethodSource("small")
    void smallTemplatesOfPublishedStyleRenderOrAreRefused(JsonNode c) throws IOException {
        Map<String, Object> variables = variables(read("templates/small.json").path("vars"));
        if (c.has("err")) {
            assertThatThrownBy(() -> Template.parse(c.path("t").asText()).render(variables, Clock.systemUTC()))
                    .isInstanceOf(TemplateException.class);
        } else {
            assertThat(renderedOrRefused(c.path("t").asText(), variables))
                    .isEqualTo(
                            "rendered: " + Objects.requireNonNull(c.path("ok").asText()));
        }
    }
}

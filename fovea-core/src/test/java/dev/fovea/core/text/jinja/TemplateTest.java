package dev.fovea.core.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TemplateTest {
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-03-05T14:07:09Z"), ZoneOffset.UTC);

    private static String render(String template, Map<String, ?> variables) {
        return Template.parse(template).render(variables, CLOCK);
    }

    private static String render(String template) {
        return render(template, Map.of());
    }

    static Stream<Arguments> golden() throws IOException {
        JsonNode cases = new ObjectMapper()
                .readTree(Path.of("src/test/resources/golden/templates.json").toFile());
        return StreamSupport.stream(cases.spliterator(), false)
                .map(c -> Arguments.of(c.path("name").asText(), c));
    }

    /** What the Jinja environment of transformers made of the same template and values. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("golden")
    void rendersAsTransformersDoes(String name, JsonNode golden) {
        Map<String, Object> variables =
                new ObjectMapper().convertValue(golden.path("variables"), new TypeReference<>() {});
        String template = golden.path("template").asText();
        if (golden.has("error")) {
            assertThatThrownBy(() -> render(template, variables)).isInstanceOf(TemplateException.class);
        } else {
            assertThat(render(template, variables))
                    .isEqualTo(golden.path("rendered").asText());
        }
    }

    @Test
    void theTimeIsThatOfTheClock() {
        assertThat(render("{{ strftime_now('%d %b %Y, %A %H:%M:%S %y-%m %-d %B %I %p %j %%') }}"))
                .isEqualTo("05 Mar 2026, Thursday 14:07:09 26-03 5 March 02 PM 064 %");
    }

    @Test
    void aTemplateMayRefuseItsInput() {
        assertThatThrownBy(() -> render("\n{{ raise_exception('roles must alternate') }}"))
                .isInstanceOf(TemplateException.class)
                .hasMessage("roles must alternate")
                .matches(e -> ((TemplateException) e).raisedByTemplate());
    }

    @Test
    void valuesAreNeverRunAsTemplates() {
        assertThat(render("{{ text }}", Map.of("text", "{{ 7 * 7 }}{% if %}"))).isEqualTo("{{ 7 * 7 }}{% if %}");
    }

    @Test
    void valuesCannotBeChangedByATemplate() {
        Map<String, Object> variables = Map.of("m", List.of(Map.of("a", 1)));
        assertThatThrownBy(() -> render("{{ m.append(1) }}", variables)).isInstanceOf(TemplateException.class);
        assertThatThrownBy(() -> render("{{ m[0].update({'a': 2}) }}", variables))
                .isInstanceOf(TemplateException.class);
        assertThatThrownBy(() -> render("{% set m.a = 1 %}", variables))
                .hasMessageContaining("only attributes of a namespace can be set");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ ''.getClass() }}",
                "{{ ''.class.name }}",
                "{{ ''.__class__.__mro__ }}",
                "{{ m.getClass().forName('x') }}",
                "{{ messages.__init__.__globals__ }}",
                "{{ namespace.call() }}"
            })
    void javaAndPythonInternalsAreOutOfReach(String template) {
        assertThatThrownBy(() -> render(template, Map.of("m", Map.of()))).isInstanceOf(TemplateException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"include 'x'", "import 'x' as y", "from 'x' import y", "extends 'x'"})
    void otherFilesAreOutOfReach(String tag) {
        assertThatThrownBy(() -> render("{% " + tag + " %}")).hasMessageContaining("a chat template may not use {% ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
                "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(9) %}{% endfor %}{% endfor %}{% endfor %}",
                "{{ range(10 ** 9) | list }}",
                "{{ 'x' * 10 ** 12 }}",
                "{{ 9 ** 9 ** 9 }}",
                "{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
                "{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
                "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
                "{{ [1] | map(attribute='a..b') | list | sort(attribute='999999999999999999999') | sum }}",
                "{% set s = 'x' * 999999 %}{% for i in range(99) %}{{ s }}{% endfor %}",
                "{% for i in range(99999) %}{{ range(99999) | list | length }}{% endfor %}",
                "{% set x = 'ab' * 400000 %}{% for i in range(90000) %}{{ x | replace('a', 'b') | length }}{% endfor %}"
            })
    void hostileTemplatesEndSoonInAnError(String template) {
        Instant start = Instant.now();
        assertThatThrownBy(() -> render(template)).isInstanceOf(TemplateException.class);
        assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(20));
    }

    @Test
    void deepNestingIsRefusedAndDoesNotExhaustTheStack() {
        assertThatThrownBy(() -> render("{{ " + "(".repeat(50_000) + "1" + ")".repeat(50_000) + " }}"))
                .hasMessageContaining("nested too deeply");
        assertThatThrownBy(() -> render("{{ " + "-".repeat(50_000) + "1 }}")).hasMessageContaining("nested too deeply");
        assertThatThrownBy(() -> render("{% if a %}".repeat(5_000))).hasMessageContaining("nested too deeply");
        assertThat(render("{{ " + "not ".repeat(5_001) + "true }}")).isEqualTo("False");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{{ x | line 1: a tag is never closed with }}",
                "{# x | line 1: a comment {# is never closed",
                "{{ 'x }} | line 1: a text is never closed with '",
                "{{ 1 + }} | line 1: a value was expected, not the end of the tag",
                "{{ a b }} | line 1: the end of the tag was expected, not 'b'",
                "{% if a %}x | line 1: {% elif %} was expected, not the end of the template",
                "{% endif %} | line 1: {% endif %} is not known",
                "{% what %} | line 1: {% what %} is not known",
                "{{ a.b }} | line 1: 'a' is undefined",
                "{{ 1 + 'a' }} | line 1: a whole number and a text cannot be added; use ~ to join texts",
                "{{ 1 / 0 }} | line 1: division by zero",
                "{{ 1 < 'a' }} | line 1: a whole number and a text cannot be ordered",
                "{{ 'a' is odd }} | line 1: a whole number was expected, not a text",
                "{{ nope() }} | line 1: 'nope' is undefined and cannot be called",
                "{% set a, b = [1] %} | line 1: 1 values cannot be given to 2 names",
                "{{ '%q' % 1 }} | line 1: the format '%q' is not understood",
                "{{ x ? }} | line 1: the character '?' is not understood",
                "{{ 99999999999999999999 }} | line 1: the number 99999999999999999999 is too large",
                "{{ 9223372036854775807 + 1 }} | line 1: a whole number became too large",
                "{% raw %}x | line 1: {% raw %} is never closed"
            })
    void mistakesAreSaidWithTheirLine(String template, String message) {
        assertThatThrownBy(() -> render(template))
                .isInstanceOf(TemplateException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @CsvSource({"x|nofilter, the filter 'nofilter' is not known", "x is notest, the test 'notest' is not known"})
    void unknownFiltersAndTestsAreNamed(String expression, String message) {
        assertThatThrownBy(() -> render("a\n\n{{ " + expression + " }}")).hasMessage("line 3: " + message);
    }
}

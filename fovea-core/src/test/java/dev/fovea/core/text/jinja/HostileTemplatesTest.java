package dev.fovea.core.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Templates that would never end, fill the memory or let something of Java out: each ends soon, in a sentence or well. */
class HostileTemplatesTest {
    /** Of processor time, because other tests may have the machine as well. */
    private static final Duration LIMIT = Duration.ofSeconds(2);

    static Stream<Path> files() throws IOException {
        return Files.list(Path.of("src/test/resources/templates"))
                .filter(p -> p.getFileName().toString().matches("(hang|leak|ansi).*\\.jinja"))
                .sorted();
    }

    @ParameterizedTest
    @MethodSource("files")
    void endsSoon(Path file) throws IOException {
        endsSoon(Files.readString(file));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // Searching, splitting and replacing with long needles.
                "{{ ('a' * 400000).count('a' * 200000 ~ 'b') }}",
                "{{ ('a' * 400000).rfind('b' ~ 'a' * 200000) }}",
                "{{ ('ab' * 200000).replace('a' * 100000 ~ 'c', 'x') | length }}",
                "{{ ('a' * 400000).rsplit('a' * 9 ~ 'b', 5) | length }}",
                "{{ ('a' * 400000) in ('a' * 399999 ~ 'b') * 4 }}",
                "{{ ('ab' * 1000000).split('b') | length }}",
                // Case, titles, white space, escapes.
                "{{ ('İ' * 3000000) | lower | length }}",
                "{{ ('ß' * 1000000).title() | length }}",
                "{{ ('ﬁ' * 1000000).casefold() | length }}",
                "{{ ('ΐ' * 1500000) | upper | length }}",
                "{{ ('<' * 3000000) | e | length }}",
                "{{ ('<' * 1000000) | striptags | length }}",
                "{{ ('&' * 1000000) | striptags | length }}",
                "{{ (' a' * 100000) | wordwrap(1) | length }}",
                "{{ ('a-' * 200000) | wordwrap(3) | length }}",
                "{{ ('a.' * 200000) | urlize | length }}",
                "{{ ('www.' ~ 'a.' * 400 ~ ' ') * 500 | int | urlize | length }}",
                "{{ ('é ' * 1000000) | urlencode | length }}",
                "{{ ('\\x00' * 1000000) | tojson | length }}",
                "{{ ['\\x00' * 1000000] | string | length }}",
                // Formats.
                "{{ '%1000000d' % 1 * 100 }}",
                "{{ '{:1000000}'.format(1) * 5 }}",
                "{{ '%.999999f' % 1.5 }}",
                "{{ '{:.999999f}'.format(1e300) }}",
                "{{ ('{' * 200000).format() }}",
                "{{ ('{0' * 100000).format(1) }}",
                "{{ ('%(' * 300000) % {} }}",
                "{{ ('{0[' ~ 'a' * 1000000 ~ ']}').format({}) }}",
                // Values that contain themselves over and over.
                "{% set ns = namespace(l=[]) %}{% for i in range(90000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
                "{% set ns = namespace(l=[]) %}{% for i in range(90000) %}{% set ns.l = (ns.l,) %}{% endfor %}{{ {ns.l: 1} }}",
                "{% set ns = namespace(l=1) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l | tojson }}",
                "{% set ns = namespace(l=1, m=1) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% set ns.m = [ns.m, ns.m] %}{% endfor %}{{ ns.l == ns.m }}",
                "{% set ns = namespace(l=1, m=1) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% set ns.m = [ns.m, ns.m] %}{% endfor %}{{ ns.l < ns.m }}",
                "{% set ns = namespace(n=1) %}{% for i in range(90000) %}{% set ns.n = namespace(n=ns.n) %}{% endfor %}{{ ns }}",
                "{% set ns = namespace(g=[1]) %}{% for i in range(90000) %}{% set ns.g = ns.g | map('string') %}{% endfor %}{{ ns.g | list }}",
                "{% set ns = namespace(l=[1] * 1000) %}{% for i in range(90000) %}{% set ns.l = ns.l | sort %}{% endfor %}",
                "{% set ns = namespace(d={}) %}{% for i in range(90000) %}{% set ns.d = dict(ns.d, **{'k' ~ i: i}) %}{% endfor %}",
                "{% for i in range(90000) %}{% set x = {(i, 31 * i): 1, (0, 32 * i): 2} %}{% endfor %}",
                // Deep calls, loops and blocks.
                "{% macro f(x) %}{{ f([x]) }}{% endmacro %}{{ f(1) }}",
                "{% macro f() %}{% call f() %}{% endcall %}{% endmacro %}{{ f() }}",
                "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
                "{% for a in range(99999) %}{% for b in range(99999) %}{{ loop.length }}{% endfor %}{% endfor %}",
                "{% macro m() %}{% for a in range(99999) %}{{ caller() }}{% endfor %}{% endmacro %}{% call m() %}{% for a in range(99999) %}x{% endfor %}{% endcall %}",
                "{% block b %}{{ self.b() }}{% endblock %}",
                "{% set c = cycler(*range(99999)) %}{% for i in range(99999) %}{{ c.items }}{% endfor %}",
                "{{ range(-9223372036854775807, 9223372036854775807) }}",
                "{{ [1, 2, 3][::9223372036854775807] }}{{ 'abc'[9223372036854775807:] }}",
                "{{ -9223372036854775807 - 1 }}{{ (-9223372036854775807 - 1) // -1 }}",
                "{{ (-9223372036854775807 - 1) | abs }}",
                "{{ 1e308 * 10 | int }}{{ 1e308 | int }}",
                "{{ 'x' | center(999999999999) }}",
                "{{ ('\\n' * 100000) | indent(100000) }}",
                "{{ [1] | batch(999999999, 0) | list }}",
                "{{ [1] | slice(999999999) | list }}",
                "{{ [[1]] | sum(start=[]) }}{{ range(99999) | map('string') | join('x' * 10000) }}",
                "{{ {'a': 1} | tojson(indent=3999999) }}",
                "{{ strftime_now('%c' * 1000000) }}",
                "{{ (1, 2).__class__.__bases__ }}",
                "{{ ''.format.__globals__ }}",
                "{{ '{0.__class__.__mro__}'.format('') }}",
                "{{ [] | attr('append') }}{{ ([] | attr('append'))(1) }}",
                "{{ cycler.__init__ }}{{ cycler.__init__.__globals__.os }}"
            })
    void relativesEndSoon(String template) {
        endsSoon(template);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ 1",
                "{% if 1 %}",
                "{{ a.b",
                "{% for x in y %}",
                "{{ x|f(",
                "{% raw %}",
                "{#",
                "{{ '",
                "{{ [",
                "{{ {1:",
                "{{ 1+",
                "{{ not ",
                "{{ - ",
                "{{ a if ",
                "{{ a[b",
                "{{ a ~ ",
                "{% set x = ",
                "{% macro m(",
                "{% call m()%}"
            })
    void parsingIsPaidForToo(String piece) {
        endsSoon(piece.repeat(499_999 / piece.length()));
        endsSoon(piece.repeat(20_000));
        endsSoon((piece + "\n").repeat(2_000));
    }

    private static void endsSoon(String template) {
        ThreadMXBean thread = ManagementFactory.getThreadMXBean();
        long start = thread.getCurrentThreadCpuTime();
        try {
            Template.parse(template).render(Map.of(), Clock.systemUTC());
        } catch (TemplateException e) {
            assertThat(e.getMessage())
                    .isNotBlank()
                    .hasSizeLessThan(1_300)
                    .matches(m -> m.chars().noneMatch(Character::isISOControl));
            assertThat(e.getMessage()).doesNotContain("java.", "Exception", "dev.fovea", "@");
        }
        assertThat(Duration.ofNanos(thread.getCurrentThreadCpuTime() - start)).isLessThan(LIMIT);
    }
}

package dev.fovea.core.text.jinja;

import java.util.List;
import java.util.SplittableRandom;

/** Templates grown at random: statements in statements and expressions in expressions, with large numbers among them. */
final class TemplateGrammar {
    private static final List<String> NAMES = List.of(
            "messages", "message", "s", "n", "l", "d", "ns", "a", "b", "i", "loop", "m", "missing", "x", "self");
    private static final List<String> LITERALS = List.of(
            "0",
            "1",
            "-1",
            "2",
            "7",
            "100000",
            "9223372036854775807",
            "1e308",
            "0.5",
            "'a'",
            "''",
            "'ab ' * 1000",
            "'ß'",
            "'%s'",
            "'{}'",
            "'\\n'",
            "true",
            "none",
            "[]",
            "{}",
            "()",
            "range(1000)",
            "range(100000)");
    private static final List<String> FILTERS = List.of(
            "abs",
            "attr('k')",
            "batch(3)",
            "capitalize",
            "center(99999)",
            "count",
            "default(1)",
            "dictsort",
            "e",
            "filesizeformat",
            "first",
            "float",
            "format(1)",
            "groupby(0)",
            "indent(9)",
            "int",
            "items",
            "join",
            "join('xy')",
            "last",
            "length",
            "list",
            "lower",
            "map('upper')",
            "map('string')",
            "map(attribute=0)",
            "max",
            "min",
            "pprint",
            "random",
            "reject",
            "replace('a', 'aa')",
            "replace('', 'x')",
            "reverse",
            "round",
            "select",
            "select('odd')",
            "slice(3)",
            "sort",
            "sort(reverse=true)",
            "string",
            "striptags",
            "sum",
            "title",
            "tojson",
            "tojson(indent=9)",
            "trim",
            "truncate",
            "unique",
            "upper",
            "urlencode",
            "urlize",
            "wordcount",
            "wordwrap(9)",
            "xmlattr");
    private static final List<String> TESTS = List.of(
            "defined",
            "none",
            "string",
            "mapping",
            "iterable",
            "odd",
            "even",
            "divisibleby 3",
            "eq 1",
            "in l",
            "lower",
            "sameas none",
            "sequence",
            "callable",
            "gt 2");
    private static final List<String> METHODS = List.of(
            "upper()",
            "split()",
            "split('a')",
            "strip('a ')",
            "replace('a', 'bb')",
            "format(1, 2, s)",
            "items()",
            "keys()",
            "get('k')",
            "index('a')",
            "count('a')",
            "join(l)",
            "splitlines()",
            "zfill(9999)",
            "partition('a')",
            "title()",
            "copy()",
            "append(1)",
            "role",
            "content",
            "index0",
            "__class__",
            "name",
            "cycle(1, 2)",
            "nextitem",
            "rsplit('a', 2)");
    private static final List<String> OPERATORS =
            List.of("+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", ">=", "in", "not in", "and", "or");

    private final SplittableRandom random;

    TemplateGrammar(SplittableRandom random) {
        this.random = random;
    }

    String template() {
        return "{% set ns = namespace(v=1) %}{% macro m(a, b=2) %}" + statements(1)
                + "{{ varargs }}{{ kwargs }}{% endmacro %}" + statements(4);
    }

    private String one(List<String> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    private String statements(int depth) {
        StringBuilder out = new StringBuilder();
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            out.append(statement(depth));
        }
        return out.toString();
    }

    private String statement(int depth) {
        if (depth == 0) {
            return random.nextInt(3) == 0 ? one(List.of("text", "\n", "  ", "{ ", "é😀")) : output();
        }
        return switch (random.nextInt(16)) {
            case 0, 1 -> "{% for i in " + expression(2) + " %}" + statements(depth - 1) + "{% endfor %}";
            case 2 ->
                "{% for i in range(" + one(List.of("3", "100", "99999")) + ") if " + expression(1) + " %}"
                        + statements(depth - 1) + one(List.of("{{ loop.index }}", "{% break %}", "{% continue %}"))
                        + "{% else %}" + statements(depth - 1) + "{% endfor %}";
            case 3 -> "{% for i in " + expression(1) + " recursive %}{{ loop(" + expression(1) + ") }}{% endfor %}";
            case 4 ->
                "{% if " + expression(2) + " %}" + statements(depth - 1) + "{% else %}" + statements(depth - 1)
                        + "{% endif %}";
            case 5 -> "{% set a = " + expression(3) + " %}";
            case 6 ->
                "{% for i in range(" + one(List.of("9", "60", "90000")) + ") %}{% set ns.v = " + grown()
                        + " %}{% endfor %}";
            case 7 -> "{% set a, b = " + expression(2) + ", " + expression(2) + " %}";
            case 8 -> "{% set a %}" + statements(depth - 1) + "{% endset %}";
            case 9 -> "{% filter " + one(FILTERS) + " %}" + statements(depth - 1) + "{% endfilter %}";
            case 10 -> "{% with b = " + expression(2) + " %}" + statements(depth - 1) + "{% endwith %}";
            case 11 -> "{% call(a) m(" + expression(1) + ") %}" + statements(depth - 1) + "{% endcall %}";
            case 12 ->
                "{% macro m(a, b=" + expression(1) + ") %}{{ caller(1) if caller else m(a) }}" + statements(depth - 1)
                        + "{% endmacro %}";
            case 13 -> "{% autoescape " + expression(1) + " %}" + statements(depth - 1) + "{% endautoescape %}";
            case 14 -> one(List.of("{# c #}", "{% raw %}{{ x }}{% endraw %}", "{%- if 1 -%} {%- endif %}"));
            default -> output();
        };
    }

    /** What makes a value larger from round to round. */
    private String grown() {
        return one(List.of(
                "ns.v ~ ns.v",
                "[ns.v, ns.v]",
                "(ns.v,)",
                "{'k': ns.v}",
                "namespace(v=ns.v)",
                "[ns.v] + l",
                "ns.v * 2",
                "ns.v | map('string')",
                "[ns.v] | batch(2)",
                "ns.v ~ s",
                "{(1, ns.v): 1}",
                "ns.v + ns.v",
                "ns.v | tojson"));
    }

    private String output() {
        return "{{ " + expression(4) + " }}";
    }

    private String expression(int depth) {
        if (depth == 0 || random.nextInt(5) == 0) {
            return random.nextBoolean() ? one(NAMES) : "(" + one(LITERALS) + ")";
        }
        return switch (random.nextInt(13)) {
            case 0, 1 -> "(" + expression(depth - 1) + " " + one(OPERATORS) + " " + expression(depth - 1) + ")";
            case 2, 3, 4 -> "(" + expression(depth - 1) + " | " + one(FILTERS) + ")";
            case 5 -> "(" + expression(depth - 1) + " is " + one(TESTS) + ")";
            case 6, 7 -> expression(depth - 1) + "." + one(METHODS);
            case 8 -> expression(depth - 1) + "[" + expression(depth - 1) + "]";
            case 9 -> expression(depth - 1) + "[" + one(List.of(":", "1:", ":-1", "::-1", "::2")) + "]";
            case 10 -> "[" + expression(depth - 1) + ", " + expression(depth - 1) + "]";
            case 11 -> "{" + expression(depth - 1) + ": " + expression(depth - 1) + "}";
            default ->
                one(List.of("m", "range", "dict", "namespace", "cycler", "loop", "strftime_now", "raise_exception"))
                        + "(" + expression(depth - 1) + ")";
        };
    }
}

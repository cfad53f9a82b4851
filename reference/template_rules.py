"""Small templates over every statement, expression, filter, test and method of Jinja, and what the Jinja environment of
transformers makes of them; and templates grown at random from a grammar. Both go to templates-rules.json, compactly:
each case is [template, text], or [template] where it is refused. They share the variables of VARIABLES.
"""

import copy
import json
import random
import re
import sys

from common import GOLDEN
from template_cases import render

VARIABLES = {
    "messages": [
        {"role": "system", "content": " Be brief. "},
        {"role": "user", "content": "Hé <b>&'\"\n 世界 😀"},
        {"role": "assistant", "content": [{"type": "text", "text": "Hi"}]},
        {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "again"}]},
    ],
    "add_generation_prompt": True,
    "tools": None,
    "bos_token": "<s>",
    "eos_token": "</s>",
    "d": {"b": 1, "A": [1, 2.5, None, True, "x"], "c": {"z": "q", "y": "p"}},
    "rows": [{"k": "b", "n": 2}, {"k": "a", "n": 1}, {"k": "B", "n": 3}, {"k": "a", "n": 0}],
    "l": [3, 1, 2, 1],
    "words": ["b", "A", "c", "a"],
    "s": "alpha beta gamma",
    "sp": "  two  words\n",
    "u": "Straße ÉCOLE ǆ ﬁ ΑΣ",
    "e": "",
    "n": 7,
    "f": 2.5,
    "t": True,
    "x": None,
}

# What a filter, test or method is tried on.
VALUES = ["none", "true", "7", "-3", "2.5", "''", "'aB c'", "'12'", "' x '", "'<a&\"\\'>'", "[]", "[3, 1, 2]", "['b', 'A', 'a']", "(1, 2)", "{}", "{'b': 1, 'a': 2}", "rows", "missing", "range(4)", "u"]

FILTERS = """abs|attr('k')|attr('upper')|batch(2)|list|batch(2, 0)|list|batch(3, 'x')|list|capitalize|center|center(9)|center(8)|count|d('z')|default('z', true)|default(default_value=1)|dictsort|dictsort(true)|dictsort(false, 'value')|dictsort(reverse=true)|dictsort(by='other')|e|escape|filesizeformat|filesizeformat(true)|first|float|float(1.5)|float(default='no')|forceescape|format|format(1)|format('a', 'b')|format(a=1)|groupby('k')|groupby('k')|map('first')|list|groupby('k', case_sensitive=true)|groupby('nope', default='z')|groupby(0)|indent|indent(2)|indent(2, true)|indent('> ', true, true)|indent(width=1, blank=true)|int|int(9)|int(default=none)|int(0, 16)|int(base=2)|items|list|join|join('-')|join(', ', 'k')|join(attribute='n')|join(1)|last|length|list|lower|map('upper')|list|map('string')|join|map(attribute='k')|list|map(attribute='zz', default='D')|list|map('default', 'q')|list|map('int')|sum|map()|list|map(1)|list|map('nosuch')|list|map(attribute='k', other=1)|list|max|max(attribute='n')|max(true)|min|min(attribute='n')|min(case_sensitive=true)|pprint|random is defined|reject|list|reject('odd')|list|reject('string')|list|rejectattr('n')|list|rejectattr('n', 'lt', 2)|list|replace('a', 'X')|replace('', '-')|replace('a', 'X', 1)|replace(old='b', new='c')|replace('a')|replace(1, 2)|reverse|reverse|list|round|round(1)|round(-1)|round(0, 'ceil')|round(1, 'floor')|round(method='ceil')|round(0, 'up')|safe|select|list|select('even')|list|select('in', [1, 2])|list|select('nosuch')|list|selectattr('k')|list|selectattr('k', 'equalto', 'a')|list|selectattr('k', 'upper')|list|selectattr()|list|slice(2)|list|slice(3, 0)|list|slice(0)|list|sort|sort(true)|sort(reverse=true)|sort(case_sensitive=true)|sort(attribute='k')|sort(attribute='k,n')|sort(attribute='n', reverse=true)|sort(false, true, 'k')|sort('a', 'b', 'c', 'd')|string|striptags|sum|sum(attribute='n')|sum(start=10)|sum('n', 1)|sum(start=[])|title|tojson|tojson(indent=2)|tojson(separators=(',', ':'))|tojson(sort_keys=true)|tojson(ensure_ascii=true)|tojson(indent='\\t')|tojson(indent=0)|tojson(true)|trim|trim('a')|trim(chars='1')|trim(none)|truncate(5)|truncate(5, true)|truncate(4, true, '..', 0)|truncate(1)|truncate(length=3, end='', leeway=0)|unique|list|unique(true)|list|unique(attribute='k')|list|upper|urlencode|urlize|wordcount|wordwrap(4)|wordwrap(3, false)|wordwrap(2, wrapstring='/')|wordwrap(0)|xmlattr|xmlattr(false)|nosuch|upper(1)|lower(a=1)|length(1)"""

TESTS = """boolean|callable|defined|divisibleby 2|divisibleby(num=3)|divisibleby 0|eq 7|==(7)|equalto 'aB c'|escaped|even|false|filter|float|ge 2|greaterthan 2|gt(2)|in [7, 'A', none]|in 'aB cd'|in {'b': 1}|integer|iterable|le 2|lessthan 2|lower|lt 2|mapping|ne 7|none|number|odd|sameas none|sameas true|sameas 7|sequence|string|test|true|undefined|upper|nosuch|defined(1)|in|sameas"""

METHODS = {
    "text": """capitalize()|casefold()|center(9)|center(9, '*')|center(9, '**')|count('a')|count('')|count('a', 1)|count('a', 0, 2)|endswith('c')|endswith(('x', 'c'))|endswith('a', 0, 1)|endswith(['c'])|expandtabs()|expandtabs(4)|expandtabs(tabsize=2)|find('a')|find('zz')|find('a', 1)|find('a', -2)|find('', 3)|find('', 99)|format()|format(1, 2)|index('a')|index('zz')|isalnum()|isalpha()|isascii()|isdecimal()|isdigit()|isidentifier()|islower()|isnumeric()|isprintable()|isspace()|istitle()|isupper()|join(['a', 'b'])|join([1])|join('xyz')|join({'k': 1})|ljust(9, '.')|ljust(9)|lower()|lstrip()|lstrip('a ')|partition(' ')|partition('')|partition('zz')|removeprefix('a')|removesuffix('c')|removesuffix('')|replace('a', 'bb')|replace('', '_')|replace('a', 'b', 1)|replace('a')|replace('a', 'b', count=1)|rfind('a')|rfind('a', 0, 2)|rindex('a')|rindex('zz')|rjust(9, '0')|rpartition(' ')|rpartition('zz')|rsplit()|rsplit(' ', 1)|rsplit(maxsplit=1)|rsplit(none, 1)|rstrip()|rstrip('c')|split()|split(' ')|split('a')|split('')|split(none, 1)|split(' ', 1)|split(sep='B', maxsplit=-1)|split(1)|splitlines()|splitlines(true)|splitlines(keepends=true)|startswith('a')|startswith(('x', 'a'))|startswith('B', 1)|startswith('', 99)|strip()|strip('ac')|strip(chars='a')|swapcase()|title()|upper()|upper(1)|zfill(8)|nosuch()|upper|__class__|encode|isdigit(1)|strip(1)""",
    "list": """count(1)|index(1)|index(99)|index(1, 2)|copy()|append(1)|pop()|sort()|reverse()|nosuch()|0|count()|insert(0, 1)""",
    "dict": """get('b')|get('zz')|get('zz', 5)|get()|items()|keys()|values()|items()|list|keys()|list|copy()|update({})|pop('b')|setdefault('q', 1)|clear()|b|zz|nosuch()|fromkeys(['p', 'q'])|fromkeys(['p'], 0)|items""",
    "number": """bit_length()|real|imag|numerator|denominator|is_integer()|conjugate()|as_integer_ratio()|nosuch|bit_count()""",
}
RECEIVERS = {
    "text": ["'aB c'", "''", "'12'", "'a\\tb\\r\\nc a'", "u", "('<a>'|e)"],
    "list": ["[3, 1, 2, 1]", "(1, 2, 1)", "range(3)", "[]"],
    "dict": ["d", "{}", "{1: 2, none: 3, (1, 2): 4}"],
    "number": ["7", "2.5", "true", "(-3)"],
}

EXPRESSIONS = """
1 + 1|1 + true|1 + 1.5|'a' + 'b'|'a' + 1|[1] + [2]|(1,) + (2,)|[1] + (2,)|{} + {}|none + 1|missing + 1|5 - 2|5 - 2.5|'a' - 'b'|[1] - [1]|2 * 3|2 * 'ab'|'ab' * 2|'ab' * -1|[0] * 2|(1,) * 2|2.5 * 2|'a' * 2.5|'a' * 'b'|{} * 2|7 / 2|6 / 2|7 / 0|7.0 / 0|7 // 2|-7 // 2|7 // -2|7.5 // 2|7 // 0|-0.0|0.0 * -1|7 % 3|-7 % 3|7 % -3|7.5 % 2|-7.5 % 2|7 % 0|2 ** 3|2 ** -1|2 ** 0.5|2 ** 3 ** 2|-2 ** 2|(-2) ** 2|0 ** 0|0 ** -1|1e3|1E3|1.5e-7|0.1 + 0.2|1e16|1e15|123456789.125|1e22|1e-4|1e-5|0x1F|0b11|0o17|1_000|1_0.5|012|1.|.5|1..2|5.real|3.14.is_integer()
1 < 2|1 < 2 < 3|1 < 3 < 2|1 < 2 > 1|1 == 1.0|1 == true|1 is sameas 1.0|'a' < 'b'|'a' < 'B'|'a' < 1|[1, 2] < [1, 3]|[1] < [1, 0]|(1, 2) < (1, 3)|[1] < (2,)|none < 1|none == none|missing == missing|missing == none|missing < 1|{} == {}|{'a': 1} == {'a': 1.0}|{'a': 1} < {}|[1, 2] == (1, 2)|range(3) == range(0, 3)|range(3) == [0, 1, 2]|true == 1|'1' == 1|true < 2|1 != 2|1 in [1, 2]|1 not in [1, 2]|'a' in 'abc'|'' in ''|1 in 'a1'|none in [none]|'k' in {'k': 1}|1 in {true: 2}|[1] in [[1]]|[1] in {}|2 in range(5)|2.0 in range(5)|2.5 in range(5)|'x' in range(5)|1 in 5|1 in missing|1 in none|not 1 in [1]|not true|not []|not missing|not not 1|true and false|1 and 2|0 or 'x'|[] or {} or 3|missing or 'z'|true and missing|1 if true|1 if false|1 if false else 2|1 if 0 else 2 if 0 else 3|(1 if false) is defined|(1 if false) ~ 'x'
[1, 2, 3][0]|[1, 2, 3][-1]|[1, 2, 3][5]|[1, 2, 3][5] is defined|[1, 2, 3]['a']|[1, 2, 3][1.0]|[1, 2, 3][true]|[1, 2, 3][none]|'abc'[1]|'abc'[-1]|'abc'[9]|'abc'['x']|'abc'['upper']()|'😀x'[0]|'😀x'[1]|'a😀b'[-2]|'a😀b'[1:]|'a😀b'[::-1]|'abc'[1:]|'abc'[:1]|'abc'[-2:]|'abc'[::2]|'abc'[::-1]|'abc'[2:0:-1]|'abc'[5:]|'abc'[::0]|s['a':]|[1, 2, 3][1:]|[1, 2, 3][::-1]|[1, 2, 3, 4][1:3]|[1, 2, 3, 4][-3:-1]|(1, 2, 3)[1:]|(1, 2, 3)[::-1]|range(9)[2:5]|range(9)[::-2]|range(9)[2]|range(9)[-1]|d[1:]|5[0]|n[0:1]|none[0]|none.a|missing.a|missing[0]|missing[0:1]|missing()|d.b|d['b']|d.zz|d.zz is defined|d.zz.y|d['c'].z|d.c['y']|d[['b']]|d[1]|{1: 'a'}[1]|{1: 'a'}[true]|{1: 'a'}[1.0]|{'1': 'a'}[1]|{none: 'n'}[none]|{(1, 2): 't'}[(1, 2)]|{(1, 2): 't'}[1, 2]|{[1]: 2}|{{}: 2}|{1: 'a', true: 'b', 1.0: 'c'}|{'a': 1, 'a': 2}|{'items': 5}.items|{'items': 5}['items']|{'items': 5}.get('items')|{'update': 5}.update|{'update': 5}['update']|{'a b': 1}['a b']|[[1, 2], [3]][0][1]|l.0|rows.1.k|messages[0].content|messages[-1]['content'][1]['text']
()|(1)|(1,)|1, 2|(1, 2)|[1, 2,]|{'a': 1,}|[]|{}|[()]|[[]]|((1, 2), 3)|(1, (2, (3,)))|'a' 'b'|'a' "b" 'c'|'a' ~ 1|1 ~ 2|none ~ true|[1] ~ 'x'|'a' ~ missing ~ 'b'|1 ~ 2 + 3|2 * 3 ~ 4|-1|--1|+1|-'a'|- 3|abs|-3 | abs|(-3) | abs|- 3.5 | round|not 1 == 2|1 + 2 * 3|(1 + 2) * 3|10 - 3 - 2|2 * 3 % 4|'a' if 1 < 2 and 2 < 3 else 'b'|1 is odd and 2 is even|1 is not odd|1 is not none is defined|not 1 is odd|n is divisibleby 7 and n > 3|1 is odd == true|x is none or y|'%s' % 'a'|'%s %s' % ('a', 1)|'%s' % ('a',)|'%d' % 2.9|'%d' % 'a'|'%5d|%-5d|%05d' % (1, 2, 3)|'%+d % d' % (1, 2)|'%x %X %#x %o' % (255, 255, 255, 8)|'%e %E' % (12345.678, 0)|'%f %.2f %10.3f' % (1.5, 2.345, 3.14159)|'%g %g %g' % (0.0001, 123456789, 1.5)|'%g %G %#g' % (1e-10, 1e20, 1.5)|'%c%c' % ('a', 98)|'%r %s' % ('a', 'a')|'%5s|%-5s|%.2s' % ('ab', 'cd', 'efg')|'%%'|'%%' % ()|'%(a)s %(b)d' % {'a': 'x', 'b': 2}|'%(a)s' % {}|'%(a)s' % 1|'%s'|'%s' % []|'%s' % {}|'%s %s' % 'a'|'a' % 1|'a' % ()|'a' % []|'a' % {}|'%s' % none|'%s' % missing|'%*d' % (5, 1)|'%.*f' % (2, 1.239)|'%q' % 1|'%' % 1|'%5' % 1|7 % 'a'
'{}'.format(1)|'{} {}'.format(1, 2)|'{1} {0}'.format(1, 2)|'{a}'.format(a=1)|'{a} {}'.format(0, a=1)|'{} {0}'.format(1)|'{}'.format()|'{a}'.format()|'{{}}'.format()|'{'.format()|'}'.format()|'{0.real}'.format(5)|'{0[k]}'.format({'k': 'v'})|'{0[1]}'.format([1, 2])|'{0.__class__}'.format(1)|'{a.b}'.format(a={'b': 3})|'{!r}'.format('a')|'{!s:>5}|'.format('a')|'{!x}'.format(1)|'{:5}|'.format(1)|'{:5}|'.format('a')|'{:>5}|{:<5}|{:^5}|'.format('a', 'b', 'c')|'{:*^7}'.format('ab')|'{:05d}'.format(42)|'{:+d} {: d}'.format(1, 2)|'{:x} {:#x} {:X} {:b} {:#o} {:c}'.format(255, 255, 255, 5, 8, 97)|'{:,} {:_}'.format(1234567, 1234567)|'{:.2f}'.format(3.14159)|'{:8.3f}|'.format(3.14159)|'{:e} {:.1e} {:g}'.format(12345.678, 12345.678, 0.00001)|'{:%} {:.1%}'.format(0.25, 0.1234)|'{:.3}'.format('abcdef')|'{:.3}'.format(3.14159)|'{:.1}'.format(12.0)|'{:n}'.format(5)|'{:d}'.format(1.5)|'{:d}'.format('a')|'{:s}'.format(1)|'{:5}'.format(none)|'{}'.format(none)|'{:>{}}'.format('a', 4)|'{:{w}.{p}f}'.format(2.34567, w=8, p=2)|'{:=+6d}'.format(3)|'{:<6}|'.format(true)|'{}'.format([1, 'a'])|'{:q}'.format(1)|'{a}'.format_map({'a': 1})|'{a}'.format_map({})|'{}'.format(missing)|'{a[b][c]}'.format(a={'b': {'c': 1}})
range(3)|range(0)|range(1, 4)|range(5, 0, -2)|range(1, 9, 3) | list|range(3) | length|range()|range(1, 2, 0)|range(100001)|range('a')|range(2.5)|range(stop=3)|dict()|dict(a=1)|dict([('a', 1)])|dict({'a': 1}, b=2)|dict([1])|dict(1, 2)|dict(none)|dict(**{'a': 1})|dict.fromkeys(['a'], 1)|namespace()|namespace(a=1).a|namespace(a=1)['a']|namespace({'a': 1})|namespace(a=1).b|namespace(_a=1)|namespace(a=1) == namespace(a=1)|cycler('a', 'b').next()|cycler()|cycler('a').current|joiner()() ~ joiner('-')()|joiner is callable|range is callable|lipsum is defined|self is defined|loop is defined|caller is defined|varargs is defined|raise_exception('no')|raise_exception()|strftime_now('%%') |strftime_now()|strftime_now('x')|nosuch(1)|n()|'a'()|none()|d.get('b')|d['get']('b')|d.get(key='b')|'a'.upper(**{})|'a b'.split(*[' '])|'a-b-c'.split(*['-'], **{'maxsplit': 1})|'a-b'.split(sep='-', sep='b')|d.get(*['zz', 9])|(d.items() | list)[0]|d.items() | length|d.keys() | first|'b' in d.keys()|d.items()[0]|d.values() | list
'\\n' ~ 'x'|'\\x41'|'\\u00e9'|'\\U0001F600'|'\\N{BULLET}'|'\\101'|'\\q'|'\\''|"\\""|'\\\\'|'\\x4'|'\\N{NO SUCH NAME}'|'\\a\\b\\f\\v' | tojson|['\\x00', '\\x7f', '\\u200b', '\\xa0', 'é', '😀', '\\t']|["it's", 'say "x"', 'both \\'"']|'a\\\nb'|'tab\t'|[1.0, 1e100, -0.0, 1e-7, true, none, missing]|{'a': {'b': [1, (2,)]}}|{1: 2, none: 3, 2.5: 4, true: 5}|('<'|e) + '<'|'<' + ('<'|e)|('<'|e) ~ '<'|['<'|e]|('<'|e)|upper|('<'|e)|length|('%s'|e) % '<'|('%s'|e) % ('<'|e)|('{}'|e).format('<')|('-'|e).join(['<', 'a'])|('a<b'|e).replace('a', '<')|('<a>'|e)[0]|('a b'|e).split()|('<'|e) == '&lt;'|{('a'|e): 1}['a']|('<'|safe)|e|'<'|e|e|'<'|e|forceescape|('<b>x</b> &amp; y'|striptags)|'a  <!-- c --> b'|striptags|[('<'|safe), '<']|join('<')|('<'|e)|string is escaped|'x'|safe is escaped|('<'|e)|tojson|'q'|e is string
'http://a.bc/d?e=f'|urlize|'see www.example.com, ok'|urlize|'me@example.com'|urlize|'(http://x.org)'|urlize(10)|'http://x.org'|urlize(nofollow=true, target='_blank')|'ftp://x y'|urlize(extra_schemes=['ftp:'])|'a/b c&d=é'|urlencode|{'a': 'x y', 'b': 1}|urlencode|[['k', '/']]|urlencode|5|urlencode|{'class': 'a"b', 'x': none, 'y': 1}|xmlattr|{'a b': 1}|xmlattr|1|filesizeformat|1000|filesizeformat|1234567|filesizeformat|1234567|filesizeformat(true)|'1e3'|filesizeformat|1e30|filesizeformat|'x'|filesizeformat|3.7|int|'3.7'|int|'0x1f'|int(base=16)|'0b11'|int(0, 2)|'1_000'|int|' 12 '|int|'-5'|int|'+5'|int|'1e2'|int|'inf'|int|'nan'|int|'z'|int(5)|'z'|int(0, 36)|none|int|missing|int|[]|int(4)|true|int|'1.5e2'|float|'.5'|float|'5.'|float|'1_0.5'|float|'inf'|float|'1d'|float|'0x1'|float|missing|float|2.5|round|3.5|round|2.675|round(2)|-2.5|round|1234|round(-2)|7|round|'a'|round|2.1|round(0, 'ceil')|2.123|round(2, 'floor')|1e300|round(2)
'one two-three four'|wordwrap(9)|'one two-three four'|wordwrap(9, break_on_hyphens=false)|'a\nbb ccc\n\ndddd'|wordwrap(3)|'abcdefghij kl'|wordwrap(4)|'abcdefghij kl'|wordwrap(4, false)|'hello world again'|truncate(9)|'hello world again'|truncate(9, true)|'hello world again'|truncate(9, false, '…')|'hello world'|truncate(11)|'hello world again'|truncate(9, leeway=20)|'a\nb\n\nc'|indent|'a\nb\n\nc'|indent(2, true, true)|'a\r\nb'|indent|''|indent(2, true)|5|indent|"they're bill's (x) [y] <z> a-b"|title|'ÉCOLE straße'|capitalize|'ǆ ﬁ ß'|title|u.title()|u.swapcase()|u.casefold()|u|lower|'İ'|lower|length|'ΑΣ ΑΣΑ'|lower|'a\x0bb\x1cc\u2028d\x85e'.splitlines()|'a\n\nb\n'.splitlines()|'\n'.splitlines()|''.splitlines()|' \u00a0x\u3000'|trim|'\u200bx'|trim|'²'.isdigit()|'½'.isnumeric()|'五'.isnumeric()|'Ⅷ'.isupper()|'٣'.isdecimal()|'a1_'.isidentifier()|'1a'.isidentifier()
"""

STATEMENTS = [
    "{% if 1 %}a{% elif 2 %}b{% else %}c{% endif %}|{% if 0 %}a{% elif 2 %}b{% endif %}|{% if '' %}{% else %}c{% endif %}",
    "{% if 1: %}a{% endif: %}", "{% if 1: %}a{% else: %}b{% endif %}", "{% if 1, 2 %}a{% endif %}", "{% if %}a{% endif %}", "{% if 1 %}", "{% endif %}", "{% else %}", "{% if 1 %}{% endfor %}", "{% if 1 %}{% else %}{% else %}{% endif %}", "{% if x is none %}{{ 'none' }}{% endif %}",
    "{% for i in l %}{{ i }}{% endfor %}", "{% for i in l if i > 1 %}{{ loop.index }}{{ i }}{% else %}none{% endfor %}", "{% for i in [] %}x{% else %}none{% endfor %}", "{% for i in l if i > 9 %}x{% else %}none{{ loop is defined }}{% endfor %}", "{% for k in d %}{{ k }}{% endfor %}", "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}", "{% for k, v in d | dictsort %}{{ k }};{% endfor %}", "{% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "{% for a, in [[1], [2]] %}{{ a }}{% endfor %}", "{% for a, b in [[1]] %}{% endfor %}", "{% for a, b in ['xy'] %}{{ a }}{{ b }}{% endfor %}", "{% for a in 5 %}{% endfor %}", "{% for a in none %}{% endfor %}", "{% for a in missing %}x{% else %}y{% endfor %}", "{% for c in 'a😀b' %}{{ c }}-{{ loop.length }};{% endfor %}", "{% for i in 1, 2, 3 %}{{ i }}{% endfor %}", "{% for i in (1, 2) if i %}{{ i }}{% endfor %}", "{% for i in l if i > 1 else [9] %}{{ i }}{% endfor %}", "{% for i in l recursive %}{{ i }}{% endfor %}",
    "{% for i in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }};{% endfor %}", "{% for i in l %}{{ loop.previtem }}<{{ i }}>{{ loop.nextitem }} {% endfor %}", "{% for i in l %}{{ loop.cycle('a', 'b') }}{% endfor %}", "{% for i in l %}{{ loop.cycle() }}{% endfor %}", "{% for i in [1, 1, 2] %}{{ loop.changed(i) }}{% endfor %}", "{% for i in [1, 1] %}{{ loop.changed(i, loop.first) }}{% endfor %}", "{% for i in l | map('string') %}{{ i }}{{ loop.last }}{{ loop.length }}{{ loop.revindex }}{% endfor %}", "{% for i in l | select('odd') %}{{ loop.length }}{{ loop.nextitem }}{{ i }};{% endfor %}", "{% for i in l %}{{ loop }}{% endfor %}", "{% for i in l %}{{ loop.nosuch }}{{ loop['index'] }}{% endfor %}", "{% for i in l %}{{ loop() }}{% endfor %}", "{% for i in [1, 2] %}{% for j in [1, 2] %}{{ loop.index }}{{ loop.depth }}{% endfor %}{{ loop.index }}{% endfor %}", "{% for i in [1, 2] %}{% set outer = loop %}{% for j in [1] %}{{ outer.index }}{{ loop.index }}{% endfor %}{% endfor %}", "{% for i in [1, [2, [3]]] recursive %}{% if i is iterable %}[{{ loop(i) }}]{% else %}{{ i }}@{{ loop.depth }}{% endif %}{% endfor %}", "{% for i in [1, 2] recursive %}{{ i }}{% if i is sequence %}{{ loop(i) }}{% endif %}{% else %}z{% endfor %}", "{% for loop in l %}{% endfor %}", "{% for i in l %}{% set loop = 1 %}{% endfor %}", "{% for i in [1, 2, 3] %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}", "{% for i in [1, 2, 3] %}{% if i == 2 %}{% continue %}{% endif %}{{ i }}{% else %}e{% endfor %}", "{% break %}", "{% continue %}", "{% for i in [1] %}{% else %}{% break %}{% endfor %}", "{% for a in [1, 2] %}{% for i in [] %}{% else %}{% break %}{% endfor %}{{ a }}{% endfor %}", "{% for i in [1, 2] %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}", "{% for i in [1, 2] %}{% generation %}{% break %}{% endgeneration %}{% endfor %}", "{% for i in [1, 2] %}a{% set q %}{% break %}{% endset %}{% endfor %}b", "{% for i in [1, 2] %}{% filter upper %}a{% continue %}{% endfilter %}{% endfor %}b", "{% for i in [1, 2] %}{% with %}{{ i }}{% break %}{% endwith %}{% endfor %}", "{% for i in l %}{{ i }}{% endfor %}{{ i }}|{{ loop }}", "{% set i = 9 %}{% for i in l %}{% endfor %}{{ i }}", "{% for i in [1, 2] %}{{ z }}{% set z = i %}{{ z }}{% endfor %}{{ z }}",
    "{% set a = 1 %}{{ a }}", "{% set a, b = 1, 2 %}{{ a }}{{ b }}", "{% set a = 1, 2 %}{{ a }}", "{% set (a, b) = [1, 2] %}{{ a }}{{ b }}", "{% set a, (b, c) = 1, (2, 3) %}{{ a }}{{ b }}{{ c }}", "{% set a, b = 1 %}", "{% set a, b = [1, 2, 3] %}", "{% set a, b = 'xy' %}{{ b }}", "{% set a, b = d.c %}{{ a }}{{ b }}", "{% set a, = [1] %}{{ a }}", "{% set true = 1 %}", "{% set none = 1 %}", "{% set a.b = 1 %}", "{% set d.b = 1 %}", "{% set ns = namespace() %}{% set ns.a = 1 %}{{ ns.a }}{{ ns['a'] }}{{ ns.b }}{{ ns.b is defined }}", "{% set ns = namespace(a=1, b=[]) %}{% for i in l %}{% set ns.a = ns.a + i %}{% set ns.b = ns.b + [i] %}{% endfor %}{{ ns.a }}{{ ns.b }}{{ ns }}", "{% set ns = namespace() %}{% set ns['a'] = 1 %}", "{% set ns = namespace() %}{% set ns.a, b = 1, 2 %}{{ ns.a }}{{ b }}", "{% set ns = namespace() %}{% set ns._a = 1 %}", "{% set ns = namespace(n=namespace(m=1)) %}{{ ns.n.m }}{% set ns.n.m = 2 %}", "{% set ns = namespace() %}{% set ns.t %}x{{ 1 }}{% endset %}{{ ns.t }}", "{% set a %}x{% endset %}{{ a }}", "{% set a | upper | trim %} x {% endset %}[{{ a }}]", "{% set a | length %}abc{% endset %}{{ a + 1 }}", "{% set a | replace('x', 'y') %}xx{% endset %}{{ a }}", "{% set a %}{% set b = 1 %}{% endset %}{{ b is defined }}", "{% set a %}{% for i in l %}{{ i }}{% endfor %}{% endset %}{{ a }}", "{% if 1 %}{% set a = 1 %}{% endif %}{{ a }}", "{% if 0 %}{% set a = 1 %}{% endif %}{{ a is defined }}", "{% set a = 1 %}{% if 1 %}{% set a = a + 1 %}{% endif %}{{ a }}", "{% set a = 1 %}{% for i in l %}{% set a = a + 1 %}{{ a }}{% endfor %}{{ a }}", "{% set f = s.upper %}{{ f() }}", "{% set a = %}", "{% set %}", "{% set 1 = 2 %}", "{% set a b = 1 %}", "{% set range = 5 %}{{ range }}", "{% set messages = messages[1:] %}{{ messages | length }}",
    "{% with %}{% set a = 1 %}{{ a }}{% endwith %}{{ a }}", "{% with a=1 %}{{ a }}{% endwith %}", "{% with a=1, b=2 %}{{ a + b }}{% endwith %}", "{% set a = 5 %}{% with a=1, b=a %}{{ b }}{% endwith %}{{ a }}", "{% with a, b = (1, 2) %}{{ a }}{{ b }}{% endwith %}", "{% with (a, b) = (1, 2) %}{{ a }}{{ b }}{% endwith %}", "{% with a=1 b=2 %}{% endwith %}", "{% with a %}{% endwith %}",
    "{% macro m() %}x{% endmacro %}{{ m() }}", "{% macro m(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(b=1, a=0) }}{{ m() }}", "{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}", "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "{% macro m(a) %}{% endmacro %}{{ m(b=2) }}", "{% macro m(a) %}{% endmacro %}{{ m(1, a=2) }}", "{% macro m(a=1, b) %}{% endmacro %}", "{% macro m(a, a) %}{% endmacro %}", "{% macro m %}{% endmacro %}", "{% macro m(a.b) %}{% endmacro %}", "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, k=3) }}", "{% macro m(a) %}{{ a }}{{ varargs }}{% endmacro %}{{ m(1, 2, 3) }}", "{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}", "{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}x{{ n }}{% endcall %}", "{% macro m() %}{{ caller(1, b=2) }}{% endmacro %}{% call(a, b) m() %}{{ a }}{{ b }}{% endcall %}", "{% macro m() %}x{% endmacro %}{% call m() %}y{% endcall %}", "{% macro m(caller) %}x{% endmacro %}{% call m() %}y{% endcall %}", "{% macro m(caller=none) %}{{ caller() if caller else 'no' }}{% endmacro %}{{ m() }}{% call m() %}y{% endcall %}", "{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}{% call m() %}{% endcall %}", "{% call 5 %}{% endcall %}", "{% call m() %}{% endcall %}", "{% call range(3) %}{% endcall %}", "{% macro m(i) %}{% if i %}{{ i }}{{ m(i - 1) }}{% endif %}{% endmacro %}{{ m(3) }}", "{% macro m() %}{% set q = 1 %}{% endmacro %}{{ m() }}{{ q is defined }}", "{% set q = 1 %}{% macro m() %}{{ q }}{% endmacro %}{% set q = 2 %}{{ m() }}", "{% macro m() %}a{% endmacro %}{{ m }}{{ m.name }}{{ m.arguments }}{{ m.catch_kwargs }}{{ m.catch_varargs }}{{ m.caller }}", "{% for i in [1, 2] %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}", "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}B{% endmacro %}{{ a() }}", "{% macro m(x) %}{{ x }}{% endmacro %}{{ [1, 2] | map('string') | map('upper') | join }}{{ m(*[5]) }}{{ m(**{'x': 6}) }}", "{% macro m() %}<{% endmacro %}{{ m() | upper }}{{ m() ~ '>' }}{{ m() | length }}", "{% macro m(a) %}{{ a | default('none given') }}{% endmacro %}{{ m() }}", "{% macro _m() %}x{% endmacro %}{{ _m() }}", "{% macro outer() %}{% macro inner() %}i{% endmacro %}{{ inner() }}{% endmacro %}{{ outer() }}{{ inner is defined }}", "{{ m() }}{% macro m() %}{% endmacro %}",
    "{% filter upper %}abc{% endfilter %}", "{% filter upper | replace('A', 'x') %}abc{% endfilter %}", "{% filter indent(2) %}a\nb{% endfilter %}", "{% filter length %}abc{% endfilter %}", "{% filter nosuch %}{% endfilter %}", "{% filter e %}<{% endfilter %}", "{% filter trim %}  {% set q = 1 %} x {% endfilter %}{{ q is defined }}", "{% generation %}x{% set q = 1 %}{{ n }}{% endgeneration %}{{ q is defined }}", "{% for i in [1, 2] %}{% generation %}{{ loop.index }}{{ i }}{% endgeneration %}{% endfor %}", "{% generation %}", "{% generation x %}{% endgeneration %}",
    "{% autoescape true %}{{ '<' }}{{ '<' | safe }}{{ l | tojson }}{{ d.c | tojson }}{{ d.c | tojson | string }}{% endautoescape %}{{ '<' }}", "{% autoescape true %}{{ s ~ '<' }}{{ ('<' | safe) ~ s ~ '<' }}{{ [s, '<'] | join('<') }}{{ ['<' | safe, '<'] | join('|') }}{% endautoescape %}", "{% autoescape true %}{% macro m() %}<{{ '<' }}{% endmacro %}{{ m() }}{% set q %}<{{ '<' }}{% endset %}{{ q }}{% filter upper %}<a{% endfilter %}{% endautoescape %}", "{% autoescape false %}{{ '<' }}{% endautoescape %}", "{% autoescape n > 3 %}{{ '<' ~ s }}{{ d | tojson | string }}{% endautoescape %}", "{% autoescape true %}{{ missing }}{{ none }}{{ s | replace('a', '<') }}{{ ('a' | safe) | replace('a', '<') }}{{ d.c | xmlattr }}{% endautoescape %}", "{% autoescape true %}{% autoescape false %}{{ '<' }}{% endautoescape %}{{ '<' }}{% endautoescape %}",
    "{% block b %}x{{ n }}{% endblock %}", "{% block b %}x{% endblock b %}", "{% block b %}{% endblock %}{% block b %}{% endblock %}", "{% block b %}x{% endblock %}{{ self.b() }}", "{% set q = 1 %}{% block b %}{{ q }}{% set q = 2 %}{% endblock %}{{ q }}", "{% for i in [1] %}{% block b %}{{ i is defined }}{% endblock %}{% endfor %}", "{% for i in [1] %}{% block b scoped %}{{ i }}{% endblock %}{% endfor %}", "{{ self.nosuch() }}", "{% block b %}", "{{ self }}",
    "{% include 'x' %}", "{% if false %}{% include 'x' %}{% endif %}ok", "{% if false %}{% include 'x' ignore missing with context %}{% import 'x' as y %}{% from 'x' import a, b as c with context %}{% endif %}ok", "{% import 'x' %}", "{% extends 'x' %}", "{% from 'x' import %}", "{% do 1 %}", "{% trans %}{% endtrans %}", "{% debug %}", "{% nosuch %}", "{% %}", "{% 1 %}", "{% print 1, 'a' %}", "{% print %}", "{% raw %}{{ x }}{% if %}{% endraw %}", "{% raw %}", "{% raw -%}  a  {%- endraw %}  b", "{% raw %}\n  a\n  {% endraw %}\nb", "a {%- raw %} b {% endraw -%} c", "{%raw%}x{%endraw%}", "{% raw x %}{% endraw %}", "{% endraw %}",
    "{# c #}a", "a{#- c -#} b", "{# a {{ b }} {% c %} #}x", "{#", "{# a #", "{#-#}x", "{#+ x +#}\ny", "  {# c #}\nx", "a {# c #}\nx", "{# c\n\n #}\nx",
    "{{ 1 }}\n{{ 2 }}\n", "{{ 1 }}\n\n", "a\n{% if 1 %}\nb\n{% endif %}\nc\n", "  {% if 1 %}  \n  b\n  {% endif %}\n", "a  {%- if 1 -%}  b  {%- endif -%}  c", "a\n {%+ if 1 %}b{% endif +%}\nc", "a {{- 1 -}} b", "a {{+ 1 }} b", "a {{ 1 +}} b", "\n\n{%- if 1 %}x{% endif %}", "x{% if 1 -%}\n\n y{% endif %}", "\t{% if 1 %}x{% endif %}", "x\r\ny\rz{% if 1 %}\r\nw{% endif %}", "{% if 1 %}\n\n{% endif %}", "{{ 'a' }}{% if 1 %}\n{% endif %}  {% if 1 %}x{% endif %}", "{{\n1\n}}\n", "{{ '}}' }}", "{{ '%}' }}{% if '%}' %}x{% endif %}", "{{ {'a': {'b': 1}}['a'] }}", "{{ {'a': 1}}}", "{{ {}}}", "{{{'a': 1}.a}}", "{{ [1, 2}}", "{{ (1 }}", "{{ 1) }}", "{{ ]", "{{", "}}", "{%", "%}", "{", "{ {", "{{ }}", "{{ 1 2 }}", "{{ a. }}", "{{ .a }}", "{{ 'a", "{{ 'a\" }}", "{{ 1 + }}", "{{ * 2 }}", "{{ a $ b }}", "{{ a ? b }}", "{{ a ; b }}", "{{ a = b }}", "{{ a := b }}", "{{ not }}", "{{ in }}", "{{ is }}", "{{ a is }}", "{{ a | }}", "{{ a | 1 }}", "{{ f(a=1, 2) }}", "{{ f(*a, 1) }}", "{{ f(**a, b=1) }}", "{{ f(a b) }}", "{{ [1 2] }}", "{{ {1} }}", "{{ {1: } }}", "{{ a[ }}", "{{ a[] }}", "{{ d[1, 2:3] }}", "{{ [1, 2, 3][:, 1] }}", "{{ [a, *b] }}", "{{ lambda }}", "{{ a.b.c is defined }}", "{{ missing.b is defined }}", "{{ d.zz.y is defined }}", "{{ _private }}", "{{ é }}", "{{ a1 }}|{{ 1a }}", "{{ x if }}", "{{ x if y else }}", "{{ true.x }}|{{ True }}{{ TRUE }}", "{{ None }}{{ NONE }}", "{{ d is mapping and 'b' in d }}", "{{ n is defined if n else 1 }}", "{{ messages | map(attribute='content') | select('string') | map('trim') | join(';') }}", "{{ messages | selectattr('role', 'in', ['user', 'system']) | map(attribute='role') | list }}", "{{ messages | groupby('role') | map(attribute='list') | map('length') | list }}", "{% for g in rows | groupby('k') %}{{ g.grouper }}:{{ g.list | length }}{{ g[0] }}{{ g }};{% endfor %}", "{% for k, v in rows | groupby('k') %}{{ k }}{{ v | map(attribute='n') | list }}{% endfor %}", "{{ rows | map(attribute='k') | unique | sort | join }}", "{{ rows | sum(attribute='n') / rows | length }}", "{% set g = l | map('string') %}{{ g | list }}{{ g | list }}", "{% set g = l | select('odd') %}{{ g | first }}{{ g | list }}", "{{ l | map('string') | length }}", "{{ (l | map('string'))[0] }}", "{{ l | map('string') | last }}", "{{ l | map('string') | reverse | list }}", "{{ l | map('string') is iterable }}{{ l | map('string') is sequence }}", "{{ l | unique | map('string') | sort | join }}", "{{ 'x' if l | map('string') }}", "{{ l | reverse | first }}{{ s | reverse }}{{ d | reverse | list }}", "{{ rows | batch(3) | map('length') | list }}", "{{ l | slice(3) | map('list') | list }}",
]


def split(text: str) -> list[str]:
    """Pieces between bars that stand outside of quotes and brackets."""
    pieces, current, depth, quote = [], "", 0, None
    for i, c in enumerate(text):
        if quote:
            quote = None if c == quote and text[i - 1] != "\\" else quote
        elif c in "'\"":
            quote = c
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        if c == "|" and depth <= 0 and not quote:
            pieces.append(current)
            current = ""
        else:
            current += c
    return [piece for piece in pieces + [current] if piece.strip()]


def joined(pieces: list[str]) -> list[str]:
    """Filters in a row that belong together: a bare list, string, join, sum and the like ends a chain."""
    chains = []
    for piece in pieces:
        if chains and piece in ("list", "map('first')") and "(" in chains[-1] + "(" and chains[-1] not in ("list", "length"):
            chains.append(chains[-1] + "|" + piece)
        else:
            chains.append(piece)
    return chains


def systematic() -> list[str]:
    templates = list(STATEMENTS)
    for chain in joined(split(FILTERS)):
        templates += ["{{ " + value + " | " + chain + " }}" for value in VALUES]
    for test in split(TESTS):
        templates += ["{{ " + value + " is " + test + " }}{{ " + value + " is not " + test + " }}" for value in VALUES]
    for kind, methods in METHODS.items():
        for method in split(methods):
            templates += ["{{ " + receiver + "." + method + " }}" for receiver in RECEIVERS[kind]]
    for line in EXPRESSIONS.strip("\n").split("\n"):
        for expression in split(line):
            templates.append("{{ " + expression + " }}")
    return templates


class Grammar:
    """Templates grown at random: statements in statements, expressions in expressions, of bounded size."""

    NAMES = ["messages", "d", "rows", "l", "words", "s", "sp", "u", "e", "n", "f", "t", "x", "missing", "a", "b", "i", "ns"]
    LITERALS = ["0", "1", "2", "-1", "3.5", "'a'", "'b c'", "''", "'<'", "true", "false", "none", "[]", "{}", "[1, 2]", "{'k': 'v'}", "'é'", "'%s'"]

    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def one(self, choices):
        return self.random.choice(choices)

    def number(self, depth: int) -> str:
        if depth <= 0:
            return self.one(["0", "1", "2", "7", "-1", "2.5", "n", "f", "l[0]", "rows[1].n", "d.b"])
        n = lambda: self.number(depth - 1)
        return self.one([
            n,
            lambda: f"{n()} {self.one(['+', '-', '*', '//', '%', '/'])} {n()}",
            lambda: f"({n()})",
            lambda: f"-{n()}",
            lambda: f"({self.sequence(depth - 1)}) | length",
            lambda: f"({self.text(depth - 1)}) | {self.one(['length', 'wordcount', 'int', 'int(3)', 'float'])}",
            lambda: f"({n()}) | {self.one(['abs', 'int', 'float', 'round', 'round(1)', 'default(3)'])}",
            lambda: f"({self.sequence(depth - 1)}) | {self.one(['length', 'count'])}",
            lambda: f"l | {self.one(['sum', 'min', 'max', 'first', 'last'])}",
            lambda: f"rows | sum({self.one(['attribute=', ''])}'n')",
            lambda: f"({self.text(depth - 1)}).{self.one(['count', 'find', 'rfind'])}({self.text(0)})",
            lambda: f"{n()} if {self.truth(depth - 1)} else {n()}",
        ])()

    def text(self, depth: int) -> str:
        if depth <= 0:
            return self.one(["s", "sp", "u", "e", "bos_token", "'a'", "'b c'", "''", "'<&>'", "'é😀'", "\"it's\"", "messages[0].role", "rows[0]['k']", "words[1]", "d.c.z"])
        t = lambda: self.text(depth - 1)
        filters = ["upper", "lower", "title", "capitalize", "trim", "e", "string", "reverse", "center(9)", "indent", "indent(2, true)", "replace('a', 'X')", "truncate(6)", "truncate(7, true)", "wordwrap(4)", "urlencode", "striptags", "tojson", "default('z')", "default('z', true)", "first", "last", "forceescape", "safe", "format(1)", "urlize", "join('-')", "pprint"]
        methods = ["upper()", "lower()", "strip()", "lstrip('a')", "rstrip()", "title()", "capitalize()", "swapcase()", "casefold()", "replace('a', 'b')", "zfill(6)", "center(8, '*')", "ljust(7)", "rjust(7, '.')", "expandtabs(4)", "removeprefix('al')", "removesuffix('a')", "join(['x', 'y'])", "format(1, a=2)", "splitlines()", "partition('a')[2]", "rsplit(' ', 1)[0]", "split('a')[-1]"]
        return self.one([
            t,
            lambda: f"{t()} {self.one(['~', '+', '~'])} {t()}",
            lambda: f"{t()} ~ {self.any(depth - 1)}",
            lambda: f"({t()}) | {self.one(filters)}",
            lambda: f"({t()}) | {self.one(filters)}",
            lambda: f"({t()}).{self.one(methods)}",
            lambda: f"({t()})[{self.one(['', '1', '-2', '0'])}:{self.one(['', '3', '-1'])}{self.one(['', ':2', ':-1'])}]",
            lambda: f"({t()}) * {self.one(['0', '2', 'n', '-1'])}",
            lambda: f"({self.sequence(depth - 1)}) | {self.one(['join', 'join(1)', 'tojson', 'string', 'pprint'])}",
            lambda: f"({self.any(depth - 1)}) | {self.one(['tojson', 'string', 'tojson(indent=2)', 'e', 'pprint'])}",
            lambda: f"'%s|%5s|%-4s|%r' % ({self.any(depth - 1)}, {t()}, {self.any(0)}, {t()})",
            lambda: f"'%d %05.1f %x' % ({self.number(depth - 1)}, {self.number(0)}, n)",
            lambda: f"'{{}} {{:>6}} {{a!r}}'.format({self.any(depth - 1)}, {t()}, a={self.any(0)})",
            lambda: f"{t()} if {self.truth(depth - 1)} else {t()}",
            lambda: f"m({self.any(depth - 1)})",
        ])()

    def sequence(self, depth: int) -> str:
        if depth <= 0:
            return self.one(["l", "words", "rows", "messages", "[]", "[1, 2]", "['a', 'B']", "(1, 'x')", "range(3)", "d", "s", "missing", "d.items()", "rows | map(attribute='k')"])
        q = lambda: self.sequence(depth - 1)
        filters = ["list", "reverse | list", "unique | list", "batch(2) | list", "slice(2) | list", "map('string') | list", "map('upper') | list", "select | list", "select('string') | list", "reject('none') | list", "map('default', 1) | list", "first", "last", "tojson", "length", "default([])"]
        rows = ["sort(attribute='k')", "sort(attribute='n', reverse=true)", "map(attribute='k') | list", "map(attribute='k') | unique | join", "selectattr('n') | list", "rejectattr('k', 'eq', 'a') | list", "groupby('k')", "selectattr('n', 'gt', 1) | map(attribute='k') | sort", "min(attribute='n')", "max(attribute='k')", "sum(attribute='n')", "batch(3, 'z') | list", "groupby('k') | map(attribute='list') | map('length') | list"]
        return self.one([
            q,
            lambda: f"({q()}) | {self.one(filters)}",
            lambda: f"({q()}) | {self.one(filters)}",
            lambda: f"rows | {self.one(rows)}",
            lambda: f"{self.one(['l', 'words'])} | {self.one(['sort', 'sort(reverse=true)', 'unique | list', 'sort(case_sensitive=true)', 'reverse | list'])}",
            lambda: f"[{self.any(depth - 1)}, {self.any(depth - 1)}]",
            lambda: f"({self.any(depth - 1)}, {self.any(depth - 1)})",
            lambda: f"l + [{self.any(depth - 1)}]",
            lambda: f"d | {self.one(['dictsort', 'items | list', 'list', 'length', 'dictsort(reverse=true)'])}",
            lambda: f"d.{self.one(['keys()', 'values()', 'items()', 'get(e)', 'copy()', 'keys() | list'])}",
            lambda: f"({self.text(depth - 1)}).{self.one(['split()', 'split(sp)', 'splitlines()', 'partition(words[3])', 'rsplit(none, 1)'])}",
            lambda: f"({q()})[{self.one(['', '1', '-2'])}:{self.one(['', '3', '-1'])}{self.one(['', ':2', ':-1'])}]",
            lambda: "{" + f"{self.text(0)}: {self.any(depth - 1)}, {self.number(0)}: {self.any(0)}" + "}",
        ])()

    def truth(self, depth: int) -> str:
        if depth <= 0:
            return self.one(["true", "false", "t", "x", "n", "e", "l", "missing", "add_generation_prompt", "not t"])
        return self.one([
            lambda: f"{self.number(depth - 1)} {self.one(['==', '!=', '<', '<=', '>', '>='])} {self.number(depth - 1)}",
            lambda: f"{self.text(depth - 1)} {self.one(['==', '!=', '<', 'in', 'not in'])} {self.text(depth - 1)}",
            lambda: f"{self.any(depth - 1)} {self.one(['==', '!='])} {self.any(depth - 1)}",
            lambda: f"{self.any(0)} in ({self.sequence(depth - 1)})",
            lambda: f"{self.truth(depth - 1)} {self.one(['and', 'or'])} {self.truth(depth - 1)}",
            lambda: f"not {self.truth(depth - 1)}",
            lambda: f"({self.any(depth - 1)}) is {self.one(['', 'not '])}{self.one(['defined', 'none', 'string', 'mapping', 'iterable', 'sequence', 'number', 'integer', 'float', 'boolean', 'true', 'false', 'undefined', 'callable', 'escaped', 'eq 1', 'in [1, s]', 'sameas none', 'lower', 'upper'])}",
            lambda: f"({self.number(depth - 1)}) is {self.one(['odd', 'even', 'divisibleby 3', 'gt 1', 'le(2)'])}",
            lambda: f"({self.text(depth - 1)}).{self.one(['isdigit()', 'isupper()', 'startswith(words[3])', 'endswith(words[3])', 'isalpha()', 'istitle()', 'isspace()', 'islower()'])}",
        ])()

    def any(self, depth: int) -> str:
        return self.one([self.number, self.text, self.text, self.sequence, self.truth, self.wild])(depth)

    def wild(self, depth: int) -> str:
        """What may well be refused."""
        if depth <= 0 or self.random.random() < 0.5:
            return self.one(self.NAMES) if self.random.random() < 0.55 else self.one(self.LITERALS)
        return self.one([
            lambda: f"{self.any(0)} {self.one(['+', '-', '*', '%', '<', 'in', 'and', 'or', '~'])} {self.any(0)}",
            lambda: f"{self.one(self.NAMES)}.{self.one(['role', 'content', 'b', 'c', 'k', 'index', 'zz', '0'])}",
            lambda: f"{self.one(self.NAMES)}[{self.any(depth - 1)}]",
            lambda: f"({self.any(depth - 1)}) | {self.one(joined(split(FILTERS)))}",
            lambda: f"({self.any(depth - 1)}) is {self.one(split(TESTS))}",
            lambda: f"({self.any(depth - 1)}).{self.one(split(self.one(list(METHODS.values()))))}",
            lambda: f"{self.one(['range', 'm', 'dict', 'namespace'])}({self.any(depth - 1)})",
        ])()

    def expression(self, depth: int) -> str:
        return self.any(depth) if self.random.random() < 0.9 else self.wild(depth)

    def target(self) -> str:
        return self.one(["a", "b", "i", "ns.q", "n"])

    def statements(self, depth: int, count: int) -> str:
        return "".join(self.statement(depth) for _ in range(self.random.randint(1, count)))

    def statement(self, depth: int) -> str:
        e = lambda: self.expression(2)
        body = lambda: self.statements(depth - 1, 2)
        space = lambda: self.one(["", "", "", " ", "\n", "  \n  "])
        sign = lambda: self.one(["", "", "", "-", "+"])
        end = lambda: self.one(["", "", "", "-"])
        if depth <= 0:
            return self.one([lambda: "{{" + self.one(["", "-"]) + " " + e() + " " + end() + "}}", lambda: self.one(["text", " ", "\n", "é{", "}"])])()
        tag = lambda text: space() + "{%" + sign() + " " + text + " " + end() + "%}" + space()
        return self.one([
            lambda: "{{ " + e() + " }}",
            lambda: "{{ " + e() + " }}",
            lambda: "{{ " + self.expression(3) + " }}",
            lambda: tag(f"if {self.truth(2)}") + body() + tag("endif"),
            lambda: tag(f"if {self.truth(2)}") + body() + tag(f"elif {self.truth(1)}") + body() + tag("else") + body() + tag("endif"),
            lambda: tag(f"for {self.one(['i', 'i', 'a'])} in {self.one(['l', 'rows', 'messages', 'd', 'd.items()', 'range(3)', 's', self.sequence(2)])}{self.one(['', '', f' if {self.truth(1)}'])}") + body() + self.one(["", "{{ loop.index }}", "{{ i }}"]) + self.one(["", "{% else %}none"]) + tag("endfor"),
            lambda: tag(f"for i in {self.one(['l', 'words'])}") + body() + "{{ loop." + self.one(["first", "last", "length", "revindex", "previtem", "nextitem"]) + " }}" + self.one(["", "{% break %}", "{% if i == 1 %}{% continue %}{% endif %}"]) + tag("endfor"),
            lambda: tag(f"set {self.target()} = {e()}"),
            lambda: tag("set ns = namespace(q=1)") + body() + tag(f"set ns.q = {e()}") + "{{ ns.q }}",
            lambda: tag("set a") + body() + tag("endset") + "{{ a }}",
            lambda: tag(f"with a = {e()}, b = {e()}") + body() + tag("endwith"),
            lambda: tag(f"macro m({self.one(['', 'a', 'a, b=1', 'a=x'])})") + body() + self.one(["", "{{ caller() }}", "{{ varargs }}"]) + tag("endmacro") + "{{ m(" + e() + ") }}",
            lambda: tag("macro m(a)") + "[{{ caller(a) }}]" + tag("endmacro") + tag("call(b) m(1)") + body() + tag("endcall"),
            lambda: tag(f"filter {self.one(['upper', 'trim', 'e', 'replace(1, 2)', 'indent'])}") + body() + tag("endfilter"),
            lambda: tag("raw") + self.one(["{{ x }}", "{% if %}", "x"]) + tag("endraw"),
            lambda: "{#" + sign() + " c " + end() + "#}" + space(),
            lambda: tag("generation") + body() + tag("endgeneration"),
        ])()

    def template(self) -> str:
        return "{% macro m(a) %}({{ a }}){% endmacro %}{% set ns = namespace(q=0) %}" + self.statements(2, 4)


def grown(count: int) -> list[str]:
    templates = []
    seed = 0
    while len(templates) < count:
        template = Grammar(seed).template()
        seed += 1
        if 10 < len(template) < 600:
            templates.append(template)
    return templates


# What is written of things that have no text of their own is an address of memory; and whole numbers here have 64 bits.
UNSTABLE = re.compile(r"0x[0-9a-f]{6,}|<function|<FUNCTION|0X[0-9A-F]{6,}|<GENERATOR|<Generator|<built-in|<generator|<bound|\b\d{18,}\b|random")


def main() -> None:
    cases = {"systematic": [], "grown": []}
    for kind, templates in (("systematic", systematic()), ("grown", grown(int(sys.argv[1]) if len(sys.argv) > 1 else 1500))):
        for template in dict.fromkeys(templates):
            result = render(template, copy.deepcopy(VARIABLES))  # indent() extends lists that it is given
            if UNSTABLE.search(template + result.get("rendered", "")):
                continue
            try:
                result.get("rendered", "").encode("utf-8")
            except UnicodeEncodeError:
                continue
            cases[kind].append([template] + ([result["rendered"]] if "rendered" in result else []))
    path = GOLDEN / "templates-rules.json"
    lines = ['{"variables": ' + json.dumps(VARIABLES, ensure_ascii=False, separators=(",", ":"))]
    for kind, rows in cases.items():
        lines.append(f'"{kind}": [\n' + ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows) + "]")
        print(f"{kind}: {len(rows)} cases, {sum(len(row) == 1 for row in rows)} refused")
    path.write_text(",\n".join(lines) + "}\n", encoding="utf-8", newline="\n")
    print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

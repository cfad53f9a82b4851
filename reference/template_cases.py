"""Chat templates in the style of published ones, and what the Jinja environment of transformers makes of them.

The templates are this project's own; together they use what templates of LLaVA, Vicuna, Llama 3, Qwen, Mistral, Gemma
and Phi models use: loops with conditions, namespaces, macros, slices, filters, tests, white-space control, tool calls.
"""

import json

from transformers.utils.chat_template_utils import _compile_jinja_template

from common import GOLDEN

LLAVA = """\
{% for message in messages %}
{% if message['role'] != 'system' %}
{{ message['role'].upper() + ': '}}
{% endif %}
{# Render all images first #}
{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}
{{ '<image>\\n' }}
{% endfor %}
{# Render all text next #}
{% if message['role'] != 'assistant' %}
{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}
{{ content['text'] + ' '}}
{% endfor %}
{% else %}
{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}
{% generation %}
{{ content['text'] + ' '}}
{% endgeneration %}
{% endfor %}
{% endif %}
{% endfor %}
{% if add_generation_prompt %}
{{ 'ASSISTANT:' }}
{% endif %}
"""

VICUNA = (
    "{%- if messages[0]['role'] == 'system' -%}{%- set loop_messages = messages[1:] -%}"
    "{%- set system_message = messages[0]['content'] | trim + ' ' -%}{%- else -%}{%- set loop_messages = messages -%}"
    "{%- set system_message = 'A chat between a curious user and a helpful assistant. ' -%}{%- endif -%}"
    "{{ bos_token + system_message }}{%- for message in loop_messages -%}"
    "{%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{%- endif -%}"
    "{%- if message['role'] == 'user' -%}{{ 'USER: ' + message['content'].strip() + ' ' }}"
    "{%- elif message['role'] == 'assistant' -%}{{ 'ASSISTANT: ' + message['content'].strip() + eos_token }}{%- endif -%}"
    "{%- endfor -%}{%- if add_generation_prompt -%}{{ 'ASSISTANT:' }}{%- endif -%}"
)

LLAMA_3 = """\
{{- bos_token }}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = "26 Jul 2024" %}
    {%- endif %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content'] if messages[0]['content'] is string else messages[0]['content'][0]['text'] %}
    {%- set system_message = system_message|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{#- Find out if there are any images #}
{% set image_ns = namespace(has_images=false) %}
{%- for message in messages %}
    {%- for content in message['content'] %}
        {%- if content['type'] == 'image' %}
            {%- set image_ns.has_images = true %}
        {%- endif %}
    {%- endfor %}
{%- endfor %}
{%- if image_ns.has_images and not system_message == "" %}
    {{- raise_exception("Prompting with images is incompatible with system messages.") }}
{%- endif %}
{%- if not image_ns.has_images %}
    {{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
    {%- if tools is not none %}
        {{- "Environment: ipython\\n" }}
    {%- endif %}
    {{- "Today Date: " + date_string + "\\n\\n" }}
    {{- system_message }}
    {{- "<|eot_id|>" }}
{%- endif %}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}
        {%- if message['content'] is string %}
            {{- message['content'] | trim}}
        {%- else %}
            {%- for content in message['content'] %}
                {%- if content['type'] == 'image' %}
                    {{- '<|image|>' }}
                {%- elif content['type'] == 'text' %}
                    {{- content['text'] | trim }}
                {%- endif %}
            {%- endfor %}
        {%- endif %}
        {{- '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}
            {{- raise_exception("This model only supports single tool-calls at once!") }}
        {%- endif %}
        {%- set tool_call = message.tool_calls[0].function %}
        {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}
        {{- '{"name": "' + tool_call.name + '", ' }}
        {{- '"parameters": ' }}
        {{- tool_call.arguments | tojson }}
        {{- "}" }}
        {{- "<|eot_id|>" }}
    {%- elif message.role == "tool" or message.role == "ipython" %}
        {{- "<|start_header_id|>ipython<|end_header_id|>\\n\\n" }}
        {%- if message.content is mapping or message.content is iterable %}
            {{- message.content | tojson }}
        {%- else %}
            {{- message.content }}
        {%- endif %}
        {{- "<|eot_id|>" }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
"""

QWEN_VL = (
    "{% set image_count = namespace(value=0) %}{% set video_count = namespace(value=0) %}{% for message in messages %}"
    "{% if loop.first and message['role'] != 'system' %}<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
    "{% endif %}<|im_start|>{{ message['role'] }}\n{% if message['content'] is string %}{{ message['content'] }}"
    "<|im_end|>\n{% else %}{% for content in message['content'] %}{% if content['type'] == 'image' or 'image' in content"
    " or 'image_url' in content %}{% set image_count.value = image_count.value + 1 %}{% if add_vision_id %}Picture "
    "{{ image_count.value }}: {% endif %}<|vision_start|><|image_pad|><|vision_end|>{% elif content['type'] == 'video' or"
    " 'video' in content %}{% set video_count.value = video_count.value + 1 %}{% if add_vision_id %}Video "
    "{{ video_count.value }}: {% endif %}<|vision_start|><|video_pad|><|vision_end|>{% elif 'text' in content %}"
    "{{ content['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endif %}{% endfor %}{% if add_generation_prompt %}"
    "<|im_start|>assistant\n{% endif %}"
)

QWEN_3 = """\
{%- macro render_extra(json_dict, skip=['name']) %}
    {%- for key, value in json_dict.items() if key not in skip %}
        {{- '\\n<' ~ key ~ '>' ~ (value | tojson if value is mapping or (value is sequence and value is not string) else value | string) ~ '</' ~ key ~ '>' }}
    {%- endfor %}
{%- endmacro %}
{%- if tools %}
    {{- '<|im_start|>system\\n# Tools\\n<tools>' }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
        {{- render_extra(tool.function) }}
    {%- endfor %}
    {{- "\\n</tools><|im_end|>\\n" }}
{%- endif %}
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.content is string %}
        {%- set content = message.content %}
    {%- else %}
        {%- set content = '' %}
    {%- endif %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set reasoning_content = '' %}
        {%- if message.reasoning_content is string %}
            {%- set reasoning_content = message.reasoning_content %}
        {%- else %}
            {%- if '</think>' in content %}
                {%- set reasoning_content = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
                {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
            {%- endif %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index and (loop.last or (not loop.last and reasoning_content)) %}
            {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {%- for tool_call in message.tool_calls or [] %}
            {{- '\\n<tool_call>\\n{"name": "' ~ tool_call.function.name ~ '", "arguments": ' }}
            {{- tool_call.function.arguments if tool_call.function.arguments is string else tool_call.function.arguments | tojson }}
            {{- '}\\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == "tool" %}
        {%- if loop.first or (messages[loop.index0 - 1].role != "tool") %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\\n<tool_response>\\n' }}
        {{- content }}
        {{- '\\n</tool_response>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
            {{- '<|im_end|>\\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}"""

GEMMA = """\
{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set first_user_prefix = messages[0]['content'] + '

' -%}
    {%- else -%}
        {%- set first_user_prefix = messages[0]['content'][0]['text'] + '

' -%}
    {%- endif -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '
' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'image' -%}
                {{ '<start_of_image>' }}
            {%- elif item['type'] == 'text' -%}
                {{ item['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("Invalid content type") }}
    {%- endif -%}
    {{ '<end_of_turn>
' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<start_of_turn>model
'}}
{%- endif -%}
"""

MISTRAL = (
    "{%- set ns = namespace(index=0) %}{{ bos_token }}{% for message in messages %}{% set ns.index = loop.index %}"
    "{%- if message.role == 'user' %}{{ '[INST] ' }}{%- if message.content is not string %}"
    "{{ message.content | map(attribute='text', default='[IMG]') | join(' ') }}{%- else %}{{ message.content }}"
    "{%- endif %}{{ ' [/INST]' }}{%- elif message.role == 'assistant' %}"
    "{{ ' ' ~ (message.content if message.content is string else message.content[0].text) ~ eos_token }}{%- endif %}"
    "{%- endfor %}"
)

# Small texts that pin down single rules.
SNIPPETS = [
    "{{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 1.5 + 1 }} {{ 1e3 if false else 10.0 }}",
    "{{ true }} {{ none }} {{ [1, 'a', none, true, 2.5] }} {{ {'a': [1], 'b': 'it\\'s'} }} {{ undefined_name }}|",
    "{{ 'abc'[0] }}{{ 'abc'[-1] }}{{ 'abc'[1:] }}{{ 'abcdef'[::2] }}{{ 'abc'[::-1] }}{{ [1, 2, 3][-2:] }}{{ [1, 2, 3][5:] }}",
    "{{ 1 < 2 < 3 }} {{ 1 < 2 > 5 }} {{ 'a' in 'abc' }} {{ 'z' not in 'abc' }} {{ 2 in [1, 2] }} {{ 'k' in {'k': 1} }}",
    "{{ not true or true }} {{ not (true or true) }} {{ 1 == 1.0 }} {{ true == 1 }} {{ '1' == 1 }} {{ [1, 2] == [1, 2] }}",
    "{% for x in [1, 2, 3, 4] if x is even %}{{ loop.index }}/{{ loop.length }}:{{ x }}{{ ', ' if not loop.last }}{% endfor %}",
    "{% for x in [] %}a{% else %}none{% endfor %} {% for a, b in [[1, 2], [3, 4]] %}{{ a }}-{{ b }};{% endfor %}",
    "{% for x in range(5) %}{% if x == 1 %}{% continue %}{% endif %}{% if x == 3 %}{% break %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in 'ab' %}{{ loop.cycle('odd', 'even') }}{{ loop.previtem is defined }}{{ loop.nextitem }}{{ loop.revindex }}{% endfor %}",
    "{% set x = 1 %}{% for i in [1, 2] %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}",
    "{% if true %}{% set y = 'seen' %}{% endif %}{{ y }}{% with z = 1, w = 2 %}{{ z + w }}{% endwith %}{{ z is defined }}",
    "{% macro m(a, b='B', c=none) %}<{{ a }}{{ b }}{{ c }}>{% endmacro %}{{ m(1) }}{{ m(1, c=3) }}{{ m(b=2, a=1) }}{{ m() }}",
    "{% set text %}  some\n text {% endset %}[{{ text }}]{% set t2 | upper | trim %} abc {% endset %}[{{ t2 }}]",
    "{% filter upper %}abc{{ 'd' }}{% endfilter %}{% raw %}{{ not run }}{% endraw %}{# a comment #}!",
    "  {% if true %}\n  indented\n  {% endif %}\nend\n",
    "  {%- if true -%}\n  tight\n  {%- endif -%}\nend\n\n",
    "a {%+ if true %} b {% endif +%}\n c {{- ' d ' -}} \n e\n",
    "line\n    {# gone #}\n    {{ 'kept indentation' }}\n    {% set q = 1 %}\nlast",
    "x{% raw -%}\n  raw  {%- endraw %}\ny {%- raw %} {% a %} {% endraw -%} \n z",
    "{{ '  padded '|trim }}|{{ 'xxaxx'.strip('x') }}|{{ '\\n\\nq\\n'.lstrip('\\n') }}|{{ 'q\\n'.rstrip() }}|{{ 'a,b,,c'.split(',') }}|{{ ' a  b '.split() }}",
    "{{ 'a-b-c'.split('-', 1) }} {{ 'a-b-c'.rsplit('-', 1) }} {{ 'hello world'.title() }} {{ 'hELLO'.capitalize() }} {{ 'aXbX'.replace('X', 'y', 1) }}",
    "{{ 'abc'.startswith(('x', 'a')) }} {{ 'abc'.endswith('bc') }} {{ 'abc'.find('c') }} {{ 'banana'.count('an') }} {{ ', '.join(['a', 'b']) }}",
    "{{ '%s has %d' % ('x', 3) }} {{ '%s' | format('y') }} {{ '{} and {}'.format('p', 'q') }} {{ 'ab' * 3 }} {{ [0] * 2 }}",
    "{{ {'b': 1, 'a': [true, none, 1.5, 'q\"\\n<é>']} | tojson }} {{ [] | tojson }} {{ {'a': {'b': []}} | tojson(indent=2) }}",
    "{{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }} {{ [1, 2] | tojson(separators=(',', ':')) }} {{ {'x': 1}.items() | list | tojson }}",
    "{{ [3, 1, 2] | sort }} {{ ['b', 'A', 'c'] | sort(reverse=true) }} {{ [1, 2, 1] | unique | list }} {{ [1, 2, 3] | sum }} {{ [2, 9, 4] | max }}",
    "{{ [{'n': 2, 'k': 'x'}, {'n': 1, 'k': 'y'}] | sort(attribute='n') | map(attribute='k') | join }} {{ ['a', 'b'] | map('upper') | list }}",
    "{{ [1, 2, 3, 4] | select('even') | list }} {{ [1, 2, 3] | reject('equalto', 2) | list }} {{ [{'a': 1}, {}] | selectattr('a') | list | length }}",
    "{{ [{'a': 1}, {'a': 2}] | rejectattr('a', 'eq', 2) | list }} {{ [{'a': {'b': 5}}] | map(attribute='a.b') | first }} {{ [] | first | default('none') }}",
    "{{ nothing | default('d') }} {{ '' | default('d') }}|{{ '' | default('d', true) }} {{ none | default('d') }} {{ '12' | int + 1 }} {{ 'x' | int(7) }} {{ '1.5' | float }}",
    "{{ [] | max | default('no') }}{{ 3.7 | int }} {{ -3 | abs }} {{ 2.567 | round(2) }} {{ 'abc' | length }} {{ 'abc' | reverse }} {{ [1, 2] | reverse | list }} {{ 'abc' | last }}",
    "{{ 'a\\nb\\n\\nc' | indent(2) }}|{{ 'a\\nb' | indent(2, true) }} {{ '<a & \"b\">' | e }} {{ 'x' | string | upper | lower }}",
    "{{ 1 is number }} {{ 'a' is string }} {{ [] is sequence }} {{ {} is mapping }} {{ none is none }} {{ x is not defined }} {{ 3 is divisibleby 3 }} {{ 'a' is in ['a'] }}",
    "{{ 'x' if false }}|{{ ('a' if false else 'b') ~ 1 ~ none ~ true }} {{ 'a' 'b' }} {{ \"it's\" }} {{ '\\u00e9\\x41\\\\' }}",
    "{{ {'a': {'b': 1}}['a']['b'] }} {{ {'a': {'b': 1}}.a.b }} {{ {'items': 5}['items'] }} {{ {'k': 1}.get('z', 'no') }} {{ {'k': 1}.get('z') }}",
    "{{ dict(a=1, b='x') }} {{ dict({'q': 1}, r=2) | tojson }} {% set ns = namespace({'v': 1}, w=2) %}{% set ns.v = ns.v + ns.w %}{{ ns.v }}",
    "{{ 1000000.0 }} {{ 0.1 + 0.2 }} {{ 1e-7 * 1 if false else 0.00001 }} {{ 100000000000000000000.0 }} {{ 5 | float }} {{ 1.0 | string }}",
    "{%- for i in range(3, 0, -1) recursive %}{{ i }}{% endfor %}{% for n in [[1, [2, 3]]] recursive %}{% for k in n %}{{ loop(k) if k is iterable else k }}{% endfor %}{% endfor %}",
    "{% set a, b = [1, 2] %}{{ b }}{{ a }}{% set c = 1, 2 %}{{ c | length }}{{ (1, 2)[0] }}{{ ((3)) }}",
    "{{ messages | map(attribute='role') | list }} {{ (messages | last).role }} {{ messages[0]['missing'] is defined }} {{ messages[99] is defined }}",
]


def text(role: str, content) -> dict:
    return {"role": role, "content": content}


def parts(*items: str) -> list[dict]:
    return [{"type": "image"} if item == "<image>" else {"type": "text", "text": item} for item in items]


CALL = {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": {"name": "look", "arguments": {"where": "left", "n": 2, "fine": True}}}]}
TOOLS = [{"type": "function", "function": {"name": "look", "description": "Looks «there»", "parameters": {"type": "object", "properties": {}}}}]

CONVERSATIONS = {
    "one": [text("user", parts("<image>", "How many?"))],
    "turns": [text("system", parts(" Be brief. ")), text("user", parts("<image>", "<image>", "Which?")), text("assistant", parts("The first. ")), text("user", parts("Why?  "))],
    "plain": [text("user", "  What is it? ")],
    "plain_turns": [text("system", " Be brief.\n"), text("user", "Hi"), text("assistant", "<think>\nhm\n</think>\n\nHello"), text("user", "Bye {{ 7 * 7 }} {% raw %}")],
    "twice": [text("user", "a"), text("user", "b")],
    "tools": [text("user", "Look"), CALL, text("tool", "seen"), text("tool", "again")],
}

TEMPLATES = {"llava": LLAVA, "vicuna": VICUNA, "llama3": LLAMA_3, "qwen-vl": QWEN_VL, "qwen3": QWEN_3, "gemma": GEMMA, "mistral": MISTRAL}


def render(template: str, variables: dict) -> dict:
    try:
        return {"rendered": _compile_jinja_template(template).render(**variables)}
    except Exception as error:  # what a template refuses is part of what it does
        return {"error": type(error).__name__}


def main() -> None:
    cases = []
    for name, template in TEMPLATES.items():
        for conversation, messages in CONVERSATIONS.items():
            for extra in ({"add_generation_prompt": True}, {"add_generation_prompt": False, "add_vision_id": True, "tools": TOOLS, "enable_thinking": False}):
                variables = {"messages": messages, "tools": None, "bos_token": "<s>", "eos_token": "</s>"} | extra
                cases.append({"name": f"{name} {conversation}", "template": template, "variables": variables} | render(template, variables))
    for snippet in SNIPPETS:
        variables = {"messages": CONVERSATIONS["turns"]}
        cases.append({"name": snippet, "template": snippet, "variables": variables} | render(snippet, variables))
    path = GOLDEN / "templates.json"
    path.write_text(json.dumps(cases, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{path.name}: {len(cases)} cases, {sum('error' in case for case in cases)} refused")


if __name__ == "__main__":
    main()

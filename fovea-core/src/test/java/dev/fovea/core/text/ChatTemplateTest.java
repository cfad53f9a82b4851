package dev.fovea.core.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatTemplateTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");
    private static final SpecialTokens TOKENS = new SpecialTokens("<s>", "</s>", null, null, "<image>");
    private static final List<ChatMessage> TURNS = List.of(
            ChatMessage.of("system", 0, "Be brief."),
            ChatMessage.of("user", 2, "Which is larger?"),
            ChatMessage.of("assistant", 0, "The first."),
            ChatMessage.of("user", 0, "Why?"));

    @TempDir
    Path dir;

    static Stream<Arguments> golden() throws IOException {
        JsonNode json = new ObjectMapper()
                .readTree(GOLDEN.resolve("llava-gqa/golden.json").toFile());
        return StreamSupport.stream(json.path("templates").spliterator(), false)
                .map(c -> Arguments.of(c.path("name").asText(), c));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("golden")
    void rendersConversationsAsTheProcessorDoes(String name, JsonNode golden) {
        ChatTemplate template = ChatTemplate.open(GOLDEN.resolve("llava-gqa"), TOKENS);
        List<ChatMessage> messages = new ArrayList<>();
        for (JsonNode m : golden.path("messages")) {
            List<ChatMessage.Part> parts = new ArrayList<>();
            for (JsonNode p : m.path("content")) {
                parts.add(
                        p.path("type").asText().equals("image")
                                ? new ChatMessage.Image()
                                : new ChatMessage.Text(p.path("text").asText()));
            }
            messages.add(new ChatMessage(m.path("role").asText(), parts));
        }
        assertThat(template.render(
                        messages, golden.path("add_generation_prompt").asBoolean()))
                .isEqualTo(golden.path("rendered").asText());
    }

    @Test
    void aCheckpointWithoutATemplateIsAskedLikeLlava() {
        ChatTemplate template = ChatTemplate.open(dir, TOKENS);
        assertThat(template.render(List.of(ChatMessage.of("user", 1, "How many?")), true))
                .isEqualTo("USER: <image>\nHow many? ASSISTANT:");
        assertThat(template.render(TURNS, true))
                .isEqualTo(
                        "Be brief. USER: <image>\n<image>\nWhich is larger? ASSISTANT: The first. USER: Why? ASSISTANT:");
        assertThatThrownBy(() -> template.render(List.of(ChatMessage.of("tool", 0, "x")), true))
                .isInstanceOf(TextException.class)
                .hasMessageContaining("no role 'tool'");
    }

    @Test
    void templatesThatExpectPlainTextGetIt() {
        ChatTemplate vicuna = ChatTemplate.of(
                "{% for m in messages %}{{ m['role'] ~ '=' ~ m['content'] | trim }};{% endfor %}", "x", TOKENS);
        assertThat(vicuna.render(TURNS, false))
                .isEqualTo("system=Be brief.;user=<image>\n<image>\nWhich is larger?;assistant=The first.;user=Why?;");
    }

    @Test
    void specialTokensThatDoNotExistAreUndefined() {
        ChatTemplate template = ChatTemplate.of(
                "{{ bos_token }}{{ pad_token }}{{ pad_token is defined }}{{ tools is none }}{{ eos_token }}",
                "x",
                TOKENS);
        assertThat(template.render(TURNS, false)).isEqualTo("<s>FalseTrue</s>");
    }

    @Test
    void theTemplateIsFoundWhereverACheckpointKeepsIt() throws IOException {
        Files.writeString(
                dir.resolve("tokenizer_config.json"),
                "{\"chat_template\": [{\"name\": \"tool_use\", \"template\": \"t\"}, {\"name\": \"default\", \"template\": \"four\"}]}");
        assertThat(render()).isEqualTo("four");
        Files.writeString(dir.resolve("processor_config.json"), "{\"chat_template\": \"three\"}");
        assertThat(render()).isEqualTo("three");
        Files.writeString(dir.resolve("chat_template.json"), "{\"chat_template\": \"two\"}");
        assertThat(render()).isEqualTo("two");
        Files.writeString(dir.resolve("chat_template.jinja"), "one\n");
        assertThat(render()).isEqualTo("one");
    }

    private String render() {
        return ChatTemplate.open(dir, TOKENS).render(TURNS, true);
    }

    @Test
    void theDateComesFromTheClock() {
        ChatTemplate template = ChatTemplate.of("{{ strftime_now('%d %b %Y') }}", "x", TOKENS)
                .withClock(Clock.fixed(Instant.parse("2026-02-01T00:00:00Z"), ZoneOffset.UTC));
        assertThat(template.render(TURNS, true)).isEqualTo("01 Feb 2026");
    }

    @Test
    void refusalsAndMistakesAreOneSentence() throws IOException {
        ChatTemplate strict = ChatTemplate.of("{{ raise_exception('roles must alternate') }}", "x", TOKENS);
        assertThatThrownBy(() -> strict.render(TURNS, true))
                .isInstanceOf(TextException.class)
                .hasMessage("The chat template of this model refuses the conversation: roles must alternate");
        ChatTemplate broken = ChatTemplate.of("\n{{ 1 + messages }}", "there", TOKENS);
        assertThatThrownBy(() -> broken.render(TURNS, true))
                .hasMessageStartingWith("The chat template in there cannot be used: line 2: ");
        Files.writeString(dir.resolve("chat_template.jinja"), "{% if %}");
        assertThatThrownBy(() -> ChatTemplate.open(dir, TOKENS))
                .isInstanceOf(TextException.class)
                .hasMessage("The chat template in " + dir.resolve("chat_template.jinja")
                        + " cannot be used: line 1: a value was expected, not the end of the tag; download it again");
        Files.delete(dir.resolve("chat_template.jinja"));
        Files.writeString(dir.resolve("chat_template.json"), "{nonsense");
        assertThatThrownBy(() -> ChatTemplate.open(dir, TOKENS)).hasMessageContaining("is not valid JSON near line 1");
    }

    private static final ChatMessage ASKED = ChatMessage.of("user", 1, "hi");

    /** The form of the content is found by what a template does with it, whatever words stand in it. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "string-tools | <s><user><image>\\nhi<assistant>",
                "string-interp | <s><user><image>\\nhi<assistant>",
                "int-keys | <s><user><image>hi<assistant>",
                "call-block | <s><user><image>hi<assistant>"
            })
    void contentIsTextOrPartsByWhatTheTemplateDoesWithIt(String file, String expected) throws IOException {
        String text = Files.readString(Path.of("src/test/resources/templates", file + ".jinja"));
        assertThat(ChatTemplate.of(text, file, TOKENS).render(List.of(ASKED), true))
                .isEqualTo(expected.replace("\\n", "\n"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // Each speaks of "type" or content[0], and takes text.
                "{% for m in messages %}{{ '[' + m['content'] + ']' }}{# m.type #}{% endfor %}",
                "{% for m in messages %}{% set type = m.role %}[{{ m.content | trim }}]{% endfor %}",
                "{% for m in messages %}[{{ m.content if m.content[0] != ' ' else m.content[1:] }}]{% endfor %}",
                "{% for m in messages %}{% if m.content is not string %}{{ raise_exception('type') }}{% endif %}[{{ m.content }}]{% endfor %}",
                "{% for m in messages %}[{{ m.content.strip() }}]{{ {'type': 1}['type'] if tools else '' }}{% endfor %}",
                // Parts whose pictures would be lost are given as text.
                "{% for m in messages %}[{% if m.content is string %}{{ m.content }}{% else %}{% for p in m.content if p.type == 'text' %}{{ p.text }}{% endfor %}{% endif %}]{% endfor %}",
                "{% for m in messages %}[{{ m.content if m.content is string else m.content | tojson }}]{% endfor %}"
            })
    void textIsGivenToTemplatesThatKeepItWhole(String template) {
        assertThat(ChatTemplate.of(template, "x", TOKENS).render(List.of(ASKED), true))
                .isEqualTo("[<image>\nhi]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for m in messages %}[{% for p in m['content'] %}{{ '<image>' if p['ty' ~ 'pe'] == 'image' else p['text'] }}{% endfor %}]{% endfor %}",
                "{% for m in messages %}[{{ m.content | map(attribute='text', default='<image>') | join }}]{% endfor %}",
                "{% macro say(c) %}{% for p in c %}{{ p.text if 'text' in p else '<image>' }}{% endfor %}{% endmacro %}{% for m in messages %}[{{ say(m.content) }}]{% endfor %}",
                "{% for m in messages %}[{% if m.content is string %}{{ m.content }}{% else %}{% for p in m.content | groupby('type') %}{{ '<image>' if p.grouper == 'image' else p.list[0].text }}{% endfor %}{% endif %}]{% endfor %}"
            })
    void partsAreGivenToTemplatesThatTakeThemApart(String template) {
        assertThat(ChatTemplate.of(template, "x", TOKENS).render(List.of(ASKED), true))
                .isEqualTo("[<image>hi]");
    }

    @Test
    void theFormIsFoundForEachRole() {
        ChatTemplate mixed = ChatTemplate.of(
                "{% for m in messages %}{{ m.role }}:{% if m.role == 'user' %}{% for p in m.content %}{{ p.text or '<image>' }}"
                        + "{% endfor %}{% else %}{{ m.content + '.' }}{% endif %};{% endfor %}",
                "x", TOKENS);
        assertThat(mixed.render(TURNS, true))
                .isEqualTo("system:Be brief..;user:<image><image>Which is larger?;assistant:The first..;user:Why?;");
        ChatTemplate strict = ChatTemplate.of(
                "{% if messages[0].role != 'system' %}{{ raise_exception('a system turn comes first') }}{% endif %}"
                        + "{% for m in messages %}{{ m.content ~ ';' }}{% endfor %}",
                "x", TOKENS);
        assertThat(strict.render(TURNS, true))
                .isEqualTo("Be brief.;<image>\n<image>\nWhich is larger?;The first.;Why?;");
    }

    @Test
    void severalNamedTemplatesWithoutADefaultAreNamed() throws IOException {
        Path config = dir.resolve("tokenizer_config.json");
        Files.writeString(
                config,
                "{\"chat_template\": [{\"name\": \"tool_use\", \"template\": \"t\"}, {\"name\": \"rag\", \"template\": \"r\"}]}");
        assertThatThrownBy(() -> ChatTemplate.open(dir, TOKENS))
                .isInstanceOf(TextException.class)
                .hasMessage(dir + " names its chat templates rag, tool_use, and none of them 'default'; choose one with"
                        + " --chat-template");
        assertThat(ChatTemplate.open(dir, TOKENS, "rag").render(TURNS, true)).isEqualTo("r");
        assertThatThrownBy(() -> ChatTemplate.open(dir, TOKENS, "nope"))
                .hasMessage(
                        "There is no chat template 'nope': it is no file, and " + dir + " names only rag, tool_use");
        for (String folder : List.of("additional_chat_templates", "chat_templates")) {
            Files.createDirectories(dir.resolve(folder));
            Files.writeString(dir.resolve(folder).resolve("in_" + folder + ".jinja"), folder);
            assertThat(ChatTemplate.open(dir, TOKENS, "in_" + folder).render(TURNS, true))
                    .isEqualTo(folder);
        }
        Files.writeString(dir.resolve("chat_template.json"), "{\"chat_template\": {\"default\": \"d\"}}");
        assertThat(render()).isEqualTo("d");
    }

    @Test
    void aTemplateOfOnesOwnTakesThePlaceOfTheCheckpoints() throws IOException {
        Files.writeString(dir.resolve("chat_template.jinja"), "{% if broken %}");
        Path own = dir.resolve("own.jinja");
        Files.writeString(own, "{{ messages | length }}");
        assertThat(ChatTemplate.open(dir, TOKENS, own.toString()).render(TURNS, true))
                .isEqualTo("4");
        assertThatThrownBy(() -> ChatTemplate.open(dir, TOKENS, "no\0file")).isInstanceOf(TextException.class);
    }

    @Test
    void aMissingTemplateIsAnnounced() throws IOException {
        assertThat(ChatTemplate.open(dir, TOKENS).note())
                .isEqualTo(
                        dir + " has no chat template, so questions are written in the form of LLaVA 1.5; name another"
                                + " with --chat-template");
        Files.writeString(dir.resolve("chat_template.jinja"), "x");
        assertThat(ChatTemplate.open(dir, TOKENS).note()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ raise_exception('\\x1b[2J\\x1b]0;owned\\x07hello') }}",
                "{{ raise_exception('\\u202ehello\\u2066') }}",
                "{{ {}['\\x1bhello'].x }}",
                "{{ '%\\x1bhello' % 1 }}",
                "{{ '{\\x9bhello}'.format() }}"
            })
    void whatATemplateSaysCannotCommandATerminal(String template) {
        ChatTemplate hostile = ChatTemplate.of(template, "x", TOKENS);
        assertThatThrownBy(() -> hostile.render(TURNS, true))
                .isInstanceOf(TextException.class)
                .hasMessageContaining("hello")
                .message()
                .matches(m -> m.chars().noneMatch(c -> Character.isISOControl(c) || c >= 0x2028 && c <= 0x206f));
    }

    @Test
    void aTemplateThatRunsForTooLongIsTriedOnce() {
        ChatTemplate endless = ChatTemplate.of(
                "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "x", TOKENS);
        assertThatThrownBy(() -> endless.render(TURNS, true))
                .hasMessage("The chat template in x cannot be used: line 1: the template runs for too long");
    }

    @Test
    void wordsOfAPersonAreNeverATemplate() {
        String words = "{{ 7 * 7 }} {% raw %} {# x #}";
        ChatTemplate template = ChatTemplate.open(GOLDEN.resolve("llava-gqa"), TOKENS);
        assertThat(template.render(List.of(ChatMessage.of("user", 0, words)), true))
                .contains(words);
    }
}

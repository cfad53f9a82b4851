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
import org.junit.jupiter.params.provider.MethodSource;

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

    @Test
    void wordsOfAPersonAreNeverATemplate() {
        String words = "{{ 7 * 7 }} {% raw %} {# x #}";
        ChatTemplate template = ChatTemplate.open(GOLDEN.resolve("llava-gqa"), TOKENS);
        assertThat(template.render(List.of(ChatMessage.of("user", 0, words)), true))
                .contains(words);
    }
}

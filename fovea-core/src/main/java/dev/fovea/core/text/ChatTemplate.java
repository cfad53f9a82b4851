package dev.fovea.core.text;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.text.jinja.Template;
import dev.fovea.core.text.jinja.TemplateException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Writes a conversation as the one text that a model was trained on, by the Jinja template of its checkpoint. Templates
 * are untrusted and run in a sandbox. A checkpoint without one gets the form of LLaVA 1.5. Safe for use by several
 * threads.
 */
public final class ChatTemplate {
    /** Templates that look at the kind of each part want lists of parts; others want plain text. */
    private static final Pattern READS_PARTS = Pattern.compile("['\"]type['\"]|\\.type\\b|content\\[0]");

    private final @Nullable Template template;
    private final boolean readsParts;
    private final String source;
    private final SpecialTokens tokens;
    private final Clock clock;

    private ChatTemplate(
            @Nullable Template template, boolean readsParts, String source, SpecialTokens tokens, Clock clock) {
        this.template = template;
        this.readsParts = readsParts;
        this.source = source;
        this.tokens = tokens;
        this.clock = clock;
    }

    /**
     * The chat template of a checkpoint: {@code chat_template.jinja}, or the entry {@code chat_template} of
     * {@code chat_template.json}, {@code processor_config.json} or {@code tokenizer_config.json}, whichever is there
     * first; else the form of LLaVA 1.5.
     *
     * @param tokens the special tokens that templates refer to
     * @throws TextException if the template is not well formed, in one sentence
     */
    public static ChatTemplate open(Path folder, SpecialTokens tokens) {
        Path own = folder.resolve("chat_template.jinja");
        if (Files.exists(own)) {
            try {
                return of(Files.readString(own), own.toString(), tokens);
            } catch (IOException e) {
                throw new TextException(own + " cannot be read: " + e.getMessage(), e);
            }
        }
        for (String name : List.of("chat_template.json", "processor_config.json", "tokenizer_config.json")) {
            Path path = folder.resolve(name);
            String text = text(JsonFiles.readIfPresent(path).path("chat_template"));
            if (text != null) {
                return of(text, path.toString(), tokens);
            }
        }
        return llava(tokens);
    }

    /** The template itself, or of several named ones that which is called {@code default}. */
    private static @Nullable String text(JsonNode node) {
        if (node.isTextual()) {
            return node.asText();
        }
        for (JsonNode named : node) {
            if (named.path("name").asText().equals("default")) {
                return named.path("template").asText();
            }
        }
        return null;
    }

    /**
     * A template from its text.
     *
     * @param source what to call it in messages
     * @throws TextException if it is not well formed, in one sentence
     */
    public static ChatTemplate of(String template, String source, SpecialTokens tokens) {
        try {
            return new ChatTemplate(
                    Template.parse(template),
                    READS_PARTS.matcher(template).find(),
                    source,
                    tokens,
                    Clock.system(ZoneId.systemDefault()));
        } catch (TemplateException e) {
            throw new TextException(
                    "The chat template in " + source + " cannot be used: " + e.getMessage() + "; download it again", e);
        }
    }

    /** The form of LLaVA 1.5: {@code USER: <image>\n... ASSISTANT:}. */
    public static ChatTemplate llava(SpecialTokens tokens) {
        return new ChatTemplate(null, true, "LLaVA 1.5", tokens, Clock.system(ZoneId.systemDefault()));
    }

    /** The same with another clock, for templates that tell the model the date. */
    public ChatTemplate withClock(Clock other) {
        return new ChatTemplate(template, readsParts, source, tokens, other);
    }

    /**
     * The text of a conversation.
     *
     * @param addGenerationPrompt whether the text ends where the model's answer begins
     * @throws TextException if the template refuses the conversation or fails on it, in one sentence
     */
    public String render(List<ChatMessage> messages, boolean addGenerationPrompt) {
        if (template == null) {
            return renderLlava(messages, addGenerationPrompt);
        }
        try {
            return template.render(variables(messages, addGenerationPrompt), clock);
        } catch (TemplateException e) {
            throw new TextException(
                    e.raisedByTemplate()
                            ? "The chat template of this model refuses the conversation: " + e.getMessage()
                            : "The chat template in " + source + " cannot be used: " + e.getMessage(),
                    e);
        }
    }

    private Map<String, @Nullable Object> variables(List<ChatMessage> messages, boolean addGenerationPrompt) {
        Map<String, @Nullable Object> variables = new LinkedHashMap<>();
        List<Object> turns = new ArrayList<>();
        for (ChatMessage message : messages) {
            turns.add(Map.of("role", message.role(), "content", readsParts ? parts(message) : plain(message)));
        }
        variables.put("messages", turns);
        variables.put("add_generation_prompt", addGenerationPrompt);
        variables.put("tools", null);
        variables.put("documents", null);
        putIfKnown(variables, "bos_token", tokens.beginning());
        putIfKnown(variables, "eos_token", tokens.end());
        putIfKnown(variables, "pad_token", tokens.padding());
        putIfKnown(variables, "unk_token", tokens.unknown());
        putIfKnown(variables, "image_token", tokens.image());
        return variables;
    }

    private static void putIfKnown(Map<String, @Nullable Object> variables, String name, @Nullable String token) {
        if (token != null) {
            variables.put(name, token);
        }
    }

    private static List<Object> parts(ChatMessage message) {
        List<Object> parts = new ArrayList<>();
        for (ChatMessage.Part part : message.parts()) {
            parts.add(
                    switch (part) {
                        case ChatMessage.Text text -> Map.of("type", "text", "text", text.text());
                        case ChatMessage.Image image -> Map.of("type", "image");
                    });
        }
        return parts;
    }

    /** Pictures first, each on a line of its own, as such models were trained. */
    private String plain(ChatMessage message) {
        return (imageToken() + "\n").repeat((int) message.images()) + message.text();
    }

    private String imageToken() {
        return tokens.image() == null ? "<image>" : tokens.image();
    }

    private String renderLlava(List<ChatMessage> messages, boolean addGenerationPrompt) {
        StringBuilder out = new StringBuilder();
        for (ChatMessage message : messages) {
            switch (message.role()) {
                case "system" -> {}
                case "user" -> out.append("USER: ");
                case "assistant" -> out.append("ASSISTANT: ");
                default ->
                    throw new TextException("A conversation of this model has no role '" + message.role()
                            + "'; use system, user or assistant");
            }
            out.append(plain(message)).append(' ');
        }
        return addGenerationPrompt ? out.append("ASSISTANT:").toString() : out.toString();
    }
}

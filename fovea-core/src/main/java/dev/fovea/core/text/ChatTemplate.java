package dev.fovea.core.text;

import dev.fovea.core.text.jinja.Template;
import dev.fovea.core.text.jinja.TemplateException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes a conversation as the one text that a model was trained on, by the Jinja template of its checkpoint. Templates
 * are untrusted and run in a sandbox. A checkpoint without one gets the form of LLaVA 1.5. Safe for use by several
 * threads.
 */
public final class ChatTemplate {
    private final @Nullable Template template;
    private final String source;
    private final SpecialTokens tokens;
    private final Clock clock;
    private final @Nullable String note;

    /** How this template wants the content of turns; found when it is first asked. */
    private volatile @Nullable ContentForm form;

    private ChatTemplate(
            @Nullable Template template, String source, SpecialTokens tokens, Clock clock, @Nullable String note) {
        this.template = template;
        this.source = source;
        this.tokens = tokens;
        this.clock = clock;
        this.note = note;
    }

    /**
     * The chat template of a checkpoint: {@code chat_template.jinja}, or the entry {@code chat_template} of
     * {@code chat_template.json}, {@code processor_config.json} or {@code tokenizer_config.json}, whichever is there
     * first; of several named ones that which is called {@code default}. A checkpoint without any gets the form of
     * LLaVA 1.5, and {@link #note()} says so.
     *
     * @param tokens the special tokens that templates refer to
     * @throws TextException if the template is not well formed, or several have names and none is the default, in one
     *     sentence
     */
    public static ChatTemplate open(Path folder, SpecialTokens tokens) {
        return open(folder, tokens, null);
    }

    /**
     * As above, with a template of one's own choice.
     *
     * @param asked a name among the checkpoint's templates, or a file; null for the usual one
     */
    public static ChatTemplate open(Path folder, SpecialTokens tokens, @Nullable String asked) {
        return open(folder, tokens, asked, null);
    }

    /**
     * As above, for models of a family whose prompts have a form of their own.
     *
     * @param usual the template of checkpoints that bring none; null for the form of LLaVA 1.5
     */
    public static ChatTemplate open(Path folder, SpecialTokens tokens, @Nullable String asked, @Nullable String usual) {
        TemplateFiles.Found found = TemplateFiles.find(folder, asked);
        if (found == null && usual != null) {
            return of(usual, "Fovea for this family", tokens);
        }
        return found == null
                ? llava(
                        tokens,
                        folder
                                + " has no chat template, so questions are written in the form of LLaVA 1.5; name another"
                                + " with --chat-template")
                : of(found.text(), found.source(), tokens);
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
                    Template.parse(template), source, tokens, Clock.system(ZoneId.systemDefault()), null);
        } catch (TemplateException e) {
            throw new TextException(
                    "The chat template in " + source + " cannot be used: " + e.getMessage() + "; download it again", e);
        }
    }

    /** The form of LLaVA 1.5: {@code USER: <image>\n... ASSISTANT:}. */
    public static ChatTemplate llava(SpecialTokens tokens) {
        return llava(tokens, null);
    }

    private static ChatTemplate llava(SpecialTokens tokens, @Nullable String note) {
        return new ChatTemplate(null, "LLaVA 1.5", tokens, Clock.system(ZoneId.systemDefault()), note);
    }

    /** What a person should know about the choice of this template, in one sentence; null if nothing. */
    public @Nullable String note() {
        return note;
    }

    /** The same with another clock, for templates that tell the model the date. */
    public ChatTemplate withClock(Clock other) {
        return new ChatTemplate(template, source, tokens, other, note);
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
            ContentForm wanted = form(template);
            List<Object> turns = new ArrayList<>();
            for (ChatMessage message : messages) {
                Object content = wanted.parts(message.role()) ? parts(message) : plain(message);
                turns.add(Map.of("role", message.role(), "content", content));
            }
            return template.render(variables(turns, addGenerationPrompt), clock);
        } catch (TemplateException e) {
            throw new TextException(
                    e.raisedByTemplate()
                            ? "The chat template of this model refuses the conversation: " + e.getMessage()
                            : "The chat template in " + source + " cannot be used: " + e.getMessage(),
                    e);
        }
    }

    private ContentForm form(Template known) {
        ContentForm now = form;
        if (now == null) {
            now = ContentForm.of(turns -> known.render(variables(turns, true), clock), imageToken());
            form = now;
        }
        return now;
    }

    private Map<String, @Nullable Object> variables(List<Object> turns, boolean addGenerationPrompt) {
        Map<String, @Nullable Object> variables = new LinkedHashMap<>();
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
                        case ChatMessage.Video video -> Map.of("type", "video");
                    });
        }
        return parts;
    }

    /** Pictures and videos first, each on a line of its own, as such models were trained. */
    private String plain(ChatMessage message) {
        return (imageToken() + "\n").repeat((int) (message.images() + message.videos())) + message.text();
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

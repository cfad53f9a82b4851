package dev.fovea.core.text;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A conversation as the token ids of a prompt. What people write stays text: {@code </s>} in a question is five
 * characters and not the end of a turn, {@code <image>} no picture. Only the chat template makes special tokens. Where
 * a model marks its turns with plain words ({@code USER:}), these remain plain words, whoever writes them.
 *
 * @param template writes the conversation
 * @param tokenizer of the same model
 */
public record PromptEncoder(ChatTemplate template, Tokenizer tokenizer) {

    /**
     * The ids of a conversation up to the point where the model's answer begins.
     *
     * @param pictures puts into the rendered text what stands there for pictures
     * @param specialTokens whether special tokens spelled in the messages are special tokens
     * @throws TextException if the template refuses the conversation, in one sentence
     */
    public int[] encode(List<ChatMessage> messages, UnaryOperator<String> pictures, boolean specialTokens) {
        if (specialTokens || messages.stream().noneMatch(this::mayForge)) {
            return tokenizer.encodePrompt(pictures.apply(template.render(messages, true)));
        }
        List<String> hidden = new ArrayList<>();
        List<ChatMessage> veiled =
                messages.stream().map(message -> veil(message, hidden)).toList();
        return tokenizer.encodePrompt(pictures.apply(template.render(veiled, true)), hidden);
    }

    private boolean mayForge(ChatMessage message) {
        return message.parts().stream()
                .anyMatch(part -> part instanceof ChatMessage.Text text && tokenizer.mayForge(text.text()));
    }

    /** Texts that could forge something are hidden from the template, all but the blanks around them. */
    private ChatMessage veil(ChatMessage message, List<String> hidden) {
        if (!mayForge(message)) {
            return message;
        }
        List<ChatMessage.Part> parts = new ArrayList<>();
        for (ChatMessage.Part part : message.parts()) {
            String text = part instanceof ChatMessage.Text words ? words.text() : "";
            String core = text.strip();
            if (core.isEmpty()) {
                parts.add(part);
                continue;
            }
            int at = text.indexOf(core);
            parts.add(new ChatMessage.Text(
                    text.substring(0, at) + tokenizer.veil(hidden.size()) + text.substring(at + core.length())));
            hidden.add(core);
        }
        return new ChatMessage(message.role(), parts);
    }
}

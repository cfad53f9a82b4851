package dev.fovea.spring.ai;

import dev.fovea.core.AskOptions;
import dev.fovea.core.AskWishes;
import dev.fovea.core.SharedModel;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.text.ChatMessage;
import dev.fovea.document.DocumentWish;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolCallingChatOptions;

/**
 * Says a prompt of Spring AI in the engine's words; what the engine cannot do is refused, never left out.
 *
 * @param shared answers
 * @param media decodes pictures and draws documents
 */
record PromptReader(SharedModel shared, MediaReader media) {
    /** Answers of prompts that do not say how long they may be. */
    private static final int USUAL_TOKENS = 1_024;

    /**
     * A conversation to answer.
     *
     * @param messages in order, with a place for each picture
     * @param images the pictures, in the order of the places
     * @param options techniques, budget and generation
     */
    record Asked(List<ChatMessage> messages, List<RgbImage> images, AskOptions options) {}

    /**
     * Reads a prompt.
     *
     * @param options those of the prompt, and the model's where it says nothing
     * @throws IllegalArgumentException with one sentence if something is wrong with it
     * @throws UnsupportedOperationException with one sentence if it wants what cannot be done
     */
    Asked read(Prompt prompt, FoveaChatOptions options) {
        refuse(prompt, options);
        MediaReader.Shown shown = media.showing(DocumentWish.of(options.getPages(), options.getDocumentPassword()));
        List<ChatMessage> messages = new ArrayList<>();
        prompt.getInstructions().forEach(message -> messages.add(message(message, shown)));
        if (messages.isEmpty() || !messages.getLast().role().equals("user")) {
            throw new IllegalArgumentException("The last message must be the user's, for the model to answer it.");
        }
        return new Asked(messages, shown.images(), options(options));
    }

    private void refuse(Prompt prompt, FoveaChatOptions options) {
        if (prompt.getOptions() instanceof ToolCallingChatOptions tools && !isEmpty(tools.getToolCallbacks())) {
            throw new UnsupportedOperationException("Fovea's models call no tools; leave them out.");
        }
        if (options.getFrequencyPenalty() != null || options.getPresencePenalty() != null) {
            throw new UnsupportedOperationException("Penalties of frequency and presence are not supported; use"
                    + " FoveaChatOptions.repetitionPenalty.");
        }
        String name = options.getModel();
        if (name != null && !name.equals(shared.name())) {
            throw new IllegalArgumentException(
                    "This model is '" + shared.name() + "', and '" + name + "' was asked for; leave the name out.");
        }
    }

    private static boolean isEmpty(@Nullable List<?> list) {
        return list == null || list.isEmpty();
    }

    private static ChatMessage message(Message message, MediaReader.Shown shown) {
        return switch (message.getMessageType()) {
            case SYSTEM -> ChatMessage.of("system", 0, text(message));
            case USER -> user((UserMessage) message, shown);
            case ASSISTANT -> assistant((AssistantMessage) message);
            case TOOL ->
                throw new UnsupportedOperationException("Fovea's models call no tools; leave their answers out.");
        };
    }

    private static ChatMessage assistant(AssistantMessage said) {
        if (said.hasToolCalls()) {
            throw new UnsupportedOperationException("Fovea's models call no tools; leave their calls out.");
        }
        return ChatMessage.of("assistant", 0, text(said));
    }

    /** Pictures first: Spring AI does not say where among the words they stand. */
    private static ChatMessage user(UserMessage asked, MediaReader.Shown shown) {
        return ChatMessage.of("user", shown.add(asked.getMedia()), text(asked));
    }

    private static String text(Message message) {
        String text = message.getText();
        return text == null ? "" : text;
    }

    private static AskOptions options(FoveaChatOptions asked) {
        return new AskWishes(
                        asked.getTechniques(),
                        asked.getBudget(),
                        asked.getMaxTokens(),
                        asked.getStopSequences(),
                        asked.getRepetitionPenalty(),
                        asked.getTemperature(),
                        asked.getTopK(),
                        asked.getTopP(),
                        asked.getMinP(),
                        asked.getSeed())
                .options(USUAL_TOKENS);
    }
}

package dev.fovea.server;

import dev.fovea.core.text.ChatMessage;
import java.util.List;

/**
 * A conversation as a request gives it.
 *
 * @param messages in order, with a place for each picture
 * @param pictures data URLs, in the order of the places
 */
record Prompt(List<ChatMessage> messages, List<String> pictures) {
    Prompt {
        messages = List.copyOf(messages);
        pictures = List.copyOf(pictures);
    }
}

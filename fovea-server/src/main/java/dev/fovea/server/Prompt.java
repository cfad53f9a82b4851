package dev.fovea.server;

import dev.fovea.core.text.ChatMessage;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * A conversation as a request gives it.
 *
 * @param messages in order, with a place for each attachment
 * @param attachments in the order of the places
 */
record Prompt(List<ChatMessage> messages, List<Attachment> attachments) {
    Prompt {
        messages = List.copyOf(messages);
        attachments = List.copyOf(attachments);
    }

    /**
     * The messages with a place for each picture.
     *
     * @param pictures how many each attachment became
     */
    List<ChatMessage> messages(List<Integer> pictures) {
        Iterator<Integer> next = pictures.iterator();
        List<ChatMessage> all = new ArrayList<>();
        for (ChatMessage message : messages) {
            List<ChatMessage.Part> parts = new ArrayList<>();
            for (ChatMessage.Part part : message.parts()) {
                int times = part instanceof ChatMessage.Image ? next.next() : 1;
                for (int i = 0; i < times; i++) {
                    parts.add(part);
                }
            }
            all.add(new ChatMessage(message.role(), parts));
        }
        return all;
    }
}

package dev.fovea.langchain4j;

import dev.fovea.core.SharedModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import java.util.List;

/**
 * What chat models, whole and streaming, have in common.
 *
 * @param shared answers
 * @param owned whether it is closed with the chat model
 * @param reader of requests
 * @param parameters that requests may leave out
 * @param listeners told of every request
 */
record Chats(
        SharedModel shared,
        boolean owned,
        RequestReader reader,
        FoveaChatRequestParameters parameters,
        List<ChatModelListener> listeners) {

    void close() {
        if (owned) {
            shared.close();
        }
    }
}

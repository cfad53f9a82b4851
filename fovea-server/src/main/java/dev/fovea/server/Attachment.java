package dev.fovea.server;

/** What a message shows besides its words, as it was sent. */
sealed interface Attachment {

    /** @param url a data URL */
    record Picture(String url) implements Attachment {}

    /** @param data a document or a picture: a data URL, or bare base64 */
    record File(String data) implements Attachment {}
}

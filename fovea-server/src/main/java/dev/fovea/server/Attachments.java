package dev.fovea.server;

import dev.fovea.core.image.RgbImage;
import dev.fovea.core.text.ChatMessage;
import dev.fovea.document.DocumentReader;
import dev.fovea.document.DocumentWish;
import java.util.ArrayList;
import java.util.List;

/** What the messages of a request show, as pictures: a document becomes one for each page that is wanted. */
record Attachments(Pictures pictures, Documents documents) {

    /**
     * A conversation with its pictures.
     *
     * @param messages with a place for each picture
     * @param images in the order of the places
     */
    record Shown(List<ChatMessage> messages, List<RgbImage> images) {}

    /**
     * Decodes and draws everything that a request shows.
     *
     * @param param the field that the messages stand in, for errors
     */
    Shown show(Prompt prompt, DocumentWish wish, String param) {
        pictures.requireFew(prompt.attachments().size(), param);
        List<RgbImage> images = new ArrayList<>();
        List<Integer> counts = new ArrayList<>();
        int document = 0;
        for (Attachment attachment : prompt.attachments()) {
            int before = images.size();
            String number = String.valueOf(counts.size() + 1);
            switch (attachment) {
                case Attachment.Picture picture ->
                    images.add(pictures.decode(picture.url(), "Picture " + number, param));
                case Attachment.File file -> {
                    String name = "File " + number;
                    byte[] bytes = Documents.bytes(file.data(), name, param);
                    if (DocumentReader.isDocument(bytes)) {
                        images.addAll(documents
                                .draw(bytes, name, wish, document++, param)
                                .images());
                    } else {
                        images.add(pictures.decode(bytes, name, param));
                    }
                }
            }
            counts.add(images.size() - before);
            pictures.requireFew(images.size(), param);
        }
        return new Shown(prompt.messages(counts), images);
    }
}

package dev.fovea.server;

import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.DataUrl;
import dev.fovea.core.image.PictureException;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.message.Printable;
import dev.fovea.core.text.ChatMessage;
import dev.fovea.document.Document;
import dev.fovea.document.DocumentException;
import dev.fovea.document.DocumentLimits;
import dev.fovea.document.DocumentReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What the messages of a request show, as pictures: a document becomes one for each page that is wanted. */
final class Attachments {
    private static final Duration DRAWING = Duration.ofSeconds(20);
    private static final long UNFOLDED = 128L << 20;

    private final VisionLanguageModel model;
    private final Pictures pictures;
    private final DocumentReader documents;
    private final int most;

    Attachments(VisionLanguageModel model, Pictures pictures, Limits limits) {
        this.model = model;
        this.pictures = pictures;
        this.most = limits.pictures();
        this.documents = new DocumentReader(DocumentLimits.DEFAULT
                .withPages(most)
                .withPagePixels(Math.min(DocumentLimits.DEFAULT.pagePixels(), limits.pixels()))
                .withPicturePixels(Math.min(DocumentLimits.DEFAULT.picturePixels(), limits.pixels()))
                .withFileBytes(limits.bodyBytes())
                .withUnfoldedBytes(UNFOLDED)
                .withTime(DRAWING));
    }

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
                    byte[] bytes = bytes(file, "File " + number, param);
                    if (DocumentReader.isDocument(bytes)) {
                        images.addAll(pages(bytes, "File " + number, wish, document++, param));
                    } else {
                        images.add(pictures.decode(bytes, "File " + number, param));
                    }
                }
            }
            counts.add(images.size() - before);
            pictures.requireFew(images.size(), param);
        }
        return new Shown(prompt.messages(counts), images);
    }

    private static byte[] bytes(Attachment.File file, String name, String param) {
        try {
            return file.data().regionMatches(true, 0, "data:", 0, 5)
                    ? DataUrl.bytes(file.data(), name)
                    : DataUrl.base64(file.data(), name);
        } catch (PictureException e) {
            throw ApiException.invalid(param, Pictures.sentence(e));
        }
    }

    private List<RgbImage> pages(byte[] bytes, String name, DocumentWish wish, int index, String param) {
        try {
            Document document = documents.read(
                    bytes, name, wish.pages(index), wish.password(), documents.scaleFor(model::pictureScale));
            return document.images();
        } catch (DocumentException e) {
            String said = Printable.sentence(String.valueOf(e.getMessage()));
            throw switch (e.kind()) {
                case DOCUMENT -> ApiException.invalid(param, said + (said.endsWith(".") ? "" : "."));
                case PASSWORD -> ApiException.invalid("fovea.password", said + " (the field 'fovea.password').");
                case BUSY -> ApiException.busy(503, "too_many_documents", said + ".", 5);
                case LIBRARY -> ApiException.of(501, "no_documents", "This server draws no documents; send pictures.");
            };
        }
    }
}

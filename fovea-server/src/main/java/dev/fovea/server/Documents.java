package dev.fovea.server;

import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.DataUrl;
import dev.fovea.core.image.PictureException;
import dev.fovea.core.message.Printable;
import dev.fovea.document.Document;
import dev.fovea.document.DocumentException;
import dev.fovea.document.DocumentLimits;
import dev.fovea.document.DocumentReader;
import dev.fovea.document.DocumentWish;

/** PDF documents of requests: their pages are drawn as large as the model sees pictures. */
final class Documents {
    private final VisionLanguageModel model;
    private final DocumentReader reader;

    Documents(VisionLanguageModel model, Limits limits) {
        this.model = model;
        DocumentLimits usual = DocumentLimits.OF_REQUESTS;
        this.reader = new DocumentReader(usual.withPages(limits.pictures())
                .withPagePixels(Math.min(usual.pagePixels(), limits.pixels()))
                .withPicturePixels(Math.min(usual.picturePixels(), limits.pixels()))
                .withFileBytes(limits.bodyBytes()));
    }

    /** The bytes of a file, sent as a data URL or as bare base64. */
    static byte[] bytes(String data, String name, String param) {
        try {
            return DataUrl.isOne(data) ? DataUrl.documentBytes(data, name) : DataUrl.base64(data, name);
        } catch (PictureException e) {
            throw ApiException.invalid(param, Pictures.sentence(e));
        }
    }

    /**
     * Draws the pages that are wanted.
     *
     * @param name what to call the document in messages
     * @param index among the documents of the request
     * @param param the field that it stands in, for errors
     */
    Document draw(byte[] bytes, String name, DocumentWish wish, int index, String param) {
        try {
            return reader.read(
                    bytes,
                    name,
                    DocumentFields.pages(wish, index),
                    wish.password(),
                    reader.scaleFor(model::pictureScale));
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

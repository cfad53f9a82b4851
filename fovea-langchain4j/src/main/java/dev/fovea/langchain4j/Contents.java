package dev.fovea.langchain4j;

import dev.fovea.core.image.RgbImage;
import dev.fovea.core.text.ChatMessage;
import dev.fovea.document.DocumentWish;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.PdfFileContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.List;

/** What the messages of one request show: pictures, and in the place of each PDF document a picture to every page. */
final class Contents {
    private final Pictures pictures;
    private final Documents documents;
    private final DocumentWish wish;
    private final List<RgbImage> images = new ArrayList<>();
    private int shownPictures;
    private int shownDocuments;

    Contents(Pictures pictures, Documents documents, DocumentWish wish) {
        this.pictures = pictures;
        this.documents = documents;
        this.wish = wish;
    }

    /** The pictures so far, in the order of their places. */
    List<RgbImage> images() {
        return images;
    }

    /** A message with a place for each picture. */
    ChatMessage of(UserMessage asked) {
        List<ChatMessage.Part> parts = new ArrayList<>();
        for (Content content : asked.contents()) {
            switch (content) {
                case TextContent text -> parts.add(new ChatMessage.Text(text.text()));
                case ImageContent picture ->
                    show(List.of(pictures.read(picture.image(), "Picture " + ++shownPictures)), parts);
                case PdfFileContent document -> show(documents.read(document.pdfFile(), shownDocuments++, wish), parts);
                default ->
                    throw new UnsupportedFeatureException("Contents of the kind " + content.type()
                            + " are not supported; give texts, pictures and PDF documents.");
            }
        }
        return new ChatMessage("user", parts);
    }

    private void show(List<RgbImage> shown, List<ChatMessage.Part> parts) {
        images.addAll(shown);
        shown.forEach(image -> parts.add(new ChatMessage.Image()));
    }
}

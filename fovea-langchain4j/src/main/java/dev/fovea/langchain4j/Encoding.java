package dev.fovea.langchain4j;

import dev.fovea.core.DualEncoder;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Matrix;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.exception.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.List;

/**
 * Texts and pictures as vectors of length 1 in the space that a dual encoder has for both.
 *
 * @param encoder computes
 * @param owned whether it is closed with its model
 * @param pictures decodes
 * @param name how the model is called
 */
record Encoding(DualEncoder encoder, boolean owned, Pictures pictures, String name) {
    private static final Matrix NONE = new Matrix(0, 0, new float[0]);

    /** A vector to each content, which are texts and pictures; those of a kind are computed together. */
    List<Embedding> embed(List<Content> contents) {
        List<String> texts = new ArrayList<>();
        List<RgbImage> images = new ArrayList<>();
        for (Content content : contents) {
            switch (content) {
                case TextContent text -> texts.add(text.text());
                case ImageContent picture ->
                    images.add(pictures.read(picture.image(), "Picture " + (images.size() + 1)));
                default ->
                    throw new UnsupportedFeatureException(
                            "Contents of the kind " + content.type() + " are not supported; give texts and pictures.");
            }
        }
        Matrix ofTexts = texts.isEmpty() ? NONE : encoder.embedTexts(texts);
        Matrix ofImages = images.isEmpty() ? NONE : encoder.embedImages(images);
        List<Embedding> all = new ArrayList<>();
        int text = 0;
        int image = 0;
        for (Content content : contents) {
            all.add(unit(content instanceof TextContent ? ofTexts.row(text++) : ofImages.row(image++)));
        }
        return all;
    }

    private static Embedding unit(float[] row) {
        Embedding vector = Embedding.from(row.clone());
        vector.normalize();
        return vector;
    }

    /** Tokens of all texts together. */
    int tokens(List<Content> contents) {
        int sum = 0;
        for (Content content : contents) {
            sum += content instanceof TextContent text ? encoder.tokens(text.text()) : 0;
        }
        return sum;
    }

    void close() {
        if (owned) {
            encoder.close();
        }
    }
}

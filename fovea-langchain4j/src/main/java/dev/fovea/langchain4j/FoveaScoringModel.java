package dev.fovea.langchain4j;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.image.Image;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.output.TokenUsage;
import dev.langchain4j.model.scoring.ScoringModel;
import java.util.ArrayList;
import java.util.List;

/**
 * How well texts or pictures fit a query, by a CLIP or SigLIP dual encoder of this process: the cosine of their vectors,
 * from -1 to 1. Such encoders learn from pictures with captions; what they say of pictures is worth more than what they say
 * of two texts. Safe for use by several threads.
 */
public final class FoveaScoringModel implements ScoringModel, AutoCloseable {
    private final Encoding encoding;

    private FoveaScoringModel(Encoding encoding) {
        this.encoding = encoding;
    }

    public static Builder builder() {
        return new Builder();
    }

    @Override
    public Response<List<Double>> scoreAll(List<TextSegment> segments, String query) {
        return score(
                segments.stream()
                        .map(segment -> (Content) TextContent.from(segment.text()))
                        .toList(),
                query);
    }

    /** A score to each picture, in order. */
    public Response<List<Double>> scorePictures(List<Image> pictures, String query) {
        return score(
                pictures.stream()
                        .map(picture -> (Content) ImageContent.from(picture))
                        .toList(),
                query);
    }

    private Response<List<Double>> score(List<Content> candidates, String query) {
        try {
            List<Content> all = new ArrayList<>(candidates);
            all.add(TextContent.from(query));
            List<Embedding> vectors = encoding.embed(all);
            float[] wanted = vectors.removeLast().vector();
            List<Double> scores =
                    vectors.stream().map(v -> dot(v.vector(), wanted)).toList();
            return Response.from(scores, new TokenUsage(encoding.tokens(all)));
        } catch (RuntimeException e) {
            throw Failures.of(e);
        }
    }

    /** The cosine, as both have the length 1. */
    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    /** Closes the encoder, if the builder opened it. */
    @Override
    public void close() {
        encoding.close();
    }

    /** Builds scoring models. */
    public static final class Builder extends EncoderBuilder<Builder> {
        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /** @throws RuntimeException with one sentence, if the encoder cannot be opened */
        public FoveaScoringModel build() {
            return new FoveaScoringModel(encoding());
        }
    }
}

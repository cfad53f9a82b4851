package dev.fovea.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.DualEncoder;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.image.Image;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.embedding.listener.EmbeddingModelErrorContext;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.listener.EmbeddingModelResponseContext;
import dev.langchain4j.model.embedding.request.EmbeddingInput;
import dev.langchain4j.model.embedding.request.EmbeddingInputType;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import dev.langchain4j.store.embedding.CosineSimilarity;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Vectors and scores are those of the encoder. */
class FoveaEmbeddingModelTest {
    private static final List<String> TEXTS = List.of("a red circle", "a blue star", "an empty picture");

    private static DualEncoder clip;
    private static FoveaEmbeddingModel model;

    @BeforeAll
    static void open() {
        clip = DualEncoder.open(Peek.FOLDER.resolve("clip"));
        model = FoveaEmbeddingModel.builder().encoder(clip).build();
    }

    @AfterAll
    static void close() {
        model.close();
        clip.close();
    }

    @Test
    void textsAndPicturesShareASpace() {
        EmbeddingResponse response = model.embed(EmbeddingRequest.builder()
                .inputs(List.of(
                        EmbeddingInput.from(TEXTS.getFirst()),
                        EmbeddingInput.from(Peek.picture()),
                        EmbeddingInput.from(TEXTS.getLast())))
                .inputType(EmbeddingInputType.QUERY)
                .build());
        float[] wanted = clip.similarity(List.of(Peek.scene()), List.of(TEXTS.getFirst(), TEXTS.getLast()))
                .row(0);
        List<Embedding> vectors = response.embeddings();
        double first = CosineSimilarity.between(vectors.get(1), vectors.get(0));
        double second = CosineSimilarity.between(vectors.get(1), vectors.get(2));
        // The encoder's scores are its scale times the cosine.
        float[] texts = clip.logits(vectors.get(1).vector(), clip.embedTexts(List.of(TEXTS.getFirst())));
        assertThat(texts[0]).isCloseTo(wanted[0], within(1e-3f));
        assertThat(first / second).isCloseTo(wanted[0] / wanted[1], within(1e-3));
        assertThat(vectors)
                .allSatisfy(v -> assertThat(CosineSimilarity.between(v, v)).isCloseTo(1, within(1e-6)));
        assertThat(response.tokenUsage().inputTokenCount())
                .isEqualTo(clip.tokens(TEXTS.getFirst()) + clip.tokens(TEXTS.getLast()));
    }

    @Test
    void embedsAsOlderProgramsAsk() {
        assertThat(model.embedAll(TEXTS.stream().map(TextSegment::from).toList())
                        .content())
                .hasSize(3);
        assertThat(model.dimension()).isEqualTo(model.embed("a star").content().dimension());
    }

    @Test
    void listenersHearOfPictures() {
        List<String> heard = new ArrayList<>();
        FoveaEmbeddingModel listening = FoveaEmbeddingModel.builder()
                .encoder(clip)
                .modelName("clip")
                .listeners(List.of(new EmbeddingModelListener() {
                    @Override
                    public void onResponse(EmbeddingModelResponseContext context) {
                        heard.add(context.embeddingResponse().embeddings().size() + " of "
                                + context.textSegments().size());
                    }

                    @Override
                    public void onError(EmbeddingModelErrorContext context) {
                        heard.add(context.error().getClass().getSimpleName());
                        throw new IllegalStateException("the listener's own");
                    }
                }))
                .build();
        EmbeddingResponse response = listening.embed(EmbeddingRequest.builder()
                .inputs(List.of(EmbeddingInput.from(Peek.picture())))
                .build());
        assertThat(response.modelName()).isEqualTo("clip");
        assertThatThrownBy(() -> listening.embed(EmbeddingRequest.builder()
                        .inputs(List.of(EmbeddingInput.from(ImageContent.from("AAAA", "image/png"))))
                        .build()))
                .isInstanceOf(InvalidRequestException.class);
        listening.embed("a star");
        assertThat(heard).containsExactly("1 of 0", "InvalidRequestException", "1 of 1");
    }

    @Test
    void whatCannotBeDoneIsRefusedInASentence() {
        assertThatThrownBy(() -> model.embed(EmbeddingRequest.builder()
                        .inputs(List.of(EmbeddingInput.from(Peek.picture(), TextContent.from("a star"))))
                        .build()))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("give each as an input of its own");
        assertThatThrownBy(() -> model.embed(EmbeddingRequest.builder()
                        .inputs(List.of(EmbeddingInput.from("a star")))
                        .dimensions(8)
                        .build()))
                .isInstanceOf(UnsupportedFeatureException.class);
    }

    @Test
    void scoresAreCosines() {
        try (FoveaScoringModel scoring =
                FoveaScoringModel.builder().modelPath(Peek.FOLDER).build()) {
            List<Double> scores = scoring.scoreAll(
                            TEXTS.stream().map(TextSegment::from).toList(), "a red circle")
                    .content();
            assertThat(scores.getFirst()).isCloseTo(1, within(1e-5));
            assertThat(scores.subList(1, 3)).allSatisfy(s -> assertThat(s).isBetween(-1.0, 0.99999));
            Image picture = Peek.picture().image();
            List<Double> ofPictures =
                    scoring.scorePictures(List.of(picture), TEXTS.get(1)).content();
            List<Embedding> vectors = model.embed(EmbeddingRequest.builder()
                            .inputs(List.of(EmbeddingInput.from(Peek.picture()), EmbeddingInput.from(TEXTS.get(1))))
                            .build())
                    .embeddings();
            assertThat(ofPictures)
                    .singleElement()
                    .satisfies(s -> assertThat(s)
                            .isCloseTo(CosineSimilarity.between(vectors.get(0), vectors.get(1)), within(1e-5)));
            Image broken =
                    Image.builder().base64Data("AAAA").mimeType("image/png").build();
            assertThatThrownBy(() -> scoring.scorePictures(List.of(broken), "a star"))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageStartingWith("Picture 1 ");
        }
    }
}

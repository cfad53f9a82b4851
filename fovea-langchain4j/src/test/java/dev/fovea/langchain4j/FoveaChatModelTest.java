package dev.fovea.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.Answer;
import dev.fovea.core.AskOptions;
import dev.fovea.core.Conversation;
import dev.fovea.core.SharedModel;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.technique.Budget;
import dev.fovea.document.DocumentLimits;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.AudioContent;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.PdfFileContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.listener.ChatModelErrorContext;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.listener.ChatModelRequestContext;
import dev.langchain4j.model.chat.listener.ChatModelResponseContext;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.encryption.AccessPermission;
import org.apache.pdfbox.pdmodel.encryption.StandardProtectionPolicy;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Chats through LangChain4j's interface say what the engine itself says. */
class FoveaChatModelTest {
    private static SharedModel shared;
    private static FoveaChatModel plain;

    @BeforeAll
    static void open() {
        shared = Peek.open();
        plain = FoveaChatModel.builder().sharedModel(shared).build();
    }

    @AfterAll
    static void close() {
        plain.close();
        shared.close();
    }

    private static Answer alone(String technique, Budget budget) {
        return shared.model()
                .ask(
                        List.of(Peek.scene()),
                        Peek.QUESTION,
                        AskOptions.defaults().withTechniques(List.of(technique), budget));
    }

    private static ChatRequest.Builder asked() {
        return ChatRequest.builder().messages(Peek.asked(Peek.QUESTION));
    }

    private static FoveaTokenUsage usage(ChatResponse response) {
        return (FoveaTokenUsage) response.tokenUsage();
    }

    @Test
    void answersAreThoseOfTheEngine() {
        ChatResponse response = plain.chat(asked().build());
        Answer wanted = shared.model().ask(List.of(Peek.scene()), Peek.QUESTION);
        assertThat(response.aiMessage().text()).isEqualTo(wanted.text());
        assertThat(response.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(response.modelName()).isEqualTo("peek");
        assertThat(response.id()).isNotBlank();
        assertThat(usage(response).inputTokenCount()).isEqualTo(wanted.promptTokens());
        assertThat(usage(response).outputTokenCount()).isEqualTo(wanted.tokens().size());
        assertThat(usage(response).visualTokenCount()).isEqualTo(256);
        assertThat(usage(response).keptVisualTokenCount()).isEqualTo(256);
    }

    @Test
    void techniqueAndBudgetAreChosenByTheBuilderAndByTheRequest() {
        FoveaChatModel pruned = FoveaChatModel.builder()
                .sharedModel(shared)
                .budget(64)
                .techniques("hiprune")
                .build();
        ChatResponse built = pruned.chat(asked().build());
        assertThat(built.aiMessage().text())
                .isEqualTo(alone("hiprune", Budget.count(64)).text());
        assertThat(usage(built).keptVisualTokenCount()).isEqualTo(64);
        ChatResponse other = pruned.chat(asked().parameters(FoveaChatRequestParameters.builder()
                        .techniques("divprune")
                        .budget("12.5%")
                        .build())
                .build());
        assertThat(usage(other).keptVisualTokenCount()).isEqualTo(32);
        FoveaChatResponseMetadata metadata = (FoveaChatResponseMetadata) other.metadata();
        assertThat(metadata.ledger())
                .isEqualTo(alone("divprune", Budget.share(0.125)).ledger());
        assertThat(metadata.ledger().count(Ledger.Fate.DROPPED)).isEqualTo(224);
        assertThat(metadata.details().firstTokenMs()).isPositive();
        ChatResponse none = pruned.chat(asked().parameters(
                        FoveaChatRequestParameters.builder().techniques().build())
                .build());
        assertThat(usage(none).keptVisualTokenCount()).isEqualTo(256);
        ChatResponse more = pruned.chat(asked().parameters(
                        FoveaChatRequestParameters.builder().budget(100).build())
                .build());
        assertThat(usage(more).keptVisualTokenCount()).isEqualTo(100);
    }

    @Test
    void severalTurnsAreOneConversation() {
        ChatResponse first = plain.chat(SystemMessage.from("Answer shortly."), Peek.asked("What colour is the star?"));
        ChatResponse second = plain.chat(
                SystemMessage.from("Answer shortly."),
                Peek.asked("What colour is the star?"),
                first.aiMessage(),
                UserMessage.from("And where is it?"));
        try (Conversation wanted = shared.model()
                .converse(AskOptions.defaults().withSystem("Answer shortly."), Conversation.Policy.REUSE)) {
            assertThat(first.aiMessage().text())
                    .isEqualTo(wanted.ask(List.of(Peek.scene()), "What colour is the star?")
                            .text());
            assertThat(second.aiMessage().text())
                    .isEqualTo(wanted.ask("And where is it?").text());
        }
        assertThat(usage(second).cachedTokenCount()).isGreaterThan(256);
    }

    @Test
    void stopsLengthsAndSeedsAreKept() {
        String whole = plain.chat(Peek.asked("What do you see?")).aiMessage().text();
        String word = whole.split(" ")[1];
        ChatResponse stopped = plain.chat(ChatRequest.builder()
                .messages(Peek.asked("What do you see?"))
                .stopSequences(List.of(word))
                .build());
        assertThat(stopped.aiMessage().text()).isEqualTo(whole.substring(0, whole.indexOf(word)));
        ChatResponse cut = plain.chat(ChatRequest.builder()
                .messages(Peek.asked("What do you see?"))
                .maxOutputTokens(1)
                .build());
        assertThat(cut.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(cut.tokenUsage().outputTokenCount()).isEqualTo(1);
        FoveaChatRequestParameters sampled = FoveaChatRequestParameters.builder()
                .temperature(2.0)
                .topK(50)
                .seed(7L)
                .maxOutputTokens(12)
                .build();
        List<String> twice = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            twice.add(plain.chat(ChatRequest.builder()
                            .messages(Peek.asked("What do you see?"))
                            .parameters(sampled)
                            .build())
                    .aiMessage()
                    .text());
        }
        assertThat(twice.getFirst()).isEqualTo(twice.getLast()).isNotEqualTo(whole);
    }

    @Test
    void answersMayBeHeldToASchema() throws Exception {
        JsonSchema schema = JsonSchema.builder()
                .name("count")
                .rootElement(JsonObjectSchema.builder()
                        .addEnumProperty("count", List.of("0", "1", "2", "3"))
                        .required("count")
                        .additionalProperties(false)
                        .build())
                .build();
        ChatResponse response = plain.chat(asked().responseFormat(ResponseFormat.builder()
                        .type(ResponseFormatType.JSON)
                        .jsonSchema(schema)
                        .build())
                .maxOutputTokens(60)
                .build());
        assertThat(response.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(new ObjectMapper()
                        .readTree(response.aiMessage().text())
                        .get("count")
                        .textValue())
                .matches("[0-3]");
    }

    @Test
    void listenersHearOfRequestsResponsesAndFailures() {
        List<String> heard = new ArrayList<>();
        FoveaChatModel model = FoveaChatModel.builder()
                .sharedModel(shared)
                .listeners(List.of(new ChatModelListener() {
                    @Override
                    public void onRequest(ChatModelRequestContext context) {
                        heard.add("request");
                    }

                    @Override
                    public void onResponse(ChatModelResponseContext context) {
                        heard.add("response " + context.chatResponse().modelName());
                    }

                    @Override
                    public void onError(ChatModelErrorContext context) {
                        heard.add("error " + context.error().getMessage());
                    }
                }))
                .build();
        model.chat(asked().build());
        assertThatThrownBy(() -> model.chat(
                        UserMessage.from(ImageContent.from("https://example.org/a.png"), TextContent.from("?"))))
                .isInstanceOf(InvalidRequestException.class);
        assertThat(heard)
                .containsExactly(
                        "request",
                        "response peek",
                        "request",
                        "error Picture 1 is not a data URL, and addresses are not opened; send the picture itself as"
                                + " data:image/png;base64,...");
    }

    @Test
    void picturesMayBeDataUrls() throws Exception {
        byte[] bytes = java.nio.file.Files.readAllBytes(Peek.SCENE);
        String url = "data:image/png;base64," + Base64.getEncoder().encodeToString(bytes);
        assertThat(plain.chat(UserMessage.from(ImageContent.from(URI.create(url)), TextContent.from(Peek.QUESTION)))
                        .aiMessage()
                        .text())
                .isEqualTo(plain.chat(asked().build()).aiMessage().text());
    }

    private static ChatResponse sign(FoveaChatRequestParameters.Builder how, Content... shown) {
        List<Content> contents = new ArrayList<>(List.of(shown));
        contents.add(TextContent.from("What is written on the sign?"));
        return plain.chat(ChatRequest.builder()
                .messages(UserMessage.from(contents))
                .parameters(how.build())
                .build());
    }

    private static FoveaChatRequestParameters.Builder how() {
        return FoveaChatRequestParameters.builder();
    }

    /** The second page is all of the scene. */
    @Test
    void pagesOfDocumentsAreAskedAboutAsPictures() throws Exception {
        PdfFileContent pages = PdfFileContent.from(Peek.PAGES);
        ChatResponse chosen = sign(how().pages("2"), pages);
        assertThat(chosen.aiMessage().text()).isEqualTo("STOP");
        assertThat(usage(chosen).visualTokenCount()).isEqualTo(256);
        byte[] bytes = java.nio.file.Files.readAllBytes(Peek.PAGES);
        URI url =
                URI.create("data:application/pdf;base64," + Base64.getEncoder().encodeToString(bytes));
        assertThat(sign(how().pages("2"), PdfFileContent.from(url)).aiMessage().text())
                .isEqualTo("STOP");
        assertThat(usage(sign(how(), Peek.picture(), pages)).visualTokenCount()).isEqualTo(3 * 256);
        assertThat(usage(sign(how().pages("1", "1-2"), pages, pages)).visualTokenCount())
                .isEqualTo(3 * 256);
        FoveaChatModel second = FoveaChatModel.builder()
                .sharedModel(shared)
                .defaultRequestParameters(how().pages("2").build())
                .build();
        assertThat(second.chat(UserMessage.from(pages, TextContent.from("What is written on the sign?")))
                        .aiMessage()
                        .text())
                .isEqualTo("STOP");
    }

    @Test
    void documentsThatCannotBeReadAreRefusedInASentence() {
        PdfFileContent pages = PdfFileContent.from(Peek.PAGES);
        assertThatThrownBy(() -> sign(how().pages("3"), pages))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("Document 1 has 2 pages, and no page 3");
        assertThatThrownBy(() -> sign(how().pages("one"), pages))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("'one' names no pages");
        assertThatThrownBy(() -> sign(how().pages("1", "2"), pages, pages, pages))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("chooses pages of 2 documents");
        assertThatThrownBy(() -> sign(how(), PdfFileContent.from(URI.create("https://example.org/a.pdf"))))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("Document 1 is not a data URL, and addresses are not opened; send the document itself as"
                        + " data:application/pdf;base64,...");
        assertThatThrownBy(() -> sign(how(), PdfFileContent.from("!!", "application/pdf")))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("Document 1 is not valid base64");
        FoveaChatModel strict = FoveaChatModel.builder()
                .sharedModel(shared)
                .documentLimits(DocumentLimits.DEFAULT.withPages(1))
                .build();
        assertThatThrownBy(() -> strict.chat(UserMessage.from(pages, TextContent.from("?"))))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("has 2 pages, more than the 1");
    }

    @Test
    void encryptedDocumentsWantTheirPassword() throws Exception {
        PdfFileContent locked;
        try (PDDocument document = new PDDocument()) {
            document.addPage(new PDPage());
            document.protect(new StandardProtectionPolicy("owner", "sesame", new AccessPermission()));
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            document.save(out);
            locked = PdfFileContent.from(Base64.getEncoder().encodeToString(out.toByteArray()), "application/pdf");
        }
        assertThatThrownBy(() -> sign(how(), locked))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("Document 1 is encrypted; give its password");
        assertThatThrownBy(() -> sign(how().documentPassword("wrong-street"), locked))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageNotContaining("wrong-street");
        assertThat(usage(sign(how().documentPassword("sesame"), locked)).visualTokenCount())
                .isEqualTo(256);
        assertThat(how().documentPassword("sesame").build().toString()).doesNotContain("sesame");
    }

    @Test
    void whatCannotBeDoneIsRefusedInASentence() {
        assertThatThrownBy(() -> plain.chat(asked().toolSpecifications(
                                ToolSpecification.builder().name("f").build())
                        .build()))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessage("Fovea's models call no tools; leave them out.");
        assertThatThrownBy(() -> plain.chat(asked().frequencyPenalty(0.5).build()))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("repetitionPenalty");
        assertThatThrownBy(() -> plain.chat(asked().modelName("gpt").build()))
                .isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining("'gpt'");
        assertThatThrownBy(() -> plain.chat(UserMessage.from(AudioContent.from("AAAA", "audio/wav"))))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("AUDIO");
        assertThatThrownBy(() -> plain.chat(UserMessage.from("Hello"), AiMessage.from("Yes?")))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("The last message must be the user's");
        assertThatThrownBy(() -> plain.chat(asked().parameters(FoveaChatRequestParameters.builder()
                                .techniques("hipprune")
                                .build())
                        .build()))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("hiprune");
        assertThatThrownBy(() -> plain.chat(asked().parameters(FoveaChatRequestParameters.builder()
                                .budget("many")
                                .build())
                        .build()))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("'many'");
        assertThatThrownBy(() -> plain.chat(asked().temperature(-1.0).build()))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("temperature");
        assertThatThrownBy(() -> plain.chat(UserMessage.from(ImageContent.from("!!", "image/png"))))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("Picture 1");
    }

    @Test
    void aBuilderWantsOneModel() {
        assertThatThrownBy(() -> FoveaChatModel.builder().build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("modelPath");
        try (FoveaChatModel own =
                FoveaChatModel.builder().modelPath(Peek.FOLDER).build()) {
            assertThat(own.chat("What is a circle?")).isNotNull();
        }
    }

    @Test
    void usagesAddUp() {
        FoveaTokenUsage one = usage(plain.chat(asked().build()));
        FoveaTokenUsage sum = (FoveaTokenUsage) TokenUsage.sum(new TokenUsage(1, 2), one.add(one));
        assertThat(sum.inputTokenCount()).isEqualTo(2 * one.inputTokenCount() + 1);
        assertThat(sum.totalTokenCount()).isEqualTo(sum.inputTokenCount() + sum.outputTokenCount());
        assertThat(sum.keptVisualTokenCount()).isEqualTo(512);
    }
}

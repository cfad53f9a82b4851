package dev.fovea.spring.ai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.Answer;
import dev.fovea.core.AskOptions;
import dev.fovea.core.BatchOptions;
import dev.fovea.core.Conversation;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.SharedModel;
import dev.fovea.core.image.PictureException;
import dev.fovea.core.image.PictureLimits;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.technique.Budget;
import dev.fovea.document.DocumentException;
import dev.fovea.document.DocumentLimits;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.encryption.AccessPermission;
import org.apache.pdfbox.pdmodel.encryption.StandardProtectionPolicy;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.content.Media;
import org.springframework.core.io.FileSystemResource;
import org.springframework.util.MimeType;

/** Chats through Spring AI's interface say what the engine itself says. */
class FoveaChatModelTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().resolve("..").normalize();
    private static final Path SCENE = ROOT.resolve("docs/images/scene.png");
    private static final String QUESTION = "How many red circles are there?";

    private static SharedModel shared;
    private static FoveaChatModel plain;

    @BeforeAll
    static void open() {
        shared = SharedModel.open(
                ROOT.resolve("models/peek"),
                OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32),
                BatchOptions.defaults());
        plain = new FoveaChatModel(shared, FoveaChatOptions.builder().build());
    }

    @AfterAll
    static void close() {
        shared.close();
    }

    private static RgbImage scene() {
        return new PictureReader().read(SCENE).image();
    }

    private static Media picture() {
        return new Media(Media.Format.IMAGE_PNG, new FileSystemResource(SCENE));
    }

    private static UserMessage asked(String question) {
        return UserMessage.builder().text(question).media(picture()).build();
    }

    private static Answer alone(String technique, Budget budget) {
        return shared.model()
                .ask(List.of(scene()), QUESTION, AskOptions.defaults().withTechniques(List.of(technique), budget));
    }

    private static String text(ChatResponse response) {
        return Objects.requireNonNull(
                Objects.requireNonNull(response.getResult()).getOutput().getText());
    }

    private static String finish(ChatResponse response) {
        return String.valueOf(
                Objects.requireNonNull(response.getResult()).getMetadata().getFinishReason());
    }

    private static FoveaUsage usage(ChatResponse response) {
        return (FoveaUsage) response.getMetadata().getUsage();
    }

    @Test
    void answersAreThoseOfTheEngine() {
        ChatResponse response = plain.call(new Prompt(asked(QUESTION)));
        Answer wanted = shared.model().ask(List.of(scene()), QUESTION);
        assertThat(text(response)).isEqualTo(wanted.text());
        assertThat(response.getMetadata().getModel()).isEqualTo("peek");
        assertThat(finish(response)).isEqualTo("STOP");
        assertThat(usage(response).getPromptTokens()).isEqualTo(wanted.promptTokens());
        assertThat(usage(response).getTotalTokens())
                .isEqualTo(wanted.promptTokens() + wanted.tokens().size());
        assertThat(usage(response).getVisualTokens()).isEqualTo(256);
    }

    @Test
    void techniqueAndBudgetAreChosenByTheModelAndByThePrompt() {
        FoveaChatModel pruned = new FoveaChatModel(
                shared,
                FoveaChatOptions.builder().techniques("hiprune").budget(64).build());
        ChatResponse built = pruned.call(new Prompt(asked(QUESTION)));
        assertThat(text(built)).isEqualTo(alone("hiprune", Budget.count(64)).text());
        assertThat(usage(built).getKeptVisualTokens()).isEqualTo(64);
        ChatResponse other = pruned.call(new Prompt(
                asked(QUESTION),
                FoveaChatOptions.builder()
                        .techniques("divprune")
                        .budget("12.5%")
                        .build()));
        Ledger ledger = other.getMetadata().get("ledger");
        assertThat(ledger).isEqualTo(alone("divprune", Budget.share(0.125)).ledger());
        ChatResponse none = pruned.call(new Prompt(
                asked(QUESTION), FoveaChatOptions.builder().techniques().build()));
        assertThat(usage(none).getKeptVisualTokens()).isEqualTo(256);
        ChatResponse portable = pruned.call(new Prompt(
                asked("What do you see?"), ChatOptions.builder().maxTokens(1).build()));
        assertThat(usage(portable).getKeptVisualTokens()).isEqualTo(64);
        assertThat(usage(portable).getCompletionTokens()).isEqualTo(1);
        assertThat(finish(portable)).isEqualTo("LENGTH");
    }

    @Test
    void theChatClientKeepsTechniqueAndBudget() {
        FoveaChatModel pruned = new FoveaChatModel(
                shared,
                FoveaChatOptions.builder().techniques("hiprune").budget(64).build());
        ChatResponse response = ChatClient.create(pruned)
                .prompt()
                .system("Answer shortly.")
                .user(user -> user.text(QUESTION).media(picture()))
                .options(FoveaChatOptions.builder().budget(32).maxTokens(5))
                .call()
                .chatResponse();
        assertThat(usage(Objects.requireNonNull(response)).getKeptVisualTokens())
                .isEqualTo(32);
    }

    @Test
    void severalTurnsAreOneConversation() {
        List<Message> messages = new ArrayList<>();
        messages.add(new SystemMessage("Answer shortly."));
        messages.add(asked("What colour is the star?"));
        String first = text(plain.call(new Prompt(messages)));
        messages.add(new AssistantMessage(first));
        messages.add(new UserMessage("And where is it?"));
        String second = text(plain.call(new Prompt(messages)));
        try (Conversation wanted = shared.model()
                .converse(AskOptions.defaults().withSystem("Answer shortly."), Conversation.Policy.REUSE)) {
            assertThat(first)
                    .isEqualTo(wanted.ask(List.of(scene()), "What colour is the star?")
                            .text());
            assertThat(second).isEqualTo(wanted.ask("And where is it?").text());
        }
    }

    private static UserMessage sign(Media... media) {
        return UserMessage.builder()
                .text("What is written on the sign?")
                .media(media)
                .build();
    }

    private static Media pages() {
        return new Media(Media.Format.DOC_PDF, new FileSystemResource(ROOT.resolve("docs/images/pages.pdf")));
    }

    private static ChatResponse answered(UserMessage asked, FoveaChatOptions.Builder how) {
        return plain.call(new Prompt(asked, how.build()));
    }

    /** The second page is all of the scene. */
    @Test
    void pagesOfDocumentsAreAskedAboutAsPictures() throws Exception {
        ChatResponse chosen = answered(sign(pages()), FoveaChatOptions.builder().pages("2"));
        assertThat(text(chosen)).isEqualTo("STOP");
        assertThat(usage(chosen).getVisualTokens()).isEqualTo(256);
        byte[] bytes = Files.readAllBytes(ROOT.resolve("docs/images/pages.pdf"));
        URI url =
                URI.create("data:application/pdf;base64," + Base64.getEncoder().encodeToString(bytes));
        assertThat(text(answered(
                        sign(new Media(Media.Format.DOC_PDF, url)),
                        FoveaChatOptions.builder().pages("2"))))
                .isEqualTo("STOP");
        ChatResponse all = answered(sign(pages(), picture()), FoveaChatOptions.builder());
        assertThat(usage(all).getVisualTokens()).isEqualTo(3 * 256);
        ChatResponse each =
                answered(sign(pages(), pages()), FoveaChatOptions.builder().pages("1", "1-2"));
        assertThat(usage(each).getVisualTokens()).isEqualTo(3 * 256);
    }

    @Test
    void documentsThatCannotBeReadAreRefusedInASentence() {
        assertThatThrownBy(
                        () -> answered(sign(pages()), FoveaChatOptions.builder().pages("3")))
                .isInstanceOf(DocumentException.class)
                .hasMessageContaining("Document 1 has 2 pages, and no page 3");
        assertThatThrownBy(
                        () -> answered(sign(pages()), FoveaChatOptions.builder().pages("one")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'one' names no pages");
        assertThatThrownBy(() -> answered(
                        sign(new Media(Media.Format.DOC_PDF, URI.create("https://example.org/a.pdf"))),
                        FoveaChatOptions.builder()))
                .isInstanceOf(PictureException.class)
                .hasMessage("Document 1 is not a data URL, and addresses are not opened; send the document itself as"
                        + " data:application/pdf;base64,...");
        Media no = Media.builder()
                .mimeType(Media.Format.DOC_PDF)
                .data(new byte[100])
                .build();
        assertThatThrownBy(() -> answered(sign(no), FoveaChatOptions.builder()))
                .isInstanceOf(DocumentException.class)
                .hasMessageContaining("Document 1 is no PDF document");
        FoveaChatModel strict = new FoveaChatModel(
                shared,
                FoveaChatOptions.builder().build(),
                ObservationRegistry.NOOP,
                PictureLimits.DEFAULT,
                DocumentLimits.DEFAULT.withPages(1));
        assertThatThrownBy(() -> strict.call(new Prompt(sign(pages()))))
                .isInstanceOf(DocumentException.class)
                .hasMessageContaining("has 2 pages, more than the 1");
    }

    @Test
    void encryptedDocumentsWantTheirPassword() throws Exception {
        Media locked;
        try (PDDocument document = new PDDocument()) {
            document.addPage(new PDPage());
            document.protect(new StandardProtectionPolicy("owner", "sesame", new AccessPermission()));
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            document.save(out);
            locked = Media.builder()
                    .mimeType(Media.Format.DOC_PDF)
                    .data(out.toByteArray())
                    .build();
        }
        assertThatThrownBy(() -> answered(sign(locked), FoveaChatOptions.builder()))
                .isInstanceOf(DocumentException.class)
                .hasMessage("Document 1 is encrypted; give its password");
        assertThatThrownBy(
                        () -> answered(sign(locked), FoveaChatOptions.builder().documentPassword("wrong-street")))
                .isInstanceOf(DocumentException.class)
                .hasMessageNotContaining("wrong-street");
        ChatResponse response =
                answered(sign(locked), FoveaChatOptions.builder().documentPassword("sesame"));
        assertThat(usage(response).getVisualTokens()).isEqualTo(256);
    }

    @Test
    void streamsBringTheSameInPieces() {
        Prompt prompt = new Prompt(asked("What do you see?"));
        List<ChatResponse> pieces =
                Objects.requireNonNull(plain.stream(prompt).collectList().block(Duration.ofSeconds(60)));
        assertThat(pieces).hasSizeGreaterThan(2);
        assertThat(pieces.stream().map(FoveaChatModelTest::text).collect(Collectors.joining()))
                .isEqualTo(text(plain.call(prompt)));
        assertThat(usage(pieces.getLast()).getVisualTokens()).isEqualTo(256);
        assertThat(finish(pieces.getLast())).isEqualTo("STOP");
        ChatResponse first = Objects.requireNonNull(plain.stream(prompt).blockFirst(Duration.ofSeconds(60)));
        assertThat(text(plain.call(prompt))).startsWith(text(first));
        assertThatThrownBy(() -> plain.stream(new Prompt(
                                asked("?"),
                                ChatOptions.builder().temperature(-1.0).build()))
                        .blockLast())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("temperature");
    }

    @Test
    void everyCallIsObserved() throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        ObservationRegistry registry = ObservationRegistry.create();
        registry.observationConfig().observationHandler(new ObservationHandler<Observation.Context>() {
            @Override
            public void onStop(Observation.Context context) {
                heard.add(context.getName() + " " + (context.getError() != null) + " "
                        + Objects.requireNonNull(context.getLowCardinalityKeyValue("gen_ai.system"))
                                .getValue());
            }

            @Override
            public boolean supportsContext(Observation.Context context) {
                return true;
            }
        });
        FoveaChatModel observed = new FoveaChatModel(
                shared,
                FoveaChatOptions.builder().maxTokens(2).build(),
                registry,
                PictureLimits.DEFAULT,
                DocumentLimits.DEFAULT);
        observed.call(new Prompt(asked(QUESTION)));
        assertThat(heard.poll()).isEqualTo("gen_ai.client.operation false fovea");
        observed.stream(new Prompt(asked(QUESTION))).blockLast(Duration.ofSeconds(60));
        // A stream is over for who observes it just after its last piece was taken.
        assertThat(heard.poll(60, TimeUnit.SECONDS)).isEqualTo("gen_ai.client.operation false fovea");
        assertThatThrownBy(() -> observed.call(new Prompt(List.of()))).isInstanceOf(IllegalArgumentException.class);
        assertThat(heard.poll()).isEqualTo("gen_ai.client.operation true fovea");
        assertThat(heard).isEmpty();
    }

    @Test
    void whatCannotBeDoneIsRefusedInASentence() throws Exception {
        assertThatThrownBy(() -> plain.call(new Prompt(
                        asked(QUESTION),
                        ChatOptions.builder().presencePenalty(1.0).build())))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("repetitionPenalty");
        assertThatThrownBy(() -> plain.call(new Prompt(
                        asked(QUESTION), ChatOptions.builder().model("gpt").build())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'gpt'");
        assertThatThrownBy(() -> plain.call(new Prompt(UserMessage.builder()
                        .text("?")
                        .media(new Media(MimeType.valueOf("image/png"), URI.create("https://example.org/a.png")))
                        .build())))
                .isInstanceOf(PictureException.class)
                .hasMessageContaining("Picture 1 is not a data URL");
        byte[] sound = Files.readAllBytes(SCENE);
        assertThatThrownBy(() -> plain.call(new Prompt(UserMessage.builder()
                        .text("?")
                        .media(Media.builder()
                                .mimeType(MimeType.valueOf("audio/wav"))
                                .data(sound)
                                .build())
                        .build())))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("audio/wav");
        assertThatThrownBy(() -> plain.call(new Prompt(new UserMessage("Hello"), new AssistantMessage("Yes?"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("The last message must be the user's");
    }
}

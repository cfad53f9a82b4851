package dev.fovea.techniques.residual;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.Answer;
import dev.fovea.core.AskOptions;
import dev.fovea.core.BatchOptions;
import dev.fovea.core.ContinuousBatch;
import dev.fovea.core.Conversation;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.generate.Generated;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.text.ChatMessage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** M3ID and VISTA in batches, in conversations and beside reducers. */
class SteeredAnswersTest {
    private static final Path MODELS = Path.of("..", "fovea-core", "src", "test", "resources", "golden");
    private static final String GROUNDED = "m3id:alpha=2,lambda=0.5";
    private static final List<String> QUESTIONS = List.of("Is there a star?", "How many red circles are there?");

    private static RgbImage picture(String name) {
        return new PictureReader()
                .read(MODELS.resolve("llava-mha/images/" + name + ".png"))
                .image();
    }

    private static VisionLanguageModel open(String name, OpenOptions.Precision precision) {
        return VisionLanguageModel.open(
                MODELS.resolve(name), OpenOptions.defaults().withPrecision(precision));
    }

    private static AskOptions options(Budget budget, String... techniques) {
        return AskOptions.defaults().withTechniques(List.of(techniques), budget).withMaxTokens(8);
    }

    private static List<Integer> ids(Answer answer) {
        return answer.tokens().stream().map(Generated.Token::id).toList();
    }

    /** Requests of many kinds in one batch of a server are answered as each is alone. */
    @Test
    void batchesOfEverything() {
        List<AskOptions> kinds = List.of(
                options(Budget.full(), GROUNDED),
                options(Budget.full(), "vista"),
                options(Budget.share(0.5), "fastv", "vista:form=stream"),
                options(Budget.share(0.5), "hiprune", GROUNDED),
                options(Budget.full()));
        try (VisionLanguageModel model = open("llava-mha", OpenOptions.Precision.F32);
                ContinuousBatch batch = model.batch(BatchOptions.defaults())) {
            List<ContinuousBatch.Ticket> tickets = new ArrayList<>();
            for (int i = 0; i < kinds.size(); i++) {
                List<RgbImage> shown =
                        i % 2 == 0 ? List.of(picture("wide")) : List.of(picture("tall"), picture("wide"));
                ChatMessage asked = ChatMessage.of("user", shown.size(), QUESTIONS.get(i % 2));
                tickets.add(batch.submit(List.of(asked), shown, kinds.get(i), "owner" + i));
            }
            for (int i = 0; i < kinds.size(); i++) {
                List<RgbImage> shown =
                        i % 2 == 0 ? List.of(picture("wide")) : List.of(picture("tall"), picture("wide"));
                Answer together = tickets.get(i).answer().join().answer();
                Answer alone = model.ask(shown, QUESTIONS.get(i % 2), kinds.get(i));
                assertThat(ids(together)).as("kind " + i).isEqualTo(ids(alone));
            }
        }
    }

    /** Nothing that grounding reads depends on what comes later: caches that go on say what fresh ones say. */
    @Test
    void conversationsGoOn() {
        try (VisionLanguageModel model = open("llava-mha", OpenOptions.Precision.F32);
                Conversation kept = model.converse(options(Budget.full(), GROUNDED), Conversation.Policy.REUSE);
                Conversation fresh = model.converse(options(Budget.full(), GROUNDED), Conversation.Policy.LOOK_AGAIN);
                Conversation steered = model.converse(options(Budget.full(), "vista"), Conversation.Policy.REUSE);
                Conversation again = model.converse(options(Budget.full(), "vista"), Conversation.Policy.LOOK_AGAIN)) {
            for (int turn = 0; turn < 3; turn++) {
                List<RgbImage> shown = turn == 1 ? List.of() : List.of(picture(turn == 0 ? "wide" : "tall"));
                String question = QUESTIONS.get(turn % 2);
                assertThat(ids(kept.ask(shown, question))).isEqualTo(ids(fresh.ask(shown, question)));
                Ledger first = steered.ask(shown, question).ledger();
                Ledger second = again.ask(shown, question).ledger();
                assertThat(first.steered()).hasSize(4);
                assertThat(first.steered().equals(second.steered()))
                        .as("where caches go on, so does the direction of the first question")
                        .isEqualTo(turn == 0);
            }
        }
    }

    /** A pruned model is steered by what its pruned prompt says, and the ledger tells both. */
    @ParameterizedTest
    @CsvSource({"hiprune, F32", "fastv, F32", "dyvte:weights=untrained, F32", "hiprune, BF16"})
    void reducersCompose(String reducer, OpenOptions.Precision precision) {
        try (VisionLanguageModel model = open("llava-mha", precision)) {
            List<RgbImage> shown = List.of(picture("wide"));
            Answer answer = model.ask(
                    shown, QUESTIONS.getFirst(), options(Budget.share(0.5), reducer, "vista:gamma=0", GROUNDED));
            Ledger ledger = answer.ledger();
            assertThat(ledger.steered())
                    .hasSize(4)
                    .allSatisfy(s -> assertThat(s.length()).isPositive());
            assertThat(ledger.branches()).extracting(Ledger.Reading::follows).containsExactly(false, false, true);
            assertThat(ledger.branches().getFirst().visual())
                    .as("the prompt is read first as it is pruned")
                    .isEqualTo(ledger.decoderTokens());
        }
    }

    @Test
    void whatDoesNotGoTogetherIsOneSentence() {
        try (VisionLanguageModel model = open("llava-mha", OpenOptions.Precision.F32)) {
            List<RgbImage> shown = List.of(picture("wide"));
            assertThatThrownBy(() -> model.ask(shown, "?", options(Budget.full(), GROUNDED, "vista")))
                    .hasMessageContaining("'m3id' and 'vista' both act at station logits");
            assertThatThrownBy(() ->
                            model.ask(shown, "?", options(Budget.share(0.5), "voco-llama:weights=untrained", "vista")))
                    .hasMessageContaining("reads a second prompt (unsteered) at once");
            assertThatThrownBy(() -> model.ask(shown, "?", options(Budget.full(), "vista:lambda=11")))
                    .hasMessageContaining("must be in 0..10");
        }
    }
}

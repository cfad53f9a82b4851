package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.generate.Generated;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.text.ChatMessage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ConversationTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden/llava-mha");
    private static final VisionLanguageModel MODEL = VisionLanguageModel.open(FOLDER);
    private static final RgbImage WIDE =
            new PictureReader().read(FOLDER.resolve("images/wide.png")).image();
    private static final RgbImage TALL =
            new PictureReader().read(FOLDER.resolve("images/tall.png")).image();
    private static final AskOptions SHORT = AskOptions.defaults().withMaxTokens(6);

    private static List<Integer> ids(Answer answer) {
        return answer.tokens().stream().map(Generated.Token::id).toList();
    }

    /** What reading the whole conversation from nothing gives. */
    private static Answer fromNothing(
            List<ChatMessage> said, List<RgbImage> images, String question, AskOptions options) {
        Asking asking = MODEL.asking();
        Asking.Job job = asking.job(said, asking.prepare(images), question, options);
        return asking.answerAll(List.of(job), options, List.of(options.listener()))
                .getFirst();
    }

    @Test
    void laterQuestionsGoOnFromTheCacheAndSayTheSame() {
        for (Conversation.Policy policy : Conversation.Policy.values()) {
            try (Conversation talk = MODEL.converse(SHORT.withSystem("You look at pictures."), policy)) {
                Answer first = talk.ask(List.of(WIDE), "Is there a heart?");
                assertThat(first.timings().encoderMs()).isPositive();
                for (String question : List.of("And the ring?", "What colour is the star?")) {
                    List<ChatMessage> said = new ArrayList<>(talk.messages());
                    said.add(ChatMessage.of("user", 0, question));
                    Answer answer = talk.ask(question);
                    assertThat(ids(answer)).isEqualTo(ids(fromNothing(said, List.of(WIDE), question, SHORT)));
                    assertThat(answer.ledger().total()).isEqualTo(16);
                }
                List<ChatMessage> said = new ArrayList<>(talk.messages());
                said.add(ChatMessage.of("user", 1, "And here?"));
                Answer more = talk.ask(List.of(TALL), "And here?");
                assertThat(ids(more)).isEqualTo(ids(fromNothing(said, List.of(WIDE, TALL), "And here?", SHORT)));
                assertThat(more.ledger().total()).isEqualTo(32);
                assertThat(talk.messages()).hasSize(9);
            }
        }
    }

    /** Keeps the four visual tokens that the last word looks at most. */
    private static Plan byQuestion(List<int[]> kept) {
        Signal.DecoderAttention last =
                new Signal.DecoderAttention(2, Signal.DecoderQueries.LAST, Signal.KeyScope.VISUAL, true);
        return Plan.of("by-question", new Step(new Station.Decoder(3), List.of(last), s -> {
            float[] scores = s.get(last);
            int[] visual = s.layout().visual();
            int[] best = IntStream.range(0, visual.length)
                    .boxed()
                    .sorted((a, b) -> Float.compare(scores[visual[b]], scores[visual[a]]))
                    .limit(4)
                    .mapToInt(Integer::intValue)
                    .sorted()
                    .toArray();
            kept.add(best);
            return Outcome.of(Decision.Keep.of(best));
        }));
    }

    @Test
    void lookingAgainBringsDroppedTokensBack() {
        List<int[]> kept = new ArrayList<>();
        AskOptions options = SHORT.withPlan(byQuestion(kept));
        try (Conversation talk = MODEL.converse(options, Conversation.Policy.LOOK_AGAIN)) {
            talk.ask(List.of(WIDE), "Is there a heart?");
            List<ChatMessage> said = new ArrayList<>(talk.messages());
            said.add(ChatMessage.of("user", 0, "Which shape is larger, the cross or the diamond?"));
            Answer answer = talk.ask("Which shape is larger, the cross or the diamond?");
            assertThat(kept).hasSize(2);
            assertThat(kept.get(1)).isNotEqualTo(kept.get(0));
            assertThat(ids(answer)).isEqualTo(ids(fromNothing(said, List.of(WIDE), "?", options)));
        }
    }

    @Test
    void reusingDecidesOnce() {
        List<int[]> kept = new ArrayList<>();
        try (Conversation talk = MODEL.converse(SHORT.withPlan(byQuestion(kept)), Conversation.Policy.REUSE)) {
            talk.ask(List.of(WIDE), "Is there a heart?");
            Answer answer = talk.ask("Which shape is larger, the cross or the diamond?");
            assertThat(kept).hasSize(1);
            assertThat(answer.ledger().decoderTokens()).containsExactly(16, 16, 16, 4);
        }
    }

    @Test
    void aQuestionThatFailsLeavesTheConversationAsItWas() {
        try (Conversation talk = MODEL.converse(SHORT, Conversation.Policy.REUSE)) {
            talk.ask(List.of(WIDE), "Is there a heart?");
            List<ChatMessage> before = talk.messages();
            assertThatThrownBy(() -> talk.ask(List.of(TALL), "word ".repeat(600)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(talk.messages()).isEqualTo(before);
            List<ChatMessage> said = new ArrayList<>(before);
            said.add(ChatMessage.of("user", 0, "And the ring?"));
            assertThat(ids(talk.ask("And the ring?")))
                    .isEqualTo(ids(fromNothing(said, List.of(WIDE), "And the ring?", SHORT)));
        }
    }
}

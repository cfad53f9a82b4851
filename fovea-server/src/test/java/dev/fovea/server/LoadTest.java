package dev.fovea.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.AskOptions;
import dev.fovea.core.BatchAnswer;
import dev.fovea.core.BatchOptions;
import dev.fovea.core.ContinuousBatch;
import dev.fovea.core.QueueFullException;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.generate.FinishReason;
import dev.fovea.core.generate.Generated;
import dev.fovea.core.generate.GenerationListener;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.text.ChatMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers under load are the answers that each request gets alone. */
class LoadTest {
    private static final List<String> TECHNIQUES = List.of("full", "hiprune", "fastv", "visionzip");
    private static final List<String> BUDGETS = List.of("full", "64", "25%");
    private static final int[][] SIZES = {{224, 224}, {64, 64}, {320, 200}, {200, 320}, {448, 448}, {33, 150}};
    private static final List<String> QUESTIONS = List.of(
            Peek.QUESTION, "Is there a star?", "What colour is the circle?", "What do you see?", "Where is the heart?");

    private static VisionLanguageModel model;
    private static final List<byte[]> PICTURES = new ArrayList<>();

    /** The answer of each of the requests by itself. */
    private static final Map<Integer, String> ALONE = new ConcurrentHashMap<>();

    @BeforeAll
    static void open() {
        model = Peek.open();
        for (int[] size : SIZES) {
            PICTURES.add(Peek.scene(size[0], size[1]));
        }
        for (int i = 0; i < 64; i++) {
            RgbImage picture = new PictureReader()
                    .read(PICTURES.get(i % SIZES.length), "it")
                    .image();
            ALONE.put(i, model.ask(List.of(picture), question(i), options(i)).text());
        }
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static String question(int i) {
        return QUESTIONS.get(i % QUESTIONS.size());
    }

    private static String technique(int i) {
        return TECHNIQUES.get(i % TECHNIQUES.size());
    }

    private static String budget(int i) {
        return BUDGETS.get(i / TECHNIQUES.size() % BUDGETS.size());
    }

    private static AskOptions options(int i) {
        return AskOptions.defaults()
                .withTechniques(List.of(technique(i)), Budget.parse(budget(i)))
                .withMaxTokens(16);
    }

    private static ObjectNode request(int i) {
        ObjectNode request = Peek.chat(question(i), Peek.dataUrl(PICTURES.get(i % SIZES.length)))
                .put("max_tokens", 16)
                .put("stream", i % 2 == 1);
        request.putObject("fovea").put("technique", technique(i)).put("budget", budget(i));
        return request;
    }

    private static String text(int i, Peek.Reply reply) throws Exception {
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        if (i % 2 == 0) {
            return reply.json().at("/choices/0/message/content").asText();
        }
        StringBuilder text = new StringBuilder();
        for (String event : reply.body().split("\n\n")) {
            if (event.startsWith("data: {")) {
                text.append(Peek.JSON
                        .readTree(event.substring(6))
                        .at("/choices/0/delta/content")
                        .asText(""));
            }
        }
        return text.toString();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 32})
    void sixtyFourMixedRequestsAreAnsweredAsAlone(int atOnce) throws Exception {
        // At one at a time nothing is kept, so that caches cannot hide what the batch does.
        BatchOptions batch = atOnce == 1
                ? BatchOptions.defaults().withKept(0, 0)
                : BatchOptions.defaults().withSequences(12).withWorkers(atOnce == 32 ? 2 : 1);
        try (FoveaServer server = FoveaServer.start(
                        new Served("peek", model, null),
                        ServerOptions.defaults().withBatch(batch));
                ExecutorService clients = Executors.newFixedThreadPool(atOnce)) {
            List<Future<String>> answers = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                int number = i;
                answers.add(
                        clients.submit(() -> text(number, Peek.post(server, "/v1/chat/completions", request(number)))));
            }
            for (int i = 0; i < 64; i++) {
                assertThat(answers.get(i).get(60, TimeUnit.SECONDS))
                        .as("request %s", i)
                        .isEqualTo(ALONE.get(i));
            }
        }
    }

    private static ContinuousBatch.Ticket submit(ContinuousBatch batch, GenerationListener listener, String owner) {
        return batch.submit(
                List.of(ChatMessage.of("user", 0, "What is a circle?")),
                List.of(),
                AskOptions.defaults().withMaxTokens(200).withListener(listener),
                owner);
    }

    /** Holds the batch's thread until it is let go. */
    private static GenerationListener holding(CountDownLatch held, CountDownLatch go) {
        return new GenerationListener() {
            @Override
            public boolean cancelled() {
                return false;
            }

            @Override
            public void onToken(Generated.Token token) {
                held.countDown();
                try {
                    go.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        };
    }

    @Test
    void ownersTakeTurnsAndAFullQueueRefuses() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (ContinuousBatch batch =
                model.batch(BatchOptions.defaults().withSequences(1).withWaiting(5))) {
            ContinuousBatch.Ticket first = submit(batch, holding(held, go), "a");
            held.await();
            List<String> order = new ArrayList<>();
            List<ContinuousBatch.Ticket> tickets = new ArrayList<>();
            for (String owner : List.of("a", "a", "a", "b", "c")) {
                ContinuousBatch.Ticket ticket = submit(batch, GenerationListener.none(), owner);
                ticket.answer().thenRun(() -> order.add(owner));
                tickets.add(ticket);
            }
            assertThat(batch.waiting()).isEqualTo(5);
            assertThatThrownBy(() -> submit(batch, GenerationListener.none(), "d"))
                    .isInstanceOf(QueueFullException.class);
            go.countDown();
            first.answer().get(30, TimeUnit.SECONDS);
            for (ContinuousBatch.Ticket ticket : tickets) {
                ticket.answer().get(30, TimeUnit.SECONDS);
            }
            assertThat(order).containsExactly("a", "b", "c", "a", "a");
        }
    }

    @Test
    void whatIsCancelledLeavesAndWhatFailsFailsAlone() throws Exception {
        try (ContinuousBatch batch = model.batch(BatchOptions.defaults())) {
            AtomicInteger tokens = new AtomicInteger();
            ContinuousBatch.Ticket[] self = new ContinuousBatch.Ticket[1];
            CountDownLatch known = new CountDownLatch(1);
            GenerationListener leaving = new GenerationListener() {
                @Override
                public void onToken(Generated.Token token) {
                    try {
                        known.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    tokens.incrementAndGet();
                    self[0].cancel();
                }
            };
            GenerationListener failing = new GenerationListener() {
                @Override
                public void onText(String text) {
                    throw new IllegalStateException("broken listener");
                }
            };
            self[0] = submit(batch, leaving, "a");
            ContinuousBatch.Ticket broken = submit(batch, failing, "b");
            ContinuousBatch.Ticket good = submit(batch, GenerationListener.none(), "c");
            known.countDown();
            BatchAnswer left = self[0].answer().get(30, TimeUnit.SECONDS);
            assertThat(left.answer().finish()).isEqualTo(FinishReason.CANCELLED);
            assertThat(tokens).hasValue(1);
            assertThatThrownBy(() -> broken.answer().get(30, TimeUnit.SECONDS)).hasMessageContaining("broken listener");
            assertThat(good.answer().get(30, TimeUnit.SECONDS).answer().text()).isNotBlank();
            assertThat(batch.drain(Duration.ofSeconds(10))).isTrue();
            assertThat(batch.active()).isZero();
        }
    }

    @Test
    void theWordsOfALongPromptAreReadInPiecesBetweenTheTokensOfOthers() throws Exception {
        String words = "Is there a star? ".repeat(60) + "Is there a circle?";
        String alone = model.ask(
                        List.of(Peek.scene()), words, AskOptions.defaults().withMaxTokens(8))
                .text();
        AtomicInteger others = new AtomicInteger();
        AtomicInteger meanwhile = new AtomicInteger(-1);
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch handed = new CountDownLatch(1);
        GenerationListener counting = new GenerationListener() {
            @Override
            public void onToken(Generated.Token token) {
                others.incrementAndGet();
                begun.countDown();
                try {
                    handed.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        };
        GenerationListener noting = new GenerationListener() {
            @Override
            public void onToken(Generated.Token token) {
                meanwhile.compareAndSet(-1, others.get());
            }
        };
        try (ContinuousBatch batch = model.batch(BatchOptions.defaults().withPrefillTokens(16))) {
            ContinuousBatch.Ticket first = batch.submit(
                    List.of(ChatMessage.of("user", 1, "Describe the picture.")),
                    List.of(Peek.scene()),
                    AskOptions.defaults().withMaxTokens(100).withListener(counting),
                    "a");
            begun.await();
            ContinuousBatch.Ticket second = batch.submit(
                    List.of(ChatMessage.of("user", 1, words)),
                    List.of(Peek.scene()),
                    AskOptions.defaults().withMaxTokens(8).withListener(noting),
                    "b");
            handed.countDown();
            BatchAnswer answer = second.answer().get(60, TimeUnit.SECONDS);
            assertThat(answer.answer().text()).isEqualTo(alone);
            int pieces = (answer.answer().promptTokens() - 256) / 16;
            assertThat(pieces).isGreaterThan(15);
            assertThat(meanwhile.get()).isGreaterThanOrEqualTo(Math.min(pieces - 2, 90));
            first.cancel();
        }
    }

    @Test
    void closingEndsWhatIsInTheMaking() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        ContinuousBatch batch = model.batch(BatchOptions.defaults().withSequences(1));
        ContinuousBatch.Ticket first = submit(batch, holding(held, go), "a");
        held.await();
        ContinuousBatch.Ticket second = submit(batch, GenerationListener.none(), "a");
        Thread closing = Thread.ofVirtual().start(batch::close);
        Thread.sleep(50);
        go.countDown();
        closing.join();
        assertThatThrownBy(() -> second.answer().get(1, TimeUnit.SECONDS)).isInstanceOf(CancellationException.class);
        assertThat(first.answer()).isDone();
        assertThatThrownBy(() -> submit(batch, GenerationListener.none(), "a"))
                .isInstanceOf(IllegalStateException.class);
    }
}

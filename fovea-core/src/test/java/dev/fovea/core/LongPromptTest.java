package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.generate.Generated;
import dev.fovea.core.generate.GenerationListener;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.tensor.Work;
import dev.fovea.core.text.ChatMessage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A long prompt holds up neither the answers in the making nor the short prompts that come behind it. */
class LongPromptTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden/llava-mha");

    /** Read between two tokens. */
    private static final int TOKENS = 8;

    private static VisionLanguageModel model;
    private static RgbImage picture;

    @BeforeAll
    static void open() {
        model = VisionLanguageModel.open(FOLDER, OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32));
        picture = new PictureReader().read(FOLDER.resolve("images/wide.png")).image();
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static ContinuousBatch batch() {
        return model.batch(
                BatchOptions.defaults().withWorkers(1).withPrefillTokens(TOKENS).withKept(0, 0));
    }

    private static ContinuousBatch.Ticket submit(
            ContinuousBatch batch, int pictures, String words, int maxTokens, GenerationListener listener) {
        return batch.submit(
                List.of(ChatMessage.of("user", pictures, words)),
                Collections.nCopies(pictures, picture),
                AskOptions.defaults().withMaxTokens(maxTokens).withListener(listener),
                "");
    }

    private static final String LONG = "what is it ".repeat(20);

    /** Does something with every token, on the batch's thread. */
    private static GenerationListener at(Runnable token) {
        return new GenerationListener() {
            @Override
            public void onToken(Generated.Token ignored) {
                token.run();
            }
        };
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 8})
    void answersGoOnAndShortPromptsAreLetIn(int pictures) throws Exception {
        String alone = model.ask(
                        Collections.nCopies(pictures, picture),
                        LONG,
                        AskOptions.defaults().withMaxTokens(4))
                .text();
        List<String> events = Collections.synchronizedList(new ArrayList<>());
        CompletableFuture<ContinuousBatch.Ticket> lengthy = new CompletableFuture<>();
        CompletableFuture<ContinuousBatch.Ticket> brief = new CompletableFuture<>();
        try (ContinuousBatch batch = batch()) {
            ContinuousBatch.Ticket going = submit(batch, 0, "a", 400, at(() -> {
                events.add("other");
                if (events.size() == 2) {
                    lengthy.complete(submit(batch, pictures, LONG, 4, at(() -> events.add("long"))));
                }
                if (events.size() == 6) {
                    brief.complete(submit(batch, 0, "b", 2, at(() -> events.add("short"))));
                }
            }));
            BatchAnswer answer = lengthy.join().answer().get(60, TimeUnit.SECONDS);
            assertThat(answer.answer().text()).isEqualTo(alone);
            assertThat(brief.join().answer()).isDone();
            int read = answer.answer().promptTokens();
            assertThat(read).isGreaterThan(60);
            List<String> all = new ArrayList<>(events);
            List<String> before = all.subList(0, all.indexOf("long"));
            assertThat(before).contains("short");
            assertThat(Collections.frequency(before, "other")).isGreaterThanOrEqualTo(read / TOKENS);
            going.cancel();
        }
    }

    /**
     * Whatever waits: between two tokens of an answer the model does the work of the tokens that may be read there, and of
     * a token for each answer, and no more.
     */
    @Test
    void betweenTwoTokensNoMoreIsReadThanIsAllowed() throws Exception {
        int allowed = 16;
        List<Long> done = new ArrayList<>();
        List<ContinuousBatch.Ticket> others = Collections.synchronizedList(new ArrayList<>());
        double each = workOfAToken();
        try (Work work = Work.count();
                ContinuousBatch batch = model.batch(BatchOptions.defaults()
                        .withWorkers(1)
                        .withPrefillTokens(allowed)
                        .withKept(0, 0))) {
            ContinuousBatch.Ticket going = submit(batch, 0, "a", 60, at(() -> {
                done.add(work.flops());
                if (done.size() == 2) {
                    others.add(submit(batch, 0, LONG, 1, GenerationListener.none()));
                    for (int i = 0; i < 6; i++) {
                        others.add(submit(batch, 0, "b", 1, GenerationListener.none()));
                    }
                }
            }));
            going.answer().get(60, TimeUnit.SECONDS);
            for (ContinuousBatch.Ticket other : others) {
                other.answer().get(60, TimeUnit.SECONDS);
            }
        }
        long most = 0;
        for (int i = 1; i < done.size(); i++) {
            most = Math.max(most, done.get(i) - done.get(i - 1));
        }
        // A token of every answer that may be in the making goes through the head too, as do the ends of prompts.
        assertThat(most / each).isBetween(0.75 * allowed, 1.25 * allowed);
    }

    /** FLOPs of one more token of a prompt. */
    private static double workOfAToken() {
        long[] flops = new long[2];
        int[] tokens = new int[2];
        for (int i = 0; i < 2; i++) {
            try (Work work = Work.count()) {
                String words = LONG.substring(0, LONG.length() / (2 - i));
                tokens[i] = model.ask(List.of(), words, AskOptions.defaults().withMaxTokens(1))
                        .promptTokens();
                flops[i] = work.flops();
            }
        }
        return (double) (flops[1] - flops[0]) / (tokens[1] - tokens[0]);
    }

    @Test
    void aLongPromptThatNobodyWantsAnyLongerIsLetGoOf() throws Exception {
        CompletableFuture<ContinuousBatch.Ticket> lengthy = new CompletableFuture<>();
        List<String> events = Collections.synchronizedList(new ArrayList<>());
        try (ContinuousBatch batch = batch()) {
            ContinuousBatch.Ticket going = submit(batch, 0, "a", 8, at(() -> {
                events.add("other");
                if (events.size() == 2) {
                    lengthy.complete(submit(batch, 8, LONG, 4, at(() -> events.add("long"))));
                }
                if (events.size() == 5) {
                    lengthy.join().cancel();
                }
            }));
            going.answer().get(60, TimeUnit.SECONDS);
            assertThatThrownBy(() -> lengthy.join().answer().get(60, TimeUnit.SECONDS))
                    .isInstanceOf(CancellationException.class);
            assertThat(events).doesNotContain("long");
        }
    }

    /** What goes wrong while a prompt is read is that prompt's alone; what goes wrong in a break is not the reader's. */
    @Test
    void aFailureInABreakIsTheAnswersAlone() throws Exception {
        CompletableFuture<ContinuousBatch.Ticket> lengthy = new CompletableFuture<>();
        int[] tokens = new int[1];
        try (ContinuousBatch batch = batch()) {
            ContinuousBatch.Ticket going = submit(batch, 0, "a", 100, at(() -> {
                tokens[0]++;
                if (tokens[0] == 2) {
                    lengthy.complete(submit(batch, 8, LONG, 4, GenerationListener.none()));
                }
                if (tokens[0] == 5) {
                    throw new IllegalStateException("broken listener");
                }
            }));
            assertThatThrownBy(() -> going.answer().get(60, TimeUnit.SECONDS)).hasMessageContaining("broken listener");
            assertThat(lengthy.join()
                            .answer()
                            .get(60, TimeUnit.SECONDS)
                            .answer()
                            .tokens())
                    .isNotEmpty();
        }
    }
}

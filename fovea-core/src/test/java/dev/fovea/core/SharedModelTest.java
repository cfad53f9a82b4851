package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.generate.Generated;
import dev.fovea.core.generate.GenerationListener;
import dev.fovea.core.text.ChatMessage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** A model that many threads hand conversations to, on random weights: only that answers are the engine's own matters. */
class SharedModelTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden/llava-mha");
    private static final AskOptions SHORT = AskOptions.defaults().withMaxTokens(8);

    private static SharedModel open() {
        return SharedModel.open(
                FOLDER, OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32), BatchOptions.defaults());
    }

    private static List<ChatMessage> asked(String question) {
        return List.of(ChatMessage.of("user", 0, question));
    }

    @Test
    void answersThreadsAsTheModelAnswersOne() throws Exception {
        try (SharedModel shared = open();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            assertThat(shared.name()).isEqualTo("llava-mha");
            List<Future<BatchAnswer>> answers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                String question = "Question number " + i;
                answers.add(threads.submit(() -> shared.ask(asked(question), List.of(), SHORT)));
            }
            for (int i = 0; i < 8; i++) {
                String wanted = shared.model()
                        .ask(List.of(), "Question number " + i, SHORT)
                        .text();
                assertThat(answers.get(i).get().answer().text()).isEqualTo(wanted);
            }
        }
    }

    @Test
    void whatIsWrongIsThrownAsItWas() {
        try (SharedModel shared = open()) {
            assertThatThrownBy(() -> shared.ask(
                            asked("Which?"), List.of(), SHORT.withSystem("x").withListener(new GenerationListener() {
                                @Override
                                public void onToken(Generated.Token token) {
                                    throw new IllegalStateException("the listener's own");
                                }
                            })))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("the listener's own");
            assertThatThrownBy(() -> shared.ask(List.of(ChatMessage.of("user", 1, "Which?")), List.of(), SHORT))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void anInterruptedThreadGivesUpItsAnswer() throws Exception {
        try (SharedModel shared = open()) {
            CountDownLatch begun = new CountDownLatch(1);
            CountDownLatch seen = new CountDownLatch(1);
            AskOptions slow = AskOptions.defaults().withListener(new GenerationListener() {
                @Override
                public void onToken(Generated.Token token) {
                    begun.countDown();
                    try {
                        seen.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                }
            });
            List<Throwable> thrown = new ArrayList<>();
            Thread waiting = new Thread(() -> {
                try {
                    shared.ask(asked("Which?"), List.of(), slow);
                } catch (CancellationException e) {
                    thrown.add(e);
                }
            });
            waiting.start();
            begun.await();
            waiting.interrupt();
            waiting.join();
            seen.countDown();
            assertThat(thrown).hasSize(1);
            assertThat(shared.ask(asked("And now?"), List.of(), SHORT)).isNotNull();
        }
    }

    @Test
    void closesOnlyWhatItOpened() {
        try (VisionLanguageModel model = VisionLanguageModel.open(FOLDER)) {
            SharedModel shared = SharedModel.of(model, BatchOptions.defaults());
            shared.close();
            assertThat(model.ask(List.of(), "Which?", SHORT)).isNotNull();
            assertThatThrownBy(() -> shared.ask(asked("Which?"), List.of(), SHORT))
                    .isInstanceOf(IllegalStateException.class);
        }
        SharedModel own = SharedModel.open(FOLDER);
        own.close();
        assertThatThrownBy(() -> own.model().ask(List.of(), "Which?")).hasMessageContaining("closed");
    }
}

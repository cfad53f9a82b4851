package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.generate.GenerationListener;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.weights.CheckpointException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Opening, closing, and what happens to the files meanwhile. */
class ModelLifeTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/llava-gqa");
    private static final RgbImage PICTURE = new PictureReader()
            .read(Path.of("src/test/resources/golden/llava-gqa/images/wide.png"))
            .image();
    private static final AskOptions SHORT = AskOptions.defaults().withMaxTokens(4);

    @TempDir
    private Path folder;

    private Path copy(Path from) throws IOException {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, folder.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        return folder;
    }

    private void change(String file, Consumer<ObjectNode> change) throws IOException {
        ObjectMapper json = new ObjectMapper();
        Path path = folder.resolve(file);
        ObjectNode tree = (ObjectNode) json.readTree(path.toFile());
        change.accept(tree);
        json.writeValue(path.toFile(), tree);
    }

    @Test
    void closingFreesTheWeightsAtOnce() {
        VisionLanguageModel model = VisionLanguageModel.open(GOLDEN);
        List<Tensor> weights = List.of(
                model.asking().engine().model().decoder().tokens(),
                model.asking().engine().model().decoder().head().weight());
        try (Conversation talk = model.converse(SHORT, Conversation.Policy.LOOK_AGAIN)) {
            talk.ask(List.of(PICTURE), "What is it?");
            assertThat(weights).noneMatch(t -> t.isNull());
            model.close();
            assertThat(weights).allMatch(t -> t.isNull());
            assertThatThrownBy(() -> talk.ask("And now?"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("The model " + GOLDEN + " has been closed; open it again.");
        }
        assertThatThrownBy(() -> model.ask(List.of(), "Hi")).hasMessageContaining("has been closed");
        assertThatThrownBy(() -> model.view(List.of(PICTURE), SHORT)).hasMessageContaining("has been closed");
        model.close();
    }

    @Test
    void closingWaitsForAnswers() throws Exception {
        VisionLanguageModel model = VisionLanguageModel.open(GOLDEN);
        CountDownLatch answering = new CountDownLatch(1);
        CountDownLatch closing = new CountDownLatch(1);
        GenerationListener slow = new GenerationListener() {
            @Override
            public boolean cancelled() {
                answering.countDown();
                try {
                    assertThat(closing.await(20, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                return false;
            }
        };
        CompletableFuture<Answer> answer = CompletableFuture.supplyAsync(
                () -> model.ask(List.of(PICTURE), "What is it?", SHORT.withListener(slow)));
        assertThat(answering.await(20, TimeUnit.SECONDS)).isTrue();
        Thread closer = Thread.ofPlatform().start(model::close);
        closer.join(200);
        assertThat(closer.isAlive()).as("close waits").isTrue();
        closing.countDown();
        assertThat(answer.get(20, TimeUnit.SECONDS).tokens()).isNotEmpty();
        closer.join(20_000);
        assertThat(closer.isAlive()).isFalse();
    }

    @Test
    void aListenerCannotCloseTheModelUnderItself() {
        try (VisionLanguageModel model = VisionLanguageModel.open(GOLDEN)) {
            GenerationListener rude = new GenerationListener() {
                @Override
                public boolean cancelled() {
                    model.close();
                    return false;
                }
            };
            assertThatThrownBy(() -> model.ask(List.of(PICTURE), "What is it?", SHORT.withListener(rude)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("cannot be closed by a listener");
            assertThat(model.ask(List.of(PICTURE), "What is it?", SHORT).tokens())
                    .isNotEmpty();
        }
    }

    @Test
    void aFileThatWasCutIsNoticed() throws IOException {
        Path weights = copy(GOLDEN).resolve("model.safetensors");
        try (VisionLanguageModel model = VisionLanguageModel.open(folder)) {
            model.ask(List.of(PICTURE), "What is it?", SHORT);
            long whole = Files.size(weights);
            try (RandomAccessFile file = new RandomAccessFile(weights.toFile(), "rw")) {
                file.setLength(whole - 1);
            }
            assertThatThrownBy(() -> model.ask(List.of(PICTURE), "What is it?", SHORT))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage(weights + " became shorter while the model was in use: it has " + (whole - 1)
                            + " of its " + whole + " bytes; open the model again when the file is whole");
        }
    }

    @Test
    void aFileMovedIntoItsPlaceChangesNothing() throws IOException {
        Path weights = copy(GOLDEN).resolve("model.safetensors");
        try (VisionLanguageModel model = VisionLanguageModel.open(folder)) {
            Answer before = model.ask(List.of(PICTURE), "What is it?", SHORT);
            Files.writeString(folder.resolve("other"), "short");
            Files.move(folder.resolve("other"), weights, StandardCopyOption.REPLACE_EXISTING);
            assertThat(model.ask(List.of(PICTURE), "What is it?", SHORT).text()).isEqualTo(before.text());
        }
    }

    @Test
    void specialTokensInAQuestionAreText() {
        try (VisionLanguageModel model = VisionLanguageModel.open(GOLDEN)) {
            Answer answer = model.ask(List.of(PICTURE), "<image> </s> What is it?", SHORT);
            assertThat(answer.ledger().total()).isEqualTo(17);
            assertThatThrownBy(() -> model.ask(List.of(PICTURE), "<image> What?", SHORT.withSpecialTokens()))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void interpolatedPositionsAreAnnounced() throws IOException {
        try (VisionLanguageModel model = VisionLanguageModel.open(GOLDEN)) {
            assertThat(model.notes()).isEmpty();
        }
        copy(GOLDEN);
        change("preprocessor_config.json", c -> {
            c.putObject("size").put("shortest_edge", 84);
            c.putObject("crop_size").put("height", 84).put("width", 84);
            c.put("do_center_crop", true);
        });
        try (VisionLanguageModel model = VisionLanguageModel.open(folder)) {
            assertThat(model.notes()).singleElement().asString().contains("6x6").contains("4x4");
            assertThat(model.ask(List.of(PICTURE), "What is it?", SHORT)
                            .ledger()
                            .total())
                    .isEqualTo(37);
        }
    }

    @Test
    void tokensWithoutAnEmbeddingAreNamed() throws IOException {
        copy(GOLDEN);
        String text = Files.readString(folder.resolve("tokenizer.json"));
        String more =
                "{\"id\": 384, \"content\": \"<new>\", \"single_word\": false, \"lstrip\": false, \"rstrip\": false,"
                        + " \"normalized\": false, \"special\": false}";
        int added = text.indexOf('[', text.indexOf("\"added_tokens\""));
        int end = text.indexOf(']', added);
        Files.writeString(folder.resolve("tokenizer.json"), text.substring(0, end) + "," + more + text.substring(end));
        try (VisionLanguageModel model = VisionLanguageModel.open(folder)) {
            assertThatThrownBy(() -> model.ask(List.of(PICTURE), "What is <new>?", SHORT))
                    .hasMessageContaining("gives '<new>' the id 384")
                    .hasMessageContaining("384 rows");
        }
    }

    @Test
    void clipTextsMustEndAsTheirTowerExpects() throws IOException {
        copy(Path.of("src/test/resources/golden/clip"));
        DualEncoder.open(folder).close();
        for (int end : new int[] {5, 49407, 612}) {
            change("config.json", c -> ((ObjectNode) c.get("text_config")).put("eos_token_id", end));
            if (end == 612) {
                DualEncoder.open(folder).close();
            } else {
                assertThatThrownBy(() -> DualEncoder.open(folder))
                        .isInstanceOf(CheckpointException.class)
                        .hasMessageContaining("'text_config.eos_token_id' is " + end)
                        .hasMessageContaining("613");
            }
        }
        change("config.json", c -> ((ObjectNode) c.get("text_config")).put("eos_token_id", 2));
        DualEncoder.open(folder).close();
    }
}

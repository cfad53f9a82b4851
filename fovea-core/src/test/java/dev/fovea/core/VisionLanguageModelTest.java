package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.generate.FinishReason;
import dev.fovea.core.generate.Generated;
import dev.fovea.core.generate.GenerationListener;
import dev.fovea.core.generate.GenerationOptions;
import dev.fovea.core.generate.SamplingOptions;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VisionLanguageModelTest {
    private static final Path ROOT = Path.of("src/test/resources/golden");
    private static final VisionLanguageModel MHA = open("llava-mha");
    private static final VisionLanguageModel GQA = open("llava-gqa");
    private static final RgbImage WIDE = picture("wide");
    private static final RgbImage TALL = picture("tall");
    private static final AskOptions SHORT = AskOptions.defaults().withMaxTokens(16);

    private static VisionLanguageModel open(String name) {
        return VisionLanguageModel.open(
                ROOT.resolve(name), OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32));
    }

    private static RgbImage picture(String name) {
        return new PictureReader()
                .read(ROOT.resolve("llava-mha/images/" + name + ".png"))
                .image();
    }

    private static VisionLanguageModel model(String name) {
        return name.equals("llava-mha") ? MHA : GQA;
    }

    private static List<Integer> ids(Answer answer) {
        return answer.tokens().stream().map(Generated.Token::id).toList();
    }

    private static List<Integer> expected(String name, String prompt) throws IOException {
        JsonNode json =
                new ObjectMapper().readTree(ROOT.resolve(name + "/golden.json").toFile());
        return StreamSupport.stream(
                        json.at("/prompts/" + prompt + "/continuation_ids").spliterator(), false)
                .map(JsonNode::asInt)
                .filter(id -> id != 2)
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-gqa"})
    void fromPicturesAndWordsToTheTokensOfTransformers(String name) throws IOException {
        List<Answer> answers = model(name)
                .askAll(
                        List.of(
                                new Question(List.of(WIDE), "How many red circles are there in the picture?"),
                                new Question(List.of(WIDE, TALL), "Compare the two images: what has changed?"),
                                new Question(List.of(), "Which shape is larger, the cross or the diamond?")),
                        SHORT);
        assertThat(ids(answers.get(0))).isEqualTo(expected(name, "one_image"));
        assertThat(ids(answers.get(1))).isEqualTo(expected(name, "two_images"));
        assertThat(ids(answers.get(2))).isEqualTo(expected(name, "text_only"));
        for (Answer answer : answers) {
            assertThat(answer.ledger().count(Ledger.Fate.KEPT))
                    .isEqualTo(answer.ledger().total());
            assertThat(answer.tokens())
                    .allSatisfy(t -> assertThat(t.logProbability()).isLessThanOrEqualTo(0));
        }
        assertThat(answers.get(1).geometry()).hasSize(2);
        assertThat(ids(model(name).ask(List.of(WIDE), "How many red circles are there in the picture?", SHORT)))
                .isEqualTo(ids(answers.getFirst()));
    }

    /** Keeps every other token at the connector and then the better half by attention inside the language model. */
    private static Plan pruning() {
        Signal.DecoderAttention last =
                new Signal.DecoderAttention(1, Signal.DecoderQueries.LAST, Signal.KeyScope.ALL, true);
        return Plan.of(
                "test",
                new Step(
                        new Station.Connector(),
                        List.of(new Signal.PatchPixels()),
                        s -> Outcome.of(
                                Decision.Keep.of(IntStream.range(0, s.layout().visualCount())
                                        .filter(i -> i % 2 == 0)
                                        .toArray()),
                                means(s.get(new Signal.PatchPixels())))),
                new Step(new Station.Decoder(2), List.of(last), s -> {
                    int[] visual = s.layout().visual();
                    float[] scores = new float[visual.length];
                    for (int i = 0; i < scores.length; i++) {
                        scores[i] = s.get(last)[visual[i]];
                    }
                    int[] best = IntStream.range(0, scores.length)
                            .boxed()
                            .sorted((a, b) -> Float.compare(scores[b], scores[a]))
                            .limit(scores.length / 2)
                            .mapToInt(Integer::intValue)
                            .sorted()
                            .toArray();
                    return Outcome.of(Decision.Keep.of(best), scores);
                }));
    }

    private static float[] means(Matrix m) {
        float[] out = new float[m.rows()];
        for (int i = 0; i < m.rows(); i++) {
            for (float v : m.row(i)) {
                out[i] += v / m.cols();
            }
        }
        return out;
    }

    @Test
    void theLedgerAndTheRecordingTellWhatHappened() {
        Answer answer =
                MHA.ask(List.of(WIDE, TALL), "Which?", SHORT.withPlan(pruning()).withRecording());
        Ledger ledger = answer.ledger();
        assertThat(ledger.total()).isEqualTo(32);
        assertThat(ledger.kept()).isEqualTo(8);
        assertThat(ledger.count(Ledger.Fate.DROPPED)).isEqualTo(24);
        assertThat(ledger.encoderTokens()).containsExactly(32, 32, 32);
        assertThat(ledger.decoderTokens()).containsExactly(16, 16, 8, 8);
        assertThat(ledger.tokens().get(1).events()).hasSize(1);
        assertThat(ledger.tokens().get(1).events().getFirst().station()).isEqualTo("connector");
        assertThat(ledger.tokens().get(16).events()).hasSize(2);
        assertThat(ledger.scores()).hasSize(32).doesNotContain(Float.NaN);
        assertThat(Objects.requireNonNull(answer.recording()).entries())
                .containsKeys("image0.connector.0.keep", "image1.connector.0.scores", "decoder[2].0.keep")
                .anySatisfy((name, entry) -> assertThat(name).startsWith("decoder[2].0.DecoderAttention"));
        assertThat(answer.timings().prefillMs()).isPositive();
    }

    @Test
    void pixelsComeBackFromNormalisation() {
        List<Matrix> seen = new ArrayList<>();
        Plan plan = Plan.of("spy", new Step(new Station.Connector(), List.of(new Signal.PatchPixels()), s -> {
            seen.add(s.get(new Signal.PatchPixels()));
            return Outcome.of(new Decision.Unchanged());
        }));
        byte[] rgb = new byte[56 * 56 * 3];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i * 7);
        }
        MHA.ask(List.of(new RgbImage(56, 56, rgb)), "?", SHORT.withPlan(plan));
        Matrix patches = seen.getFirst();
        assertThat(patches.rows()).isEqualTo(16);
        // Row 1, column 2 of the grid, its pixel at row 3, column 5, green.
        float value = patches.get(6, (3 * 14 + 5) * 3 + 1);
        assertThat(value).isEqualTo(rgb[((14 + 3) * 56 + 28 + 5) * 3 + 1] & 0xff);
    }

    @Test
    void generationStopsAsAsked() {
        List<String> pieces = new ArrayList<>();
        GenerationListener listener = new GenerationListener() {
            @Override
            public void onText(String text) {
                pieces.add(text);
            }
        };
        Answer whole =
                MHA.ask(List.of(), "Which shape is larger, the cross or the diamond?", SHORT.withListener(listener));
        assertThat(String.join("", pieces)).isEqualTo(whole.text());
        assertThat(whole.finish()).isEqualTo(FinishReason.MAX_TOKENS);
        String stop = whole.text().substring(3, 6);
        Answer stopped = MHA.ask(
                List.of(),
                "Which shape is larger, the cross or the diamond?",
                SHORT.withGeneration(new GenerationOptions(SamplingOptions.GREEDY, 16, List.of(stop))));
        assertThat(stopped.finish()).isEqualTo(FinishReason.STOP_STRING);
        assertThat(stopped.text())
                .isEqualTo(whole.text().substring(0, whole.text().indexOf(stop)));
        Answer cancelled = MHA.ask(List.of(), "Which?", SHORT.withListener(new GenerationListener() {
            private int asked;

            @Override
            public boolean cancelled() {
                return ++asked > 3;
            }
        }));
        assertThat(cancelled.finish()).isEqualTo(FinishReason.CANCELLED);
        assertThat(cancelled.tokens()).hasSizeLessThanOrEqualTo(3);
        assertThat(MHA.ask(List.of(WIDE), "How many red circles are there in the picture?", SHORT)
                        .finish())
                .isEqualTo(FinishReason.END);
    }

    @Test
    void halfPrecisionAnswersToo() {
        OpenOptions bf16 = OpenOptions.defaults().withPrecision(OpenOptions.Precision.BF16);
        try (VisionLanguageModel model = VisionLanguageModel.open(ROOT.resolve("llava-mha"), bf16)) {
            Answer answer = model.ask(List.of(WIDE, TALL), "What?", SHORT.withPlan(pruning()));
            assertThat(answer.ledger().kept()).isEqualTo(8);
            assertThat(answer.tokens()).isNotEmpty();
        }
    }

    @Test
    void theLedgerIsJson() throws IOException {
        Ledger ledger =
                MHA.ask(List.of(WIDE), "Which?", SHORT.withPlan(pruning())).ledger();
        ObjectMapper json = new ObjectMapper();
        assertThat(json.readValue(json.writeValueAsString(ledger), Ledger.class))
                .isEqualTo(ledger);
    }

    @Test
    void samplingIsRepeatable() {
        AskOptions hot = SHORT.withSampling(SamplingOptions.at(1.5, 7));
        assertThat(ids(MHA.ask(List.of(WIDE), "What?", hot))).isEqualTo(ids(MHA.ask(List.of(WIDE), "What?", hot)));
        assertThat(ids(MHA.ask(List.of(WIDE), "What?", SHORT.withSampling(SamplingOptions.at(1.5, 8)))))
                .isNotEqualTo(ids(MHA.ask(List.of(WIDE), "What?", hot)));
    }

    @Test
    void twoThreadsGetWhatOneGets() throws Exception {
        AskOptions options = SHORT.withPlan(pruning());
        Answer alone = GQA.ask(List.of(WIDE, TALL), "And here?", options);
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            List<Future<Answer>> answers = IntStream.range(0, 6)
                    .mapToObj(i -> threads.submit(() -> GQA.ask(List.of(WIDE, TALL), "And here?", options)))
                    .toList();
            for (Future<Answer> answer : answers) {
                assertThat(answer.get().tokens()).isEqualTo(alone.tokens());
                assertThat(answer.get().ledger()).isEqualTo(alone.ledger());
            }
        }
    }

    @Test
    void whatTheUserGotWrongIsSaidInOneSentence() {
        String question = "word ".repeat(600);
        assertThatThrownBy(() -> MHA.ask(List.of(WIDE), question))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("more than the 512 that this model reads");
        assertThatThrownBy(() -> MHA.ask(List.of(WIDE), "?", SHORT.withTechniques(List.of("nosuch"), Budget.full())))
                .hasMessageContaining("There is no technique 'nosuch'");
        Plan text = Plan.of(
                "paired",
                new Step(
                        new Station.Connector(),
                        List.of(new Signal.QuestionEmbedding()),
                        s -> Outcome.of(new Decision.Unchanged())));
        assertThatThrownBy(() -> MHA.ask(List.of(WIDE), "?", SHORT.withPlan(text)))
                .hasMessageContaining("'paired'")
                .hasMessageContaining("a paired text tower");
        Plan deep =
                Plan.of("deep", new Step(new Station.Decoder(9), List.of(), s -> Outcome.of(new Decision.Unchanged())));
        assertThatThrownBy(() -> MHA.ask(List.of(WIDE), "?", SHORT.withPlan(deep)))
                .hasMessage("Technique 'deep' asks for decoder[9], but the decoder of this model has 4 layers.");
        Plan late = Plan.of(
                "late", new Step(new Station.EncoderOutput(3), List.of(), s -> Outcome.of(new Decision.Unchanged())));
        assertThatThrownBy(() -> MHA.ask(List.of(WIDE), "?", SHORT.withPlan(late)))
                .hasMessageContaining("taken after 3 encoder layers");
    }

    @Test
    void aThousandAsksLeaveMemoryFlat() throws IOException {
        AskOptions options = AskOptions.defaults().withMaxTokens(2).withPlan(pruning());
        ask(options, 150);
        long objects = Pointer.totalCount();
        long resident = residentKb();
        long leastGrowth = Long.MAX_VALUE;
        for (int part = 0; part < 4; part++) {
            ask(options, 250);
            // The collector, the compiler and malloc make single measurements jump; a leak grows in every part.
            long now = residentKb();
            leastGrowth = Math.min(leastGrowth, now - resident);
            resident = now;
        }
        // What tests before this one left to the collector may have gone meanwhile.
        assertThat(Pointer.totalCount()).as("native objects").isLessThanOrEqualTo(objects);
        assertThat(leastGrowth).as("kB that every 250 asks add at least").isLessThan(2_000);
    }

    private static void ask(AskOptions options, int times) {
        for (int i = 0; i < times; i++) {
            MHA.ask(List.of(WIDE), "How many?", options);
        }
    }

    private static long residentKb() throws IOException {
        System.gc();
        Path status = Path.of("/proc/self/status");
        assumeTrue(Files.exists(status), "resident memory is read from /proc");
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }
}

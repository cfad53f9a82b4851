package dev.fovea.core;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.generate.FinishReason;
import dev.fovea.core.generate.Generated;
import dev.fovea.core.generate.GenerationOptions;
import dev.fovea.core.generate.SamplingOptions;
import dev.fovea.core.generate.Speculation;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Techniques;
import dev.fovea.core.text.ChatMessage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a draft guesses, answers are what they are without; and it is told how often the model was asked. */
class SpeculationTest {
    private static final Path ROOT = Path.of("src/test/resources/golden");
    private static final ScriptedDraft DRAFT = new ScriptedDraft(4);
    private static final VisionLanguageModel MODEL = open("llava-gqa");
    private static final RgbImage WIDE =
            new PictureReader().read(ROOT.resolve("llava-mha/images/wide.png")).image();
    private static final String QUESTION = "How many red circles are there in the picture?";

    /** Random weights never end an answer by themselves. */
    private static final AskOptions PLAIN = AskOptions.defaults().withMaxTokens(24);

    private static final AskOptions GUESSED = PLAIN.withSpeculation(ScriptedDraft.SPEC);

    private static VisionLanguageModel open(String name) {
        return VisionLanguageModel.open(
                ROOT.resolve(name),
                OpenOptions.defaults()
                        .withPrecision(OpenOptions.Precision.F32)
                        .withTechniques(Techniques.of(List.of(DRAFT))));
    }

    @AfterAll
    static void nothingIsLeftOpen() {
        assertThat(DRAFT.open).isZero();
        MODEL.close();
    }

    @BeforeEach
    void forget() {
        DRAFT.read.clear();
        DRAFT.pictures.clear();
        DRAFT.script = random(1);
    }

    private static IntFunction<float[]> random(long seed) {
        int vocabulary = MODEL.shape().vocabulary();
        return place -> {
            SplittableRandom random = new SplittableRandom(seed * 1_000 + place);
            float[] logits = new float[vocabulary];
            for (int i = 0; i < logits.length; i++) {
                logits[i] = (float) random.nextGaussian();
            }
            return logits;
        };
    }

    /** Sure of the tokens of an answer, where {@code right} says so; sure of another one elsewhere. */
    private static IntFunction<float[]> knowing(List<Integer> answer, IntPredicate right) {
        return place -> {
            float[] logits = new float[MODEL.shape().vocabulary()];
            int token = place < answer.size() ? answer.get(place) : 9;
            logits[right.test(place) ? token : (token + 1) % logits.length] = 50;
            return logits;
        };
    }

    private static List<Integer> ids(Answer answer) {
        return answer.tokens().stream().map(Generated.Token::id).toList();
    }

    private static Answer ask(AskOptions options) {
        return MODEL.ask(List.of(WIDE), QUESTION, options);
    }

    private static void same(Answer actual, Answer expected) {
        assertThat(ids(actual)).isEqualTo(ids(expected));
        assertThat(actual.text()).isEqualTo(expected.text());
        assertThat(actual.finish()).isEqualTo(expected.finish());
        for (int i = 0; i < expected.tokens().size(); i++) {
            assertThat(actual.tokens().get(i).logProbability())
                    .isCloseTo(expected.tokens().get(i).logProbability(), within(1e-4));
        }
    }

    private static Speculation told(Answer answer) {
        return requireNonNull(answer.speculation());
    }

    @RepeatedTest(5)
    void randomGuessesChangeNothing(RepetitionInfo info) {
        DRAFT.script = random(info.getCurrentRepetition());
        Answer plain = ask(PLAIN);
        assertThat(plain.speculation()).isNull();
        Answer guessed = ask(GUESSED);
        same(guessed, plain);
        assertThat(told(guessed).tokens()).isEqualTo(plain.tokens().size() - 1);
    }

    /** Pending p, guesses a b c, and the model expects a, b, c, z behind p, a, b, c: all three are taken, and z. */
    @Test
    void rightGuessesAreAllTakenAndOneMoreToken() {
        List<Integer> answer = ids(ask(PLAIN));
        DRAFT.script = knowing(answer, place -> true);
        Answer guessed = ask(GUESSED.withMaxTokens(11));
        assertThat(ids(guessed)).isEqualTo(answer.subList(0, 11));
        // One from the prompt, then 4 + 1 twice.
        assertThat(told(guessed).passes()).isEqualTo(2);
        assertThat(told(guessed).tokens()).isEqualTo(10);
        assertThat(told(guessed).accepted()).isEqualTo(8);
        assertThat(told(guessed).perPass()).isEqualTo(5);
        // The draft is told what was read: the prompt, then the token chosen first and the four guesses.
        List<int[]> read = DRAFT.read.getLast();
        assertThat(read).hasSize(2);
        assertThat(read.getLast())
                .containsExactly(answer.subList(0, 5).stream()
                        .mapToInt(Integer::intValue)
                        .toArray());
        assertThat(Arrays.stream(DRAFT.pictures.getLast()).filter(p -> p >= 0).count())
                .isEqualTo(guessed.ledger().total());
    }

    @Test
    void wrongGuessesCostAPassForEveryToken() {
        List<Integer> answer = ids(ask(PLAIN));
        DRAFT.script = knowing(answer, place -> false);
        Answer guessed = ask(GUESSED);
        assertThat(ids(guessed)).isEqualTo(answer);
        assertThat(told(guessed).passes()).isEqualTo(answer.size() - 1);
        assertThat(told(guessed).accepted()).isZero();
        assertThat(told(guessed).perPass()).isEqualTo(1);
        // What was wrong is never told as read.
        assertThat(DRAFT.read.getLast().stream().skip(1).mapToInt(r -> r.length))
                .containsOnly(1);
    }

    /** Guesses that are right with chance a bring the sum of a^i tokens a pass, i from 0 to n. */
    @ParameterizedTest
    @CsvSource({"4, 0.6, 2.306", "4, 0.7, 2.773", "4, 0.8, 3.362", "3, 0.6, 2.176", "3, 0.7, 2.533", "3, 0.8, 2.952"})
    void expectedTokensPerPass(int guesses, double chance, double expected) {
        double sum = IntStream.rangeClosed(0, guesses)
                .mapToDouble(i -> Math.pow(chance, i))
                .sum();
        assertThat(sum).isCloseTo(expected, within(5e-4));
        ScriptedDraft some = new ScriptedDraft(guesses);
        try (VisionLanguageModel model = VisionLanguageModel.open(
                ROOT.resolve("llava-gqa"),
                OpenOptions.defaults()
                        .withPrecision(OpenOptions.Precision.F32)
                        .withTechniques(Techniques.of(List.of(some))))) {
            AskOptions much = PLAIN.withMaxTokens(200);
            List<Integer> answer = ids(model.ask(List.of(), QUESTION, much));
            int passes = 0;
            int tokens = 0;
            for (int seed = 0; seed < 4; seed++) {
                SplittableRandom random = new SplittableRandom(seed);
                some.script = knowing(answer, place -> random.nextDouble() < chance);
                Answer guessed = model.ask(List.of(), QUESTION, much.withSpeculation(ScriptedDraft.SPEC));
                assertThat(ids(guessed)).isEqualTo(answer);
                passes += told(guessed).passes();
                tokens += told(guessed).tokens();
            }
            assertThat((double) tokens / passes).isCloseTo(expected, within(0.12 * expected));
        }
    }

    /** Three tokens may come at each of three places: as often with guesses as the model says. */
    @ParameterizedTest
    @ValueSource(longs = {11, 12})
    void drawnAnswersHaveTheSameDistribution(long seed) {
        SamplingOptions sampling = SamplingOptions.at(1.3, 0).withTopK(3);
        AskOptions three = PLAIN.withMaxTokens(3);
        List<Generated.Token> likely = MODEL.ask(
                        List.of(), "Hi", three.withGeneration(three.generation().withLikeliest(3)))
                .tokens();
        // What the model itself may say at a place, with other odds: guesses are taken, and refused.
        DRAFT.script = place -> {
            float[] logits = random(seed).apply(place);
            likely.get(Math.min(place, 2)).likeliest().forEach(choice -> logits[choice.token()] += 6);
            return logits;
        };
        int draws = 1500;
        Map<List<Integer>, Integer> plain = new HashMap<>();
        Map<List<Integer>, Integer> guessed = new HashMap<>();
        int taken = 0;
        for (int i = 0; i < draws; i++) {
            AskOptions drawn = three.withSampling(sampling.withSeed(seed * 100_000 + i));
            Answer other = MODEL.ask(List.of(), "Hi", drawn.withSpeculation(ScriptedDraft.SPEC));
            plain.merge(ids(MODEL.ask(List.of(), "Hi", drawn)), 1, Integer::sum);
            guessed.merge(ids(other), 1, Integer::sum);
            taken += told(other).accepted();
        }
        assertThat(taken).isBetween(1, 2 * draws);
        assertThat(chiSquare(plain, guessed)).as("%s and %s", plain, guessed).isLessThan(1);
    }

    /** Of two samples of one size, over its 99.9 % point (Wilson and Hilferty): above 1 they are not alike. */
    private static double chiSquare(Map<List<Integer>, Integer> one, Map<List<Integer>, Integer> other) {
        Map<List<Integer>, Integer> all = new HashMap<>(one);
        other.forEach((key, count) -> all.merge(key, count, Integer::sum));
        double sum = 0;
        int cells = 0;
        for (List<Integer> key : all.keySet()) {
            double a = one.getOrDefault(key, 0);
            double b = other.getOrDefault(key, 0);
            sum += (a - b) * (a - b) / (a + b);
            cells++;
        }
        double freedom = Math.max(1, cells - 1);
        double edge = freedom * Math.pow(1 - 2 / (9 * freedom) + 3.09 * Math.sqrt(2 / (9 * freedom)), 3);
        return sum / edge;
    }

    /** Under a plan that drops visual tokens before and inside the language model. */
    @Test
    void underAPlanThatDropsTokens() {
        Signal.DecoderAttention last =
                new Signal.DecoderAttention(1, Signal.DecoderQueries.LAST, Signal.KeyScope.ALL, true);
        Plan plan = Plan.of(
                "dropping",
                new Step(
                        new Station.Connector(),
                        List.of(),
                        s -> Outcome.of(
                                Decision.Keep.of(IntStream.range(0, s.layout().visualCount())
                                        .filter(i -> i % 2 == 0)
                                        .toArray()))),
                new Step(
                        new Station.Decoder(2),
                        List.of(last),
                        s -> Outcome.of(
                                Decision.Keep.of(IntStream.range(0, s.layout().visualCount())
                                        .filter(i -> i % 3 != 0)
                                        .toArray()))));
        List<Integer> answer = ids(ask(PLAIN.withPlan(plan)));
        SplittableRandom random = new SplittableRandom(5);
        DRAFT.script = knowing(answer, place -> random.nextInt(3) > 0);
        Answer guessed = ask(GUESSED.withPlan(plan));
        assertThat(ids(guessed)).isEqualTo(answer);
        assertThat(told(guessed).accepted()).isPositive();
        int kept = (int)
                Arrays.stream(DRAFT.pictures.getLast()).filter(p -> p >= 0).count();
        assertThat(kept).isPositive().isLessThan(guessed.ledger().total() / 2);
    }

    /** Stop strings, the longest answer and what may follow by a form end an answer as they do otherwise. */
    @Test
    void answersEndWhereTheyEndOtherwise() {
        Answer plain = ask(PLAIN);
        List<Integer> answer = ids(plain);
        for (int i = 0; i < 3; i++) {
            SplittableRandom random = new SplittableRandom(i);
            DRAFT.script = knowing(answer, place -> random.nextInt(4) > 0);
            for (int tokens : new int[] {1, 2, 5, 6, 7}) {
                same(ask(GUESSED.withMaxTokens(tokens)), ask(PLAIN.withMaxTokens(tokens)));
            }
            String stop = plain.text()
                    .substring(plain.text().length() / 2, plain.text().length() / 2 + 2);
            GenerationOptions stopping = new GenerationOptions(SamplingOptions.GREEDY, 24, List.of(stop), 3, null);
            Answer stopped = ask(GUESSED.withGeneration(stopping));
            same(stopped, ask(PLAIN.withGeneration(stopping)));
            assertThat(stopped.finish()).isEqualTo(FinishReason.STOP_STRING);
            assertThat(stopped.tokens().getFirst().likeliest()).hasSize(3);
        }
    }

    @Test
    void aForm() {
        GenerationOptions form = PLAIN.generation().withGrammar(MODEL.json("{\"type\":\"boolean\"}"));
        Answer plain = ask(PLAIN.withGeneration(form));
        same(ask(GUESSED.withGeneration(form)), plain);
        DRAFT.script = knowing(ids(plain), place -> true);
        same(ask(GUESSED.withGeneration(form)), plain);
    }

    @Test
    void aPenaltyOfWhatWasSeen() {
        AskOptions penalised = PLAIN.withSampling(SamplingOptions.GREEDY.withRepetitionPenalty(1.4));
        Answer plain = ask(penalised);
        assertThat(ids(plain)).isNotEqualTo(ids(ask(PLAIN)));
        SplittableRandom random = new SplittableRandom(3);
        DRAFT.script = knowing(ids(plain), place -> random.nextInt(3) > 0);
        same(ask(penalised.withSpeculation(ScriptedDraft.SPEC)), plain);
    }

    /** The end of the context ends an answer at the same token. */
    @Test
    void theContextEnds() {
        int context = MODEL.shape().contextLength();
        AskOptions all = PLAIN.withMaxTokens(10 * context);
        Answer plain = MODEL.ask(List.of(), "Hi", all);
        assertThat(plain.finish()).isEqualTo(FinishReason.CONTEXT);
        DRAFT.script = knowing(ids(plain), place -> place % 7 != 0);
        same(MODEL.ask(List.of(), "Hi", all.withSpeculation(ScriptedDraft.SPEC)), plain);
    }

    /** Questions in a row go on from the caches; the draft is told the whole of each prompt. */
    @Test
    void inAConversation() {
        List<Answer> plain = new ArrayList<>();
        List<Answer> guessed = new ArrayList<>();
        String[] questions = {QUESTION, "And where?", "Why?"};
        for (AskOptions options : List.of(PLAIN.withMaxTokens(7), GUESSED.withMaxTokens(7))) {
            List<Answer> into = options.speculate() == null ? plain : guessed;
            try (Conversation conversation = MODEL.converse(options, Conversation.Policy.REUSE)) {
                for (int q = 0; q < questions.length; q++) {
                    into.add(conversation.ask(q == 0 ? List.of(WIDE) : List.of(), questions[q]));
                    if (options.speculate() == null) {
                        continue;
                    }
                    assertThat(DRAFT.read).hasSize(q + 1);
                }
            }
        }
        for (int q = 0; q < questions.length; q++) {
            same(guessed.get(q), plain.get(q));
            assertThat(guessed.get(q).promptTokens()).isEqualTo(plain.get(q).promptTokens());
        }
        assertThat(DRAFT.read.get(1).getFirst().length)
                .isGreaterThan(DRAFT.read.get(0).getFirst().length);
        assertThat(Arrays.stream(DRAFT.pictures.get(2)).filter(p -> p >= 0).count())
                .isEqualTo(guessed.get(2).ledger().total());
    }

    @Test
    void severalQuestionsAreAnsweredOneAfterTheOther() {
        List<Question> questions = List.of(new Question(List.of(WIDE), QUESTION), new Question(List.of(), "Why?"));
        List<Answer> plain = MODEL.askAll(questions, PLAIN);
        List<Answer> guessed = MODEL.askAll(questions, GUESSED);
        for (int i = 0; i < plain.size(); i++) {
            same(guessed.get(i), plain.get(i));
            assertThat(told(guessed.get(i)).passes()).isPositive();
        }
    }

    @Test
    void whatCannotBeGuessedIsRefusedInASentence() {
        assertThatThrownBy(() -> ask(GUESSED.withAttention()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("one after the other");
        Plan logits = Plan.of(
                "deciding",
                new Step(
                        new Station.Logits(),
                        List.of(new Signal.NextLogits()),
                        s -> Outcome.of(new Decision.Unchanged())));
        assertThatThrownBy(() -> ask(GUESSED.withPlan(logits)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'deciding'")
                .hasMessageContaining("guessed ahead");
        assertThatThrownBy(() -> ask(PLAIN.withSpeculation("nothing")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("There is no technique 'nothing'");
        assertThatThrownBy(() -> ask(PLAIN.withSpeculation("scripted")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("needs trained weights");
        assertThatThrownBy(() -> ask(PLAIN.withTechniques(List.of(ScriptedDraft.SPEC), Budget.full())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("--speculate scripted");
        try (ContinuousBatch batch = MODEL.batch(BatchOptions.defaults())) {
            assertThatThrownBy(() -> batch.submit(List.of(ChatMessage.of("user", 0, "Why?")), List.of(), GUESSED, "x"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("share a batch");
        }
    }

    @Test
    void aDraftOfAnotherVocabulary() {
        DRAFT.script = place -> new float[17];
        assertThatThrownBy(() -> ask(GUESSED))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("among 17 tokens")
                .hasMessageContaining("vocabulary");
    }
}

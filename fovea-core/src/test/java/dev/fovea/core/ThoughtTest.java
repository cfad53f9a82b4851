package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.adapt.Additions;
import dev.fovea.core.generate.FinishReason;
import dev.fovea.core.generate.GenerationListener;
import dev.fovea.core.generate.GenerationOptions;
import dev.fovea.core.generate.Thought;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.path.Wording;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers of a tiny model whose plan adds words to think in; the logits follow a script. */
class ThoughtTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/llava-mha");
    private static final List<String> WORDS =
            List.of("<think>", "</think>", "<answer>", "</answer>", "<thought>", "</thought>", "<seg>");
    private static final int MOST = 12;

    private static VisionLanguageModel model;
    private static RgbImage picture;
    private static int first;

    /** Ids of words of the model's own. */
    private static int[] red;

    private static int[] circle;

    @BeforeAll
    static void open() {
        model = VisionLanguageModel.open(GOLDEN, OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32));
        picture = new PictureReader().read(GOLDEN.resolve("images/wide.png")).image();
        first = model.shape().vocabulary();
        try (Tokenizer tokenizer = Tokenizer.open(GOLDEN)) {
            red = tokenizer.encodeText("red", false);
            circle = tokenizer.encodeText(" circle", false);
        }
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static Tensor rows(double scale) {
        int width = model.shape().decoderWidth();
        float[] rows = new float[WORDS.size() * width];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = (float) (scale * Math.sin(0.7 * i + 1));
        }
        return Tensors.of(rows, WORDS.size(), width);
    }

    private static Decision.Speak speak(@Nullable Tensor head) {
        Wording wording = new Wording(WORDS, 0, 1, 2, 3, 4, 5, List.of(new Wording.Group("seg", 6, 2)), MOST);
        return new Decision.Speak(
                Additions.none(), wording, new TensorRows(rows(1)), head == null ? null : new TensorRows(head));
    }

    /** Chooses these tokens one after the other: further words as {@code -1 - word}; then what ends answers. */
    private static Plan scripted(int... script) {
        Signal.NextLogits next = new Signal.NextLogits();
        Signal.AnswerTokens written = new Signal.AnswerTokens();
        Decision.Speak speak = speak(null);
        return Plan.of(
                "scripted",
                new Step(new Station.Weights(), List.of(), s -> Outcome.of(speak)),
                new Step(new Station.Logits(), List.of(next, written), s -> {
                    int at = (int) s.get(written)[0];
                    float[] logits = new float[s.get(next).length];
                    int token = at < script.length ? script[at] : 2;
                    logits[token < 0 ? first - 1 - token : token] = 50;
                    return Outcome.of(new Decision.Replace(logits));
                }));
    }

    private static int[] script(Object... parts) {
        List<Integer> all = new ArrayList<>();
        for (Object part : parts) {
            if (part instanceof int[] ids) {
                Arrays.stream(ids).forEach(all::add);
            } else {
                all.add(-1 - WORDS.indexOf((String) part));
            }
        }
        return all.stream().mapToInt(i -> i).toArray();
    }

    private static Answer ask(Plan plan, GenerationOptions options) {
        return model.ask(
                List.of(picture),
                "What is it?",
                AskOptions.defaults().withPlan(plan).withGeneration(options));
    }

    private static Answer ask(Object... parts) {
        return ask(scripted(script(parts)), GenerationOptions.defaults());
    }

    private static Answer whole() {
        return ask(
                "<think>",
                red,
                "<thought>",
                "<seg>",
                "<seg>",
                "</thought>",
                "</think>",
                "<answer>",
                circle,
                red,
                "</answer>");
    }

    @Test
    void whatIsThoughtIsNotSaid() {
        Answer answer = whole();
        assertThat(answer.text()).isEqualTo("circlered");
        assertThat(answer.finish()).isEqualTo(FinishReason.END);
        assertThat(answer.tokens()).hasSize(circle.length + red.length).allMatch(t -> t.id() < first);
        Thought thought = Objects.requireNonNull(answer.thought());
        assertThat(thought.text()).isEqualTo("red<thought><seg><seg></thought>");
        assertThat(thought.closed()).isTrue();
        assertThat(thought.tokens()).isEqualTo(6 + red.length);
        assertThat(thought.words()).containsExactly(4, 6, 6, 5);
        assertThat(thought.states(6)).hasSize(2);
        assertThat(thought.states(6).get(0))
                .hasSize(model.shape().decoderWidth())
                .isNotEqualTo(thought.states(6).get(1));
        assertThat(thought.states(6).get(0))
                .isNotEqualTo(new float[model.shape().decoderWidth()]);
    }

    @Test
    void anAnswerMayComeWithoutAThought() {
        Answer answer = ask((Object) red);
        assertThat(answer.text()).isEqualTo("red");
        assertThat(answer.thought()).isNull();
        Answer marked = ask("<answer>", red, "</answer>", circle);
        assertThat(marked.text()).isEqualTo("red");
        assertThat(marked.thought()).isNull();
        // A second thought is no thought, and its words are silent.
        Answer late = ask(red, "<think>", "<seg>", circle);
        assertThat(late.text()).isEqualTo("red circle");
        assertThat(late.thought()).isNull();
    }

    @Test
    void aThoughtThatDoesNotEndIsCutOff() {
        List<Object> endless = new ArrayList<>(List.of("<think>"));
        for (int i = 0; i < 2 * MOST; i++) {
            endless.add("<seg>");
        }
        Answer answer = ask(endless.toArray());
        assertThat(answer.text()).isEmpty();
        assertThat(answer.finish()).isEqualTo(FinishReason.MAX_TOKENS);
        Thought thought = Objects.requireNonNull(answer.thought());
        assertThat(thought.closed()).isFalse();
        assertThat(thought.tokens()).isEqualTo(MOST);
        // The last word was written, but no longer read.
        assertThat(thought.words()).hasSize(MOST - 2);
    }

    /** Bounds and stop strings are about what is said. */
    @Test
    void boundsCountWhatIsSaid() {
        Plan plan = scripted(script("<think>", red, red, red, "</think>", "<answer>", circle, red, red, "</answer>"));
        GenerationOptions options = GenerationOptions.defaults().withMaxTokens(circle.length);
        assertThat(ask(plan, options).text()).isEqualTo("circle");
        assertThat(ask(plan, options).finish()).isEqualTo(FinishReason.MAX_TOKENS);
        Answer stopped =
                ask(plan, new GenerationOptions(GenerationOptions.defaults().sampling(), 50, List.of("red")));
        assertThat(stopped.text()).isEqualTo("circle");
        assertThat(stopped.finish()).isEqualTo(FinishReason.STOP_STRING);
    }

    @Test
    void theLikeliestTokensAreOfTheModelsOwn() {
        Answer answer = ask(
                scripted(script("<think>", "</think>", red)),
                GenerationOptions.defaults().withLikeliest(3));
        assertThat(answer.tokens())
                .allSatisfy(t -> assertThat(t.likeliest()).hasSize(3).allMatch(c -> c.token() < first));
    }

    /** Whoever follows hears the answer alone, also in a batch beside an answer that does not think. */
    @Test
    void aListenerHearsTheAnswer() {
        StringBuilder heard = new StringBuilder();
        GenerationListener listener = new GenerationListener() {
            @Override
            public void onText(String text) {
                heard.append(text);
            }
        };
        Plan plan = scripted(script("<think>", red, "</think>", "<answer>", circle, "</answer>"));
        model.ask(
                List.of(picture), "What?", AskOptions.defaults().withPlan(plan).withListener(listener));
        assertThat(heard).hasToString("circle");
    }

    /** A form holds for what is said; a thought may come before it. */
    @Test
    void aFormHoldsForWhatIsSaid() {
        try (Tokenizer tokenizer = Tokenizer.open(GOLDEN)) {
            int[] json = tokenizer.encodeText("{}", false);
            Plan plan = scripted(script("<think>", red, "<seg>", "</think>", json));
            Answer answer = ask(plan, GenerationOptions.defaults().withGrammar(model.json(null)));
            assertThat(answer.text()).isEqualTo("{}");
            assertThat(Objects.requireNonNull(answer.thought()).text()).isEqualTo("red<seg>");
        }
    }

    /** Rows of the head are what chooses further words; without any of their own they are those of the embedding. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void logitsOfFurtherWordsStandBehindTheOthers(boolean own) {
        Signal.NextLogits next = new Signal.NextLogits();
        List<float[]> seen = new ArrayList<>();
        Decision.Speak speak = speak(own ? rows(0) : null);
        Step look = new Step(new Station.Logits(), List.of(next), s -> {
            seen.add(s.get(next));
            return Outcome.of(new Decision.Unchanged());
        });
        Plan plan = Plan.of("looking", new Step(new Station.Weights(), List.of(), s -> Outcome.of(speak)), look);
        ask(plan, GenerationOptions.defaults().withMaxTokens(1));
        ask(Plan.of("plain", look), GenerationOptions.defaults().withMaxTokens(1));
        float[] with = seen.getFirst();
        assertThat(with).hasSize(first + WORDS.size());
        assertThat(Arrays.copyOf(with, first)).containsExactly(seen.getLast());
        boolean zero = true;
        for (int i = first; i < with.length; i++) {
            zero &= with[i] == 0;
        }
        assertThat(zero).isEqualTo(own);
    }

    /** The next question goes on from what was read before the thought. */
    @Test
    void aConversationForgetsThoughts() {
        Plan plan = scripted(script("<think>", red, "</think>", "<answer>", circle, "</answer>"));
        try (Conversation conversation =
                model.converse(AskOptions.defaults().withPlan(plan), Conversation.Policy.REUSE)) {
            assertThat(conversation.ask(List.of(picture), "What is it?").text()).isEqualTo("circle");
            Answer second = conversation.ask("And now?");
            assertThat(second.text()).isEqualTo("circle");
            assertThat(second.thought()).isNotNull();
            assertThat(conversation.messages().get(1).toString()).doesNotContain("red");
        }
    }

    @Test
    void whatDoesNotFitIsRefused() {
        Decision.Speak speak = speak(null);
        Step step = new Step(new Station.Weights(), List.of(), s -> Outcome.of(speak));
        assertThatThrownBy(() -> ask(Plan.of("twice", step, step), GenerationOptions.defaults()))
                .hasMessage(
                        "Technique 'twice' adds words to the model's vocabulary twice; all of them are added at once.");
        assertThatThrownBy(() -> new Decision.Speak(
                        Additions.none(), speak.wording(), new TensorRows(Tensors.of(new float[2], 1, 2)), null))
                .hasMessage("There are 7 further words, but 1 rows for the table of embeddings");
        assertThatThrownBy(() -> new Wording(List.of("a", "a"), 0, 0, 0, 0, 0, 0, List.of(), 1))
                .hasMessage("A further word is named twice: [a, a]");
        assertThatThrownBy(() -> new Wording(List.of("a"), 0, 0, 0, 0, 0, 1, List.of(), 1))
                .hasMessage("There is no further word 1 among 1");
        Step late = new Step(new Station.Prompt(), List.of(), s -> Outcome.of(speak));
        assertThatThrownBy(() -> ask(Plan.of("late", late), GenerationOptions.defaults()))
                .hasMessage("Technique 'late' decided Speak, which this station cannot do at prompt.");
    }
}

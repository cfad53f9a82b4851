package dev.fovea.techniques.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.Answer;
import dev.fovea.core.AskOptions;
import dev.fovea.core.BatchAnswer;
import dev.fovea.core.BatchOptions;
import dev.fovea.core.ContinuousBatch;
import dev.fovea.core.Conversation;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.ImageInput;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.engine.TrainingPath;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.learned.OwnWeights;
import dev.fovea.core.model.AddedWeights;
import dev.fovea.core.model.MappedWeights;
import dev.fovea.core.model.Weights;
import dev.fovea.core.model.family.Description;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.PromptTokens;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.text.ChatMessage;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.techniques.Models;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** LLaVA-Mini in a tiny model, held against what the authors' code computes there with the same random weights. */
class LlavaMiniOnModelTest {
    private static final LlavaMini TECHNIQUE = new LlavaMini();
    private static final Path MODEL = Path.of("..", "fovea-core", "src", "test", "resources", "golden", "llava-mha");
    private static final Checkpoint GOLDEN =
            Checkpoint.open(Path.of("src", "test", "resources", "llava-mini.safetensors"));
    private static final Description DESCRIPTION = Families.read(MODEL).description();
    private static final Weights WEIGHTS = MappedWeights.of(Checkpoint.open(MODEL), DType.F32, DESCRIPTION.renames());
    private static final PathEngine ENGINE =
            new PathEngine(DESCRIPTION.load(WEIGHTS, null), a -> DESCRIPTION.load(AddedWeights.of(WEIGHTS, a), null));
    private static final Tensor PIXELS =
            Checkpoint.open(MODEL.resolve("golden.safetensors")).tensor("vision.pixel_values");
    private static final int WIDTH = 48;
    private static final int IMAGE = 4;
    private static final int[] ONE = {1, 346, 30, IMAGE, 203, 339, 225, 277};
    private static final int[] LEAD = {1, 9};
    private static final int[] TAUGHT = {30, 31, 70, 71, 32, 33, 34, 72};
    private static final Signal.DecoderHidden VISUAL = new Signal.DecoderHidden();
    private static final Signal.DecoderHidden WORDS = new Signal.DecoderHidden(PromptTokens.TEXT, false);

    /** Weights of the golden file; what is added to the model is nothing. */
    private static Plan plan(String set, String... knobs) {
        return plan(set, new ArrayList<>(), knobs);
    }

    /** The same, telling what enters the first layer: visual tokens, then words. */
    private static Plan plan(String set, List<float[]> entering, String... knobs) {
        Knobs all = Models.knobs(TECHNIQUE, knobs);
        Map<String, Tensor> own = new LinkedHashMap<>();
        Plan plan;
        try (Scope ignored = Scope.inference()) {
            for (Declaration.Parameter p :
                    TECHNIQUE.declaration(ENGINE.model().shape(), all).parameters()) {
                String name = set + "." + p.name();
                own.put(
                        p.name(),
                        GOLDEN.names().contains(name) ? GOLDEN.tensor(name) : Tensors.of(p.initial(1), p.sizes()));
            }
            plan = TECHNIQUE.plan(ENGINE.model().shape(), Budget.full(), all, OwnWeights.copyOf("llava-mini", own));
        }
        List<Step> steps = new ArrayList<>(plan.steps());
        steps.add(new Step(new Station.Decoder(0), List.of(VISUAL, WORDS), s -> {
            entering.add(s.get(VISUAL).data());
            entering.add(s.get(WORDS).data());
            return Outcome.of(new Decision.Unchanged());
        }));
        return Plan.of("llava-mini", steps);
    }

    private static String[] knobs(String set) {
        return switch (set) {
            case "c1" -> new String[] {"c=1", "layers=2"};
            case "c2" -> new String[] {"c=2", "layers=1"};
            default -> new String[] {"c=1", "layers=0"};
        };
    }

    private static PathEngine.Prompt prompt(Plan plan, int[] ids, int... pictures) {
        PlanRun run = PlanRun.of(plan, PlanRun.Question.none(), null);
        List<ImageInput> inputs = Arrays.stream(pictures)
                .mapToObj(p -> {
                    Tensor pixels = PIXELS.select(0, p);
                    return new ImageInput(pixels, () -> pixels, "image.", run);
                })
                .toList();
        return new PathEngine.Prompt("", ids, ENGINE.encode(inputs), run, 4);
    }

    private static float[] logits(Plan plan, int[] ids, int... pictures) {
        try (PromptState state =
                ENGINE.prefill(List.of(prompt(plan, ids, pictures))).getFirst()) {
            return state.logits();
        }
    }

    private static float[] golden(String name) {
        return Tensors.floats(GOLDEN.tensor(name));
    }

    private static float[] row(float[] all, int row, int cols) {
        return Arrays.copyOfRange(all, row * cols, (row + 1) * cols);
    }

    private static double largest(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        return IntStream.range(0, actual.length)
                .mapToDouble(i -> Math.abs(actual[i] - expected[i]))
                .max()
                .orElse(0);
    }

    /** The words of the input without its visual tokens, which begin at {@code at}. */
    private static float[] words(float[] inputs, int at, int visual) {
        float[] out = new float[inputs.length - visual * WIDTH];
        System.arraycopy(inputs, 0, out, 0, at * WIDTH);
        System.arraycopy(inputs, (at + visual) * WIDTH, out, at * WIDTH, out.length - at * WIDTH);
        return out;
    }

    /** Tokens, words, and what the language model makes of them. */
    @ParameterizedTest
    @CsvSource({"c1, wide, 0", "c1, tall, 1", "c2, wide, 0", "c2, tall, 1", "plain, wide, 0"})
    void whatTheAuthorsCodeComputes(String set, String name, int picture) {
        List<float[]> entering = new ArrayList<>();
        float[] logits = logits(plan(set, entering, knobs(set)), ONE, picture);
        String at = set + "." + name + ".";
        int tokens = golden(at + "vision").length / WIDTH;
        double vision = largest(entering.get(0), golden(at + "vision"));
        double words = largest(entering.get(1), words(golden(at + "inputs"), 3, tokens));
        float[] all = golden(at + "logits");
        double last = largest(logits, row(all, all.length / logits.length - 1, logits.length));
        System.out.printf("llava-mini %s vision %.2g, words %.2g, logits %.2g%n", at, vision, words, last);
        assertThat(vision).isLessThan(1e-4);
        assertThat(words).isLessThan(1e-4);
        assertThat(last).isLessThan(1e-4);
        // Lengths: the language model reads the words without their placeholder, and the tokens.
        assertThat(entering.get(1)).hasSize((ONE.length - 1) * WIDTH);
        assertThat(all.length / logits.length).isEqualTo(ONE.length - 1 + tokens);
    }

    /** Frames are read by the words one by one; what these become is averaged. */
    @ParameterizedTest
    @ValueSource(strings = {"c1", "c2"})
    void framesAreAveraged(String set) {
        int[] ids = {1, 346, 30, IMAGE, IMAGE, 203, 339, 225, 277};
        List<float[]> entering = new ArrayList<>();
        float[] logits = logits(plan(set, entering, knobs(set)), ids, 0, 1);
        int tokens = entering.get(0).length / WIDTH;
        float[] inputs = golden(set + ".film.inputs");
        double visual = largest(entering.get(0), Arrays.copyOfRange(inputs, 3 * WIDTH, (3 + tokens) * WIDTH));
        double words = largest(entering.get(1), words(inputs, 3, tokens));
        float[] all = golden(set + ".film.logits");
        double last = largest(logits, row(all, all.length / logits.length - 1, logits.length));
        System.out.printf("llava-mini %s film: vision %.2g, words %.2g, logits %.2g%n", set, visual, words, last);
        assertThat(visual).isLessThan(1e-4);
        assertThat(words).isLessThan(1e-4);
        assertThat(last).isLessThan(1e-4);
    }

    /** An overview and four tiles: their features are one map, and the words read all of them at once. */
    @Test
    void aPictureInTilesIsReadAtOnce() {
        List<float[]> entering = new ArrayList<>();
        Plan plan = plan("c2", entering, "c=2", "layers=1", "cut=2");
        PlanRun run = PlanRun.of(plan, PlanRun.Question.none(), null);
        Tensor wide = PIXELS.select(0, 0);
        Tensor tall = PIXELS.select(0, 1);
        List<ImageInput> inputs = List.of(
                part(wide.flip(1), new Part.Overview(), run),
                part(wide, new Part.Tile(0, 0), run),
                part(tall, new Part.Tile(0, 1), run),
                part(wide.flip(2), new Part.Tile(1, 0), run),
                part(tall.flip(1), new Part.Tile(1, 1), run));
        int[] ids = {1, 346, 30, IMAGE, IMAGE, IMAGE, IMAGE, IMAGE, 203, 339, 225, 277};
        List<PathEngine.Prompt> prompts =
                List.of(new PathEngine.Prompt("", ids, ENGINE.encode(inputs), run, 4), prompt(plan("c1"), ONE, 1));
        List<PromptState> states = ENGINE.prefill(prompts);
        float[] logits = states.getFirst().logits();
        assertThat(states.getFirst().ledger().kept()).isEqualTo(4);
        assertThat(states.getFirst().held()).isEqualTo(ONE.length - 1 + 4);
        states.forEach(PromptState::close);
        float[] inputsOf = golden("c2.cut.inputs");
        double vision = largest(entering.get(0), golden("c2.cut.vision"));
        double words = largest(entering.get(1), words(inputsOf, 3, 4));
        float[] all = golden("c2.cut.logits");
        double last = largest(logits, row(all, all.length / logits.length - 1, logits.length));
        System.out.printf("llava-mini cut: vision %.2g, words %.2g, logits %.2g%n", vision, words, last);
        assertThat(vision).isLessThan(1e-4);
        assertThat(words).isLessThan(1e-4);
        assertThat(last).isLessThan(1e-4);
    }

    private static ImageInput part(Tensor pixels, Part part, PlanRun run) {
        ImageInput whole = new ImageInput(pixels, () -> pixels, "image.", run);
        return new ImageInput(pixels, 0, part, whole.raw(), whole.name(), run, whole.source());
    }

    /** Three times the same frame: words as of the one picture, its tokens three times. */
    @Test
    void identicalFramesAreOnePicture() {
        List<float[]> film = new ArrayList<>();
        List<float[]> picture = new ArrayList<>();
        int[] ids = {1, 346, 30, IMAGE, IMAGE, IMAGE, 203, 339, 225, 277};
        logits(plan("c1", film, knobs("c1")), ids, 0, 0, 0);
        logits(plan("c1", picture, knobs("c1")), ONE, 0);
        assertThat(largest(film.get(1), picture.get(1))).isLessThan(1e-4);
        for (int copy = 0; copy < 3; copy++) {
            assertThat(largest(row(film.get(0), copy, WIDTH), picture.get(0))).isLessThan(1e-4);
        }
        float[] official = Arrays.copyOfRange(golden("c1.still.inputs"), 3 * WIDTH, 6 * WIDTH);
        assertThat(largest(film.get(0), official)).isLessThan(1e-4);
    }

    /** Without layers the words are the embeddings, to the bit, and the input is the model's own but for the tokens. */
    @Test
    void withoutLayersOnlyTheVisualTokensDiffer() {
        List<float[]> entering = new ArrayList<>();
        logits(plan("plain", entering, knobs("plain")), ONE, 0);
        float[] embedded = Tensors.floats(ENGINE.model()
                .decoder()
                .embed(Arrays.stream(ONE).filter(id -> id != IMAGE).toArray()));
        assertThat(entering.get(1)).containsExactly(embedded);
        assertThat(entering.get(0)).hasSize(WIDTH);
    }

    /** The paper's way round: the tokens are those of a model without layers, the words are as they were. */
    @Test
    void tokensMayBypassTheLayers() {
        List<float[]> direct = new ArrayList<>();
        List<float[]> fused = new ArrayList<>();
        List<float[]> without = new ArrayList<>();
        logits(plan("c1", direct, "layers=2", "vision=direct"), ONE, 0);
        logits(plan("c1", fused, "layers=2"), ONE, 0);
        logits(plan("c1", without, "layers=0"), ONE, 0);
        assertThat(direct.get(0)).containsExactly(without.get(0), within(1e-6f));
        assertThat(direct.get(1)).containsExactly(fused.get(1), within(1e-5f));
        assertThat(largest(fused.get(0), without.get(0))).isGreaterThan(0.1);
    }

    private static float[] taught(Plan plan, int[] words, int @Nullable [] branches, int... asked) {
        PlanRun run = PlanRun.of(plan, PlanRun.Question.none(), null);
        Tensor pixels = PIXELS.select(0, 0);
        EncodedImage image = ENGINE.encode(List.of(new ImageInput(pixels, () -> pixels, "image.", run)))
                .getFirst();
        try (Scope ignored = Scope.inference()) {
            return Tensors.floats(TrainingPath.of(ENGINE.model())
                    .logits(List.of(new TrainingPath.Prompt(
                            List.of(
                                    new TrainingPath.Span.Words(LEAD),
                                    new TrainingPath.Span.Picture(image),
                                    new TrainingPath.Span.Words(words)),
                            run,
                            branches == null
                                    ? null
                                    : IntStream.concat(IntStream.of(0, 0), Arrays.stream(branches))
                                            .toArray(),
                            null,
                            asked))));
        } finally {
            image.close();
        }
    }

    /** Two questions of one conversation with their answers: these enter as they are, and no question reads them. */
    @ParameterizedTest
    @ValueSource(strings = {"c1", "c2"})
    void answersAreNotReadWhileTheyAreLearned(String set) {
        List<float[]> entering = new ArrayList<>();
        Plan plan = plan(set, entering, knobs(set));
        float[] logits = taught(plan, TAUGHT, null, 3, 4, 8);
        float[] inputs = golden(set + ".taught.inputs");
        int tokens = entering.get(0).length / WIDTH;
        double words = largest(entering.get(1), words(inputs, 2, tokens));
        float[] all = golden(set + ".taught.logits");
        int vocabulary = logits.length / 3;
        double most = 0;
        int[] rows = {3 + tokens, 4 + tokens, 8 + tokens};
        for (int i = 0; i < 3; i++) {
            most = Math.max(most, largest(row(logits, i, vocabulary), row(all, rows[i], vocabulary)));
        }
        System.out.printf("llava-mini %s taught: words %.2g, logits %.2g%n", set, words, most);
        assertThat(words).isLessThan(1e-4);
        assertThat(most).isLessThan(1e-4);
        // Other answers: every word of the questions is what it was, to the bit.
        entering.clear();
        int[] others = {30, 31, 80, 81, 32, 33, 34, 90};
        taught(plan, others, null, 3, 4, 8);
        float[] changed = entering.get(1).clone();
        entering.clear();
        taught(plan, TAUGHT, null, 3, 4, 8);
        float[] before = entering.get(1);
        for (int w : new int[] {0, 1, 2, 3, 6, 7, 8}) {
            assertThat(row(changed, w, WIDTH)).containsExactly(row(before, w, WIDTH));
        }
        for (int w : new int[] {4, 5, 9}) {
            int id =
                    IntStream.concat(Arrays.stream(LEAD), Arrays.stream(others)).toArray()[w];
            assertThat(row(changed, w, WIDTH))
                    .containsExactly(Tensors.floats(ENGINE.model().decoder().embed(new int[] {id})));
        }
    }

    /** Questions packed behind one picture are what they are alone, with or without their answers. */
    @ParameterizedTest
    @ValueSource(strings = {"c1", "c2"})
    void packedQuestionsAreAskedAsIfAlone(String set) {
        Plan plan = plan(set, knobs(set));
        int[] words = {30, 31, 70, 71, 32, 33, 34, 72, 73};
        int[] branches = {1, 1, 1, 1, 2, 2, 2, 2, 2};
        float[] packed = taught(plan, words, branches, 3, 4, 8, 9);
        float[] first = taught(plan, new int[] {30, 31, 70, 71}, null, 3, 4);
        float[] second = taught(plan, new int[] {32, 33, 34, 72, 73}, null, 4, 5);
        assertThat(Arrays.copyOf(packed, first.length)).containsExactly(first, within(1e-4f));
        assertThat(Arrays.copyOfRange(packed, first.length, packed.length)).containsExactly(second, within(1e-4f));
        // Answering says what was learned.
        int vocabulary = first.length / 2;
        assertThat(logits(plan, new int[] {1, 9, IMAGE, 32, 33, 34}, 0))
                .containsExactly(row(second, 0, vocabulary), within(1e-4f));
    }

    /** Words of the answer go on from the cache as they are: what was learned of a whole answer holds. */
    @Test
    void tokensOfTheAnswerEnterAsTheyAre() {
        Plan plan = plan("c1", knobs("c1"));
        float[] taught = taught(plan, new int[] {32, 33, 34, 72, 73}, null, 4, 5, 6);
        int vocabulary = taught.length / 3;
        try (PromptState state = ENGINE.prefill(List.of(prompt(plan, new int[] {1, 9, IMAGE, 32, 33, 34}, 0)))
                .getFirst()) {
            for (int i = 0; i < 3; i++) {
                assertThat(state.logits()).containsExactly(row(taught, i, vocabulary), within(1e-4f));
                ENGINE.extend(List.of(state), List.of(new int[] {72 + i}));
            }
            assertThat(state.held()).isEqualTo(6 + 3);
            assertThat(state.ledger().kept()).isEqualTo(1);
        }
    }

    // ---- in an opened model ----

    private static List<Integer> ids(Answer answer) {
        return answer.tokens().stream().map(t -> t.id()).toList();
    }

    /** Another question is read anew, whatever is kept of a conversation: its words read the picture too. */
    @ParameterizedTest
    @ValueSource(strings = {"compress=code", "cut=2", "compress=paper,vision=direct", "cut=3,compress=mean,c=2"})
    void aConversationReadsEveryQuestionAnew(String knobs) {
        try (VisionLanguageModel model =
                VisionLanguageModel.open(MODEL, OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32))) {
            AskOptions options = AskOptions.defaults()
                    .withTechniques(List.of("llava-mini:weights=untrained," + knobs), Budget.full())
                    .withMaxTokens(4);
            RgbImage wide =
                    new PictureReader().read(MODEL.resolve("images/wide.png")).image();
            List<List<Integer>> answers = new ArrayList<>();
            for (Conversation.Policy policy : Conversation.Policy.values()) {
                try (Conversation conversation = model.converse(options, policy)) {
                    answers.add(ids(conversation.ask(List.of(wide), "What is there?")));
                    Answer second = conversation.ask("How many of them are there?");
                    answers.add(ids(second));
                    assertThat(second.ledger().kept()).isEqualTo(knobs.endsWith("c=2") ? 4 : 1);
                }
            }
            assertThat(answers.subList(0, 2)).isEqualTo(answers.subList(2, 4));
        }
    }

    /** Asked in a batch, in pieces where that is allowed, and again: each answer is that of the question alone. */
    @Test
    void nothingThatWasReadServesAnotherQuestion() {
        try (VisionLanguageModel model = VisionLanguageModel.open(
                        MODEL, OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32));
                ContinuousBatch batch = model.batch(BatchOptions.defaults().withPrefillTokens(3))) {
            AskOptions options = AskOptions.defaults()
                    .withTechniques(List.of("llava-mini:weights=untrained"), Budget.full())
                    .withMaxTokens(3);
            RgbImage wide =
                    new PictureReader().read(MODEL.resolve("images/wide.png")).image();
            List<String> questions = List.of("What is there in it?", "A star?", "What is there in it?");
            List<ContinuousBatch.Ticket> tickets = questions.stream()
                    .map(q -> batch.submit(List.of(ChatMessage.of("user", 1, q)), List.of(wide), options, "a"))
                    .toList();
            for (int i = 0; i < questions.size(); i++) {
                BatchAnswer answer = tickets.get(i).answer().join();
                assertThat(answer.cachedTokens()).isZero();
                assertThat(ids(answer.answer())).isEqualTo(ids(model.ask(List.of(wide), questions.get(i), options)));
            }
        }
    }

    /** The layers that nobody has trained are the model's own first ones. */
    @Test
    void layersStartAsTheModels() {
        Declaration declared = TECHNIQUE
                .declaration(ENGINE.model().shape(), Models.knobs(TECHNIQUE))
                .startingFrom(WEIGHTS);
        for (Declaration.Parameter p : declared.parameters()) {
            if (p.name().startsWith("prefusion_layers.")) {
                String own = p.name().replace("prefusion_layers.", "text.layers.");
                assertThat(p.initial(1)).as(p.name()).containsExactly(Tensors.floats(WEIGHTS.tensor(own, p.sizes())));
            }
        }
        assertThat(Models.untrained(TECHNIQUE, ENGINE.model().shape(), Budget.full())
                        .steps())
                .hasSize(5);
    }
}

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
import dev.fovea.core.Question;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.ImageInput;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.engine.TrainingPath;
import dev.fovea.core.engine.TrainingPath.Prompt;
import dev.fovea.core.engine.TrainingPath.Span;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.learned.OwnWeights;
import dev.fovea.core.model.AddedWeights;
import dev.fovea.core.model.MappedWeights;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.family.Description;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Plans;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.text.ChatMessage;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.techniques.Models;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** VoCo-LLaMA on tiny models, with weights that change everything: one pass, two passes, caches, reuse, training. */
class VocoLlamaOnModelTest {
    private static final Path MODELS = Path.of("..", "fovea-core", "src", "test", "resources", "golden");
    private static final VocoLlama TECHNIQUE = new VocoLlama();
    private static final int[] ONE = {1, 346, 30, 4, 203, 339, 225, 277};
    private static final int[] TWO = {1, 346, 4, 203, 4, 225, 335, 56};
    private static final Map<String, Tiny> TINY = new HashMap<>();

    private static final ImageInput.Source NOWHERE = new ImageInput.Source() {
        @Override
        public int width() {
            return 56;
        }

        @Override
        public int height() {
            return 56;
        }

        @Override
        public ImageInput.Pixels at(int width, int height) {
            throw new AssertionError("Nobody resizes");
        }
    };

    /** A tiny model whose class token goes to the language model (gqa) or not (mha). */
    private record Tiny(Description description, MappedWeights weights, PathEngine engine, Tensor pixels) {
        static Tiny of(String name) {
            return TINY.computeIfAbsent(name, n -> {
                Path folder = MODELS.resolve(n);
                Description description = Families.read(folder).description();
                MappedWeights weights = MappedWeights.of(Checkpoint.open(folder), DType.F32, description.renames());
                return new Tiny(
                        description,
                        weights,
                        new PathEngine(
                                description.load(weights, null),
                                additions -> description.load(AddedWeights.of(weights, additions), null)),
                        Checkpoint.open(folder.resolve("golden.safetensors")).tensor("vision.pixel_values"));
            });
        }

        Plan plan(String... knobs) {
            return TECHNIQUE.plan(engine.model().shape(), Budget.count(8), Models.knobs(TECHNIQUE, knobs), own(knobs));
        }

        /** Weights that nobody has trained, but that change everything. */
        OwnWeights own(String... knobs) {
            Declaration declaration = TECHNIQUE.declaration(engine.model().shape(), Models.knobs(TECHNIQUE, knobs));
            Map<String, Tensor> random = new HashMap<>();
            try (Scope ignored = Scope.inference()) {
                torch.manual_seed(3);
                declaration
                        .parameters()
                        .forEach(p -> random.put(p.name(), Tensors.scale(torch.randn(p.sizes()), 0.05)));
                return OwnWeights.copyOf("voco-llama", random);
            }
        }

        PathEngine.Prompt prompt(Plan plan, int[] ids, int... pictures) {
            PlanRun run = PlanRun.of(plan, PlanRun.Question.none(), null);
            List<ImageInput> inputs = new ArrayList<>();
            for (int i = 0; i < pictures.length; i++) {
                Tensor own = pixels.select(0, pictures[i]);
                inputs.add(new ImageInput(own, i, new Part.Whole(), () -> own, "image.", run, NOWHERE));
            }
            return new PathEngine.Prompt("", ids, engine.encode(inputs), run, 4);
        }

        PromptState read(Plan plan, int[] ids, int... pictures) {
            return engine.prefill(List.of(prompt(plan, ids, pictures))).getFirst();
        }
    }

    private static void assertClose(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).isCloseTo(expected[i], within(2e-4f));
        }
    }

    private static double apart(float[] a, float[] b) {
        return IntStream.range(0, a.length)
                .mapToDouble(i -> Math.abs(a[i] - b[i]))
                .max()
                .orElse(0);
    }

    /** Step 6 of the paper: pictures first, then text over what is kept, is the single masked pass. */
    @ParameterizedTest
    @CsvSource({
        "llava-mha, code, 1",
        "llava-mha, code, 3",
        "llava-mha, paper, 3",
        "llava-gqa, code, 2",
        "llava-gqa, paper, 2"
    })
    void twoPassesAreOne(String name, String mask, int n) {
        Tiny tiny = Tiny.of(name);
        Plan two = tiny.plan("mask=" + mask, "n=" + n);
        Plan one = tiny.plan("mask=" + mask, "n=" + n, "cache=all");
        for (int[] ids : List.of(ONE, TWO)) {
            int[] pictures = ids == ONE ? new int[] {0} : new int[] {0, 1};
            try (PromptState kept = tiny.read(two, ids, pictures);
                    PromptState masked = tiny.read(one, ids, pictures);
                    PromptState plain = tiny.read(Plan.plain(), ids, pictures)) {
                assertClose(kept.logits(), masked.logits());
                assertThat(apart(kept.logits(), plain.logits())).isGreaterThan(0.01);
                for (int[] tokens : new int[][] {{33}, {90, 200}, {301}}) {
                    tiny.engine.extend(List.of(kept, masked), List.of(tokens, tokens));
                    assertClose(kept.logits(), masked.logits());
                }
                int words = "paper".equals(mask) ? ids.length - pictures.length : text(ids);
                assertThat(kept.held()).isEqualTo(words + n * pictures.length + 4);
                assertThat(masked.held()).isGreaterThan(kept.held() + 15 * pictures.length);
            }
        }
    }

    private static int text(int[] ids) {
        return (int) Arrays.stream(ids)
                .dropWhile(id -> id != 4)
                .filter(id -> id != 4)
                .count();
    }

    /** Text that began to count anew behind what is kept would say something else. */
    @Test
    void wrongPositionsSaySomethingElse() {
        Tiny tiny = Tiny.of("llava-mha");
        Plan right = tiny.plan("mask=paper", "n=2");
        List<Step> steps = new ArrayList<>(right.steps());
        steps.removeLast();
        steps.add(new Step(new Station.Cache(Station.Behind.PICTURES), List.of(), s -> {
            int[] compression = IntStream.range(0, s.layout().visualCount())
                    .filter(v -> s.layout().cells()[v] < 0)
                    .toArray();
            return Outcome.of(new Decision.Keep(compression, Decision.Positions.RENUMBERED));
        }));
        try (PromptState kept = tiny.read(right, ONE, 0);
                PromptState wrong = tiny.read(Plan.of("wrong", steps), ONE, 0)) {
            assertThat(wrong.held()).isEqualTo(kept.held());
            assertThat(apart(kept.logits(), wrong.logits())).isGreaterThan(1e-3);
        }
    }

    /** Under the code's mask the first pass leaves n tokens in each layer, and no more memory than they take. */
    @Test
    void whatTheCacheHolds() {
        Tiny tiny = Tiny.of("llava-mha");
        var shape = tiny.engine.model().shape();
        int[] head = Arrays.copyOf(ONE, 4);
        for (int n : new int[] {1, 4}) {
            try (PromptState state = tiny.read(tiny.plan("n=" + n), head, 0)) {
                long token = 2L * shape.decoderLayers() * shape.decoderKvHeads() * shape.decoderHeadDim() * Float.BYTES;
                assertThat(state.held()).isEqualTo(n);
                assertThat(state.bytes()).isEqualTo((n + 4) * token);
                Ledger ledger = state.ledger();
                assertThat(ledger.decoderTokens()).containsOnly(16 + n).hasSize(4);
                assertThat(ledger.cachedTokens()).containsOnly(n).hasSize(4);
                assertThat(ledger.kept()).isEqualTo(n);
                assertThat(ledger.count(Ledger.Fate.DROPPED)).isEqualTo(16);
                assertThat(ledger.tokens().getFirst().events().getLast().station())
                        .isEqualTo("cache[pictures]");
            }
        }
    }

    /** Prompts under other plans, and none, in one batch; each is as it is alone. */
    @Test
    void inABatchEachIsAsItIsAlone() {
        Tiny tiny = Tiny.of("llava-mha");
        Plan fastv = Models.plan(
                Models.techniques().stream()
                        .filter(t -> t.card().id().equals("fastv"))
                        .findFirst()
                        .orElseThrow(),
                tiny.engine.model().shape(),
                Budget.share(0.5));
        List<Plan> plans = List.of(tiny.plan("n=1"), Plan.plain(), tiny.plan("n=3", "mask=paper"), fastv);
        List<PathEngine.Prompt> prompts = new ArrayList<>();
        for (Plan plan : plans) {
            prompts.add(tiny.prompt(plan, TWO, 1, 0));
        }
        List<PromptState> together = tiny.engine.prefill(prompts);
        tiny.engine.extend(together, together.stream().map(s -> new int[] {77}).toList());
        for (int i = 0; i < plans.size(); i++) {
            try (PromptState alone = tiny.read(plans.get(i), TWO, 1, 0)) {
                tiny.engine.extend(List.of(alone), List.of(new int[] {77}));
                assertClose(together.get(i).logits(), alone.logits());
            }
        }
        together.forEach(PromptState::close);
    }

    /** A prompt without a picture is the language model with these weights, read as always. */
    @Test
    void withoutAPictureNothingIsMasked() {
        Tiny tiny = Tiny.of("llava-mha");
        Plan plan = tiny.plan();
        Plan weightsAlone = Plan.of("weights", plan.steps().getFirst());
        int[] words = {1, 346, 30, 203, 339};
        try (PromptState state = tiny.read(plan, words);
                PromptState expected = tiny.read(weightsAlone, words)) {
            assertThat(state.logits()).containsExactly(expected.logits());
        }
    }

    /** The same words, one pass, in the loop of training; packed questions each as alone; gradients reach all weights. */
    @Test
    void trainingReadsUnderTheMask() {
        Tiny tiny = Tiny.of("llava-mha");
        Plan plan = tiny.plan("n=2");
        ModelParts model = tiny.description.load(
                AddedWeights.of(
                        tiny.weights,
                        PlanRun.of(plan, PlanRun.Question.none(), null).additions()),
                null);
        TrainingPath path = TrainingPath.of(model);
        EncodedImage image = tiny.prompt(plan, ONE, 0).images().getFirst();
        int[] head = Arrays.copyOf(ONE, 3);
        int[] question = Arrays.copyOfRange(ONE, 4, ONE.length);
        PlanRun run = PlanRun.of(plan, PlanRun.Question.none(), null);
        try (Scope ignored = Scope.inference();
                PromptState state = tiny.read(plan, ONE, 0)) {
            float[] single = Tensors.floats(path.logits(List.of(prompt(run, image, head, question, null, 6))));
            assertClose(single, state.logits());
            int[] other = {30, 31};
            int[] both = IntStream.concat(Arrays.stream(other), Arrays.stream(question))
                    .toArray();
            float[] packed = Tensors.floats(
                    path.logits(List.of(prompt(run, image, head, both, new int[] {0, 0, 0, 1, 1, 2, 2, 2, 2}, 8))));
            assertClose(packed, state.logits());
        }
    }

    private static Prompt prompt(
            PlanRun run, EncodedImage image, int[] head, int[] words, int @Nullable [] branches, int asked) {
        return new Prompt(
                List.of(new Span.Words(head), new Span.Picture(image), new Span.Words(words)),
                run,
                branches,
                null,
                new int[] {asked});
    }

    private static RgbImage picture(String name) {
        return new PictureReader()
                .read(MODELS.resolve("llava-mha/images/" + name + ".png"))
                .image();
    }

    private static AskOptions options(String knobs) {
        return AskOptions.defaults()
                .withTechniques(List.of("voco-llama:weights=untrained,n=2" + knobs), Budget.share(0.5))
                .withMaxTokens(4);
    }

    private static void same(Answer actual, Answer expected) {
        assertThat(actual.tokens()).hasSameSizeAs(expected.tokens());
        for (int i = 0; i < expected.tokens().size(); i++) {
            assertThat(actual.tokens().get(i).id())
                    .isEqualTo(expected.tokens().get(i).id());
            assertThat((double) actual.tokens().get(i).logProbability())
                    .isCloseTo(expected.tokens().get(i).logProbability(), within(1e-4));
        }
    }

    /** Rows apart, tiles, deep features, several axes of positions, windows: two passes are one everywhere. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "llava-mha",
                "llava-next",
                "llava-onevision",
                "internvl",
                "mistral3",
                "idefics3",
                "qwen2-5-vl",
                "qwen3-vl"
            })
    void twoPassesAreOneForEveryFamily(String name) {
        RgbImage wide = picture("wide");
        RgbImage tall = picture("tall");
        try (VisionLanguageModel model = VisionLanguageModel.open(
                MODELS.resolve(name), OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32))) {
            for (String mask : List.of("code", "paper")) {
                for (List<RgbImage> pictures : List.of(List.of(wide), List.of(tall, wide))) {
                    Answer kept = model.ask(pictures, "Is there a star?", options(",mask=" + mask));
                    Answer masked = model.ask(pictures, "Is there a star?", options(",cache=all,mask=" + mask));
                    same(kept, masked);
                    assertThat(kept.promptTokens()).isLessThan(masked.promptTokens());
                }
            }
        }
    }

    /** What is kept of a picture serves the next question: the same answers as from fresh prompts, and less to read. */
    @Test
    void questionsShareWhatIsKept() {
        Plan plan = Tiny.of("llava-mha").plan();
        assertThat(Plans.looksAtQuestion(plan)).isFalse();
        assertThat(Plans.looksAtQuestion(Tiny.of("llava-mha").plan("cache=all")))
                .isTrue();
        RgbImage wide = picture("wide");
        List<String> questions = List.of("Is there a star?", "How many red circles are there?");
        try (VisionLanguageModel model = VisionLanguageModel.open(
                MODELS.resolve("llava-mha"), OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32))) {
            List<Answer> together = model.askAll(
                    questions.stream().map(q -> new Question(List.of(wide), q)).toList(), options(""));
            try (ContinuousBatch batch = model.batch(BatchOptions.defaults())) {
                List<BatchAnswer> answers = new ArrayList<>();
                for (String question : questions) {
                    answers.add(batch.submit(
                                    List.of(ChatMessage.of("user", 1, question)), List.of(wide), options(""), "test")
                            .answer()
                            .join());
                }
                assertThat(answers.getFirst().cachedTokens()).isZero();
                assertThat(answers.getLast().cachedTokens()).isPositive();
                for (int i = 0; i < 2; i++) {
                    same(answers.get(i).answer(), model.ask(List.of(wide), questions.get(i), options("")));
                    same(together.get(i), answers.get(i).answer());
                }
            }
            try (Conversation talk = model.converse(options(""), Conversation.Policy.LOOK_AGAIN);
                    Conversation again = model.converse(options(",cache=all"), Conversation.Policy.LOOK_AGAIN)) {
                for (int turn = 0; turn < 2; turn++) {
                    List<RgbImage> shown = turn == 0 ? List.of(wide) : List.of();
                    same(talk.ask(shown, questions.get(turn)), again.ask(shown, questions.get(turn)));
                }
            }
        }
    }
}

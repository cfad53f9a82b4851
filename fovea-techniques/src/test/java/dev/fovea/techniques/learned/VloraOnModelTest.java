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
import dev.fovea.core.learned.LearnedPlanner;
import dev.fovea.core.learned.OwnWeights;
import dev.fovea.core.learned.TechniqueFolder;
import dev.fovea.core.learned.TrainedCard;
import dev.fovea.core.model.AddedWeights;
import dev.fovea.core.model.MappedWeights;
import dev.fovea.core.model.Weights;
import dev.fovea.core.model.family.Description;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.model.language.PositionIds;
import dev.fovea.core.shape.ModelShape;
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
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** VLoRA in tiny models: alone, in batches, in conversations, read in parts. */
class VloraOnModelTest {
    private static final Path MODELS = Path.of("..", "fovea-core", "src", "test", "resources", "golden");
    private static final Vlora TECHNIQUE = new Vlora();
    private static final int[] IDS = {1, 346, 30, 4, 203, 339, 225, 277};
    private static final int[] WORDS = Arrays.stream(IDS).filter(id -> id != 4).toArray();

    private record Tiny(PathEngine engine, Tensor pixels) {
        static Tiny of(String name) {
            Path folder = MODELS.resolve(name);
            Description description = Families.read(folder).description();
            Weights weights = MappedWeights.of(Checkpoint.open(folder), DType.F32, description.renames());
            return new Tiny(
                    new PathEngine(
                            description.load(weights, null), a -> description.load(AddedWeights.of(weights, a), null)),
                    Checkpoint.open(folder.resolve("golden.safetensors")).tensor("vision.pixel_values"));
        }

        ModelShape shape() {
            return engine.model().shape();
        }

        PathEngine.Prompt prompt(Plan plan, int picture) {
            PlanRun run = PlanRun.of(plan, PlanRun.Question.none(), null);
            Tensor own = pixels.select(0, picture);
            List<EncodedImage> images = engine.encode(List.of(new ImageInput(own, () -> own, "image.", run)));
            return new PathEngine.Prompt("", IDS, images, run, 2);
        }

        /** Logits behind each prompt, and behind one more token. */
        List<float[]> logits(PathEngine.Prompt... prompts) {
            List<PromptState> states = engine.prefill(List.of(prompts));
            List<float[]> out = new ArrayList<>();
            states.forEach(s -> out.add(s.logits()));
            engine.extend(states, states.stream().map(s -> new int[] {77}).toList());
            states.forEach(s -> out.add(s.logits()));
            states.forEach(PromptState::close);
            return out;
        }
    }

    private static final Tiny MHA = Tiny.of("llava-mha");
    private static final Tiny GQA = Tiny.of("llava-gqa");

    private static Tiny tiny(String name) {
        return name.equals("llava-mha") ? MHA : GQA;
    }

    private static PathEngine.Prompt words() {
        return new PathEngine.Prompt("", WORDS, List.of(), PlanRun.plain(), 2);
    }

    /** Weights in which everything matters, the shared factors too. */
    private static Map<String, Tensor> random(Declaration declaration) {
        Map<String, Tensor> all = new LinkedHashMap<>();
        for (Declaration.Parameter p : declaration.parameters()) {
            SplittableRandom random = new SplittableRandom(p.name().hashCode());
            float[] values = new float[Math.toIntExact(p.size())];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (random.nextGaussian() * (p.name().endsWith(".shared") ? 0.5 : 0.15));
            }
            all.put(p.name(), Tensors.of(values, p.sizes()));
        }
        return all;
    }

    private static Plan trained(Tiny tiny, String placeholder) {
        Knobs knobs = Models.knobs(TECHNIQUE, "placeholder=" + placeholder);
        try (Scope ignored = Scope.inference()) {
            OwnWeights own = OwnWeights.copyOf("vlora", random(TECHNIQUE.declaration(tiny.shape(), knobs)));
            return TECHNIQUE.plan(tiny.shape(), Budget.full(), knobs, own);
        }
    }

    private static Plan fresh(Tiny tiny, String placeholder) {
        return Models.untrained(TECHNIQUE, tiny.shape(), Budget.full(), "placeholder=" + placeholder);
    }

    private static void assertClose(float[] actual, float[] expected) {
        assertThat(actual).containsExactly(expected, within(1e-4f));
    }

    /** Before training any picture leaves the language model with its words. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-gqa"})
    void untrainedItIsTheTextModel(String name) {
        Tiny tiny = tiny(name);
        List<float[]> text = tiny.logits(words());
        for (int picture = 0; picture < 2; picture++) {
            List<float[]> seen = tiny.logits(tiny.prompt(fresh(tiny, "none"), picture));
            assertThat(seen.get(0)).containsExactly(text.get(0));
            // Tokens on which nothing acts pass by loops of their own, which round otherwise.
            assertClose(seen.get(1), text.get(1));
        }
    }

    /** With a placeholder, the same words, those behind the picture one position further. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-gqa"})
    void aMaskedPlaceholderTakesOnePosition(String name) {
        Tiny tiny = tiny(name);
        float[] text;
        try (Scope ignored = Scope.inference()) {
            int[] positions = {0, 1, 2, 4, 5, 6, 7};
            text = Tensors.floats(TrainingPath.of(tiny.engine.model())
                    .logits(List.of(new TrainingPath.Prompt(
                            List.of(new TrainingPath.Span.Words(WORDS)),
                            PlanRun.plain(),
                            null,
                            new PositionIds.Laid(new int[][] {positions}, 8),
                            new int[] {6}))));
        }
        for (int picture = 0; picture < 2; picture++) {
            assertClose(tiny.logits(tiny.prompt(fresh(tiny, "masked"), picture)).getFirst(), text);
        }
        assertThat(tiny.logits(words()).getFirst()).isNotEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"llava-mha, masked", "llava-mha, none", "llava-gqa, masked", "llava-gqa, none"})
    void twoPicturesAndWordsInOneBatch(String name, String placeholder) {
        Tiny tiny = tiny(name);
        Plan plan = trained(tiny, placeholder);
        PathEngine.Prompt first = tiny.prompt(plan, 0);
        PathEngine.Prompt second = tiny.prompt(plan, 1);
        List<float[]> together = tiny.logits(first, words(), second);
        List<float[]> alone = new ArrayList<>();
        for (PathEngine.Prompt prompt : List.of(first, words(), second)) {
            alone.addAll(tiny.logits(prompt));
        }
        for (int i = 0; i < 3; i++) {
            assertClose(together.get(i), alone.get(2 * i));
            assertClose(together.get(3 + i), alone.get(2 * i + 1));
        }
        // Two pictures are two models, and neither is the text model.
        double most = IntStream.range(0, alone.getFirst().length)
                .mapToDouble(i -> Math.abs(alone.get(0)[i] - alone.get(4)[i]))
                .max()
                .orElseThrow();
        assertThat(most).isGreaterThan(0.05);
        assertThat(alone.get(0)).isNotEqualTo(alone.get(2));
    }

    /** However large a picture is, the caches hold the words. */
    @ParameterizedTest
    @CsvSource({"llava-mha, masked", "llava-mha, none", "llava-gqa, masked", "llava-gqa, none"})
    void theCacheHoldsWords(String name, String placeholder) {
        Tiny tiny = tiny(name);
        PathEngine.Prompt prompt = tiny.prompt(trained(tiny, placeholder), 0);
        try (PromptState state = tiny.engine.prefill(List.of(prompt)).getFirst()) {
            assertThat(state.held()).isEqualTo(WORDS.length);
            assertThat(state.ledger().kept()).isZero();
            assertThat(state.ledger().total()).isGreaterThanOrEqualTo(16);
        }
    }

    // ---- in opened models ----

    private static VisionLanguageModel open(String name) {
        return VisionLanguageModel.open(
                MODELS.resolve(name), OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32));
    }

    private static RgbImage picture(String name, String which) {
        return new PictureReader()
                .read(MODELS.resolve(name).resolve("images/" + which + ".png"))
                .image();
    }

    /** Weights as training would leave them, written and opened. */
    private static AskOptions written(VisionLanguageModel model, Path folder, String placeholder) {
        Knobs knobs = Knobs.defaults(TECHNIQUE.card());
        try (Scope ignored = Scope.inference()) {
            TrainedCard card = new TrainedCard(
                    "vlora",
                    "tiny",
                    LearnedPlanner.base(model.folder()),
                    "none",
                    "none",
                    1,
                    1,
                    0,
                    0,
                    Map.of(),
                    Map.of());
            new TechniqueFolder(folder).write(random(TECHNIQUE.declaration(model.shape(), knobs)), card);
        }
        return AskOptions.defaults()
                .withTechniques(List.of("vlora:weights=" + folder + ",placeholder=" + placeholder), Budget.full())
                .withMaxTokens(4);
    }

    private static List<Integer> ids(Answer answer) {
        return answer.tokens().stream().map(t -> t.id()).toList();
    }

    private static ChatMessage user(String text) {
        return ChatMessage.of("user", 1, text);
    }

    /** Read in pieces of three tokens, and going on from what was kept of the prompt before: the answers are the same. */
    @ParameterizedTest
    @ValueSource(strings = {"masked", "none"})
    void manyAtOnceInPiecesAndGoingOn(String placeholder, @TempDir Path folder) {
        try (VisionLanguageModel model = open("llava-mha")) {
            AskOptions options = written(model, folder.resolve("weights"), placeholder);
            RgbImage wide = picture("llava-mha", "wide");
            RgbImage tall = picture("llava-mha", "tall");
            List<String> questions =
                    List.of("What is there in the picture, and how many are there?", "What is there in it?", "A star?");
            try (ContinuousBatch batch = model.batch(BatchOptions.defaults().withPrefillTokens(3))) {
                List<ContinuousBatch.Ticket> tickets = new ArrayList<>();
                for (String question : questions) {
                    for (RgbImage image : List.of(wide, tall)) {
                        tickets.add(batch.submit(List.of(user(question)), List.of(image), options, "a"));
                    }
                }
                List<BatchAnswer> first =
                        tickets.stream().map(t -> t.answer().join()).toList();
                // Again: now the beginning of each is kept where the plan allows it.
                List<BatchAnswer> second = new ArrayList<>();
                for (String question : questions) {
                    for (RgbImage image : List.of(wide, tall)) {
                        second.add(batch.submit(List.of(user(question)), List.of(image), options, "a")
                                .answer()
                                .join());
                    }
                }
                for (int i = 0; i < first.size(); i++) {
                    RgbImage image = i % 2 == 0 ? wide : tall;
                    Answer alone = model.ask(List.of(image), questions.get(i / 2), options);
                    assertThat(ids(first.get(i).answer())).isEqualTo(ids(alone));
                    assertThat(ids(second.get(i).answer())).isEqualTo(ids(alone));
                }
                boolean kept = second.stream().anyMatch(a -> a.cachedTokens() > 0);
                assertThat(kept).isEqualTo(placeholder.equals("none"));
            }
        }
    }

    @Test
    void aConversationGoesOnOrLooksAgain(@TempDir Path folder) {
        try (VisionLanguageModel model = open("llava-mha")) {
            AskOptions options = written(model, folder.resolve("weights"), "none");
            List<List<Integer>> answers = new ArrayList<>();
            for (Conversation.Policy policy : Conversation.Policy.values()) {
                try (Conversation conversation = model.converse(options, policy)) {
                    answers.add(ids(conversation.ask(List.of(picture("llava-mha", "wide")), "What is there?")));
                    answers.add(ids(conversation.ask("How many?")));
                    answers.add(ids(conversation.ask(List.of(picture("llava-mha", "tall")), "And here?")));
                }
            }
            assertThat(answers.subList(0, 3)).isEqualTo(answers.subList(3, 6));
            // What is told and asked again, in a fresh conversation.
            AskOptions plain = AskOptions.defaults().withMaxTokens(4);
            assertThat(ids(model.ask(List.of(picture("llava-mha", "wide")), "What is there?", plain)))
                    .isNotEqualTo(answers.getFirst());
        }
    }

    /** Merged patches, deep features, tiles, windows, pictures of many sizes: nothing of them is left but words. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "qwen2-5-vl",
                "qwen3-vl",
                "idefics3",
                "gemma3-pas",
                "paligemma2",
                "llava-next",
                "llava-onevision",
                "internvl",
                "mistral3"
            })
    void noTokenIsLeftInAnyFamily(String name) {
        try (VisionLanguageModel model = open(name)) {
            RgbImage wide = picture(name, "wide");
            RgbImage tall = picture(name, "tall");
            for (String placeholder : List.of("masked", "none")) {
                AskOptions options = AskOptions.defaults()
                        .withTechniques(
                                List.of("vlora:weights=untrained,side=4,placeholder=" + placeholder), Budget.full())
                        .withMaxTokens(2);
                Answer one = model.ask(List.of(wide), "How many?", options);
                assertThat(one.ledger().kept()).as(placeholder).isZero();
                // Untrained, one picture is like another of as many images.
                Answer two = model.ask(List.of(tall, wide), "How many?", options);
                assertThat(two.ledger().kept()).as(placeholder).isZero();
            }
        }
    }
}

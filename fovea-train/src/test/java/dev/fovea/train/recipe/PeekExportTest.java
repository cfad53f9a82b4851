package dev.fovea.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.engine.CutPictures;
import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.ImageInput;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.engine.TrainingPath;
import dev.fovea.core.image.ImageProcessor;
import dev.fovea.core.image.ImageProcessorConfig;
import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.connector.Grouping;
import dev.fovea.core.model.contrastive.ContrastiveModel;
import dev.fovea.core.model.family.Clip;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.model.vision.VisionTransformer;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.text.Tokenizer;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.SafeTensorsWriter;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.data.AnswerSampler;
import dev.fovea.train.data.Patches;
import dev.fovea.train.data.Worlds;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.objective.AnswerObjective;
import dev.fovea.train.objective.ContrastiveObjective;
import dev.fovea.train.text.WorldTokenizer;
import dev.fovea.world.Picture;
import dev.fovea.world.Renderer;
import dev.fovea.world.SceneOptions;
import dev.fovea.world.Scenes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is trained here and what the core runs are one model. */
class PeekExportTest {
    private static final PeekSize SIZE = PeekSize.QUICK;
    private static final long SEED = 12345;

    @TempDir
    static Path folder;

    private static int learned;
    private static Parameters parameters;
    private static ModelParts model;
    private static Checkpoint weights;

    /** Exports random weights, and takes them back in the precision that they were written in. */
    @BeforeAll
    static void export() throws IOException {
        Path tokenizer = folder.resolve("learned.json");
        Files.writeString(tokenizer, WorldTokenizer.learn(40, 250));
        learned = new com.fasterxml.jackson.databind.ObjectMapper()
                .readTree(tokenizer.toFile())
                .at("/model/vocab")
                .size();
        Parameters p = new Parameters(77);
        PeekParameters.vision(p, SIZE.vision());
        PeekParameters.connector(p, SIZE.vision().width(), SIZE.decoder().width());
        PeekParameters.decoder(p, SIZE.decoder(learned));
        PeekParameters.text(p, SIZE.text(learned));
        ContrastiveObjective.declare(p, SIZE.vision().width(), SIZE.text().width(), Recipes.SHARED_WIDTH);
        parameters = p.freeze();
        shake();
        Path trained = folder.resolve("trained.safetensors");
        SafeTensorsWriter.write(trained, parameters.asMap(), Map.of());
        Path target = folder.resolve("model");
        new PeekExport(SIZE.config(learned)).write(trained, trained, tokenizer, target);
        round();
        weights = Checkpoint.open(target);
        model = Families.read(target).description().load(weights, DType.F32, null);
    }

    /** Norms of one and biases of nought would hide mistakes. */
    private static void shake() {
        SplittableRandom random = new SplittableRandom(3);
        float[] noise = new float[Math.toIntExact(parameters.size())];
        for (int i = 0; i < noise.length; i++) {
            noise[i] = (float) (0.05 * random.nextGaussian());
        }
        try (Scope scope = Scope.inference()) {
            parameters.values().add_(Tensors.of(noise, noise.length));
            assertThat(scope).isNotNull();
        }
    }

    private static void round() {
        try (Scope scope = Scope.inference()) {
            parameters.values().copy_(Tensors.to(parameters.values(), DType.BF16));
            assertThat(scope).isNotNull();
        }
    }

    @AfterAll
    static void close() {
        parameters.close();
        weights.close();
    }

    private static RgbImage image(long seed) {
        Picture picture = Renderer.render(Scenes.generate(seed, SceneOptions.defaults()), Renderer.DEFAULT_SIZE);
        return new RgbImage(picture.width(), picture.height(), picture.rgb());
    }

    private static Tensor pixels(long seed) {
        PreparedImage prepared =
                new ImageProcessor(ImageProcessorConfig.read(folder.resolve("model"))).prepare(image(seed));
        return Tensors.of(prepared.pixels(), 3, prepared.height(), prepared.width());
    }

    private static Tensor patches(long seed) {
        Picture picture = Renderer.render(Scenes.generate(seed, SceneOptions.defaults()), Renderer.DEFAULT_SIZE);
        return Tensors.of(Patches.all(picture, 14), 1, 256, 588);
    }

    private static CutPictures cut(long seed) {
        return new CutPictures(patches(seed), IntStream.range(0, 256).toArray(), 16, 16, true);
    }

    private static PeekNetwork network() {
        return new PeekNetwork(SIZE.config(learned), Precision.F32);
    }

    @Test
    void logitsOfPackedQuestionsAreThoseOfTheEngine() {
        AnswerSampler.Settings settings = new AnswerSampler.Settings(1, 256, 80, 0, 0, 0, true, List.of());
        AnswerBatch b = new AnswerSampler(SceneOptions.defaults(), settings, Worlds.TOKENIZER, SEED).batch(0);
        int vocabulary = SIZE.decoder(learned).vocabulary();
        float[] trained;
        try (Scope scope = Scope.inference()) {
            ModelParts moving = network().model(parameters);
            Tensor features = TrainingPath.states(
                            moving.vision(),
                            Grouping.none(),
                            cut(SEED),
                            network().featureLayer())
                    .getFirst();
            Tensor visual = moving.connector().project(features.narrow(1, 1, 256));
            trained = Tensors.floats(
                    new AnswerObjective(TrainingPath.of(moving), Worlds.TOKENIZER::decode).logits(visual, b));
            assertThat(scope).isNotNull();
        }
        PathEngine engine = new PathEngine(model);
        EncodedImage encoded = engine.encode(List.of(
                        new ImageInput(pixels(SEED), () -> Tensors.zeros(DType.F32, 3, 224, 224), "", PlanRun.plain())))
                .getFirst();
        assertThat(b.targets().rows().length).isGreaterThan(6);
        for (int t = 0; t < b.targets().rows().length; t++) {
            int last = b.targets().rows()[t] - AnswerBatch.LEAD - b.visual();
            int segment = b.segments()[last];
            int[] words = IntStream.rangeClosed(0, last)
                    .filter(i -> b.segments()[i] == segment)
                    .map(i -> b.tokens()[i])
                    .toArray();
            int[] ids = IntStream.concat(
                            IntStream.of(WorldTokenizer.BOS, WorldTokenizer.USER, WorldTokenizer.IMAGE),
                            Arrays.stream(words))
                    .toArray();
            try (PromptState state = engine.prefill(
                            List.of(new PathEngine.Prompt("", ids, List.of(encoded), PlanRun.plain(), 1)))
                    .getFirst()) {
                float[] own = Arrays.copyOfRange(trained, t * vocabulary, (t + 1) * vocabulary);
                assertThat(own).as("target %d", t).containsExactly(state.logits(), within(1e-3f));
            }
        }
        encoded.close();
    }

    @Test
    void picturesAreNormalisedAsInTraining() {
        try (Scope scope = Scope.inference()) {
            float[] prepared = Tensors.floats(pixels(SEED));
            float[] trained = Tensors.floats(patches(SEED));
            for (int i = 0; i < trained.length; i++) {
                int p = i / 588;
                int channel = i % 588 / 196;
                int y = p / 16 * 14 + i % 196 / 14;
                int x = p % 16 * 14 + i % 14;
                assertThat(prepared[(channel * 224 + y) * 224 + x]).isCloseTo(trained[i], within(1e-5f));
            }
            assertThat(scope).isNotNull();
        }
    }

    @Test
    void theDualEncoderIsTheOneThatWasTrained() {
        Path clip = folder.resolve("model/clip");
        int end = SIZE.text(learned).vocabulary() - 1;
        int[] text = {WorldTokenizer.BOS, 40, 41, 300, 42, end};
        try (Checkpoint checkpoint = Checkpoint.open(clip);
                Scope scope = Scope.inference()) {
            ContrastiveModel dual = Clip.load(ModelConfig.read(clip.resolve("config.json")), checkpoint, DType.F32);
            ContrastiveModel towers = network().towers(parameters);
            // Filled up behind its end, as in training.
            Tensor own = towers.embedTexts(
                    List.of(Arrays.copyOf(text, SIZE.text(learned).length())));
            assertThat(Tensors.floats(own))
                    .containsExactly(Tensors.floats(dual.embedTexts(List.of(text))), within(1e-3f));

            VisionTransformer vision = Objects.requireNonNull(towers.vision());
            Tensor x = TrainingPath.states(
                            vision, Grouping.none(), cut(SEED), SIZE.vision().layers())
                    .getFirst();
            Tensor seen = towers.project(x.select(1, 0), 1);
            assertThat(Tensors.floats(seen))
                    .containsExactly(
                            Tensors.floats(dual.embedImages(pixels(SEED).unsqueeze(0))), within(1e-3f));
            assertThat(scope).isNotNull();
        }
    }

    @Test
    void theTokenizersFrameTextsAsInTraining() {
        int end = SIZE.text(learned).vocabulary() - 1;
        long[] plain = Worlds.TOKENIZER.encode("a red star", false, false).getIds();
        try (Tokenizer llava = Tokenizer.open(folder.resolve("model"));
                Tokenizer clip = Tokenizer.open(folder.resolve("model/clip"))) {
            assertThat(llava.encode("a red star", true)).containsExactly(ints(plain));
            int[] framed = clip.encode("a red star", true);
            assertThat(framed[0]).isEqualTo(WorldTokenizer.BOS);
            assertThat(framed[framed.length - 1]).isEqualTo(end);
            assertThat(Arrays.copyOfRange(framed, 1, framed.length - 1)).containsExactly(ints(plain));
        }
    }

    private static int[] ints(long[] longs) {
        return Arrays.stream(longs).mapToInt(i -> (int) i).toArray();
    }

    @Test
    void nothingOfTrainingAndNothingHalfWrittenIsLeft() throws IOException {
        assertThat(weights.names()).noneMatch(n -> n.startsWith("training.") || n.startsWith("optimizer."));
        assertThat(weights.info("multi_modal_projector.linear_1.weight").dtype())
                .isEqualTo(DType.BF16);
        try (Stream<Path> files = Files.walk(folder.resolve("model"))) {
            assertThat(files.map(f -> f.getFileName().toString()))
                    .contains("config.json", "tokenizer.json", "preprocessor_config.json", "chat_template.jinja")
                    .noneMatch(f -> f.endsWith(".part"));
        }
    }
}

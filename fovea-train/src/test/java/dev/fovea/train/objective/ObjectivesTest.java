package dev.fovea.train.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.engine.TrainingPath;
import dev.fovea.core.layer.Activation;
import dev.fovea.core.layer.LayerNorm;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.model.contrastive.ClassTokenHead;
import dev.fovea.core.model.contrastive.ContrastiveModel;
import dev.fovea.core.model.contrastive.TextOptions;
import dev.fovea.core.model.contrastive.TextTransformer;
import dev.fovea.core.model.language.DecoderOptions;
import dev.fovea.core.model.language.SequentialPositions;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.data.AnswerSampler;
import dev.fovea.train.data.PatchBatch;
import dev.fovea.train.data.PatchSampler;
import dev.fovea.train.data.Worlds;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Share;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.nn.TinyDecoder;
import dev.fovea.train.nn.TruthEmbedding;
import dev.fovea.world.SceneOptions;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class ObjectivesTest {
    private static final DecoderOptions CONFIG = TinyDecoder.options(640, 32, 2, 2, 2, 48);
    private static final Parameters P = parameters();
    private static final AnswerObjective ANSWERS = new AnswerObjective(
            TrainingPath.of(TinyDecoder.of(P, "d.", CONFIG, Precision.F32), new SequentialPositions()),
            Worlds.TOKENIZER::decode);
    private static final TruthEmbedding TRUTH = new TruthEmbedding(P, "t.");

    /** Only what follows the towers is looked at. */
    private static final ContrastiveModel NO_TOWERS = new ContrastiveModel(
            null,
            new TextTransformer(
                    new TextOptions(4, 4, 0, 1, 1, 1, Activation.GELU, 1e-5, 0, false),
                    P.get("text_projection.weight"),
                    P.get("text_projection.weight"),
                    List.of(),
                    new LayerNorm(P.get("logit_scale"), P.get("logit_scale"), 1e-5)),
            new ClassTokenHead(null, new Linear(P.get("visual_projection.weight"), null)),
            new Linear(P.get("text_projection.weight"), null),
            new ContrastiveModel.Scores(1, 0, false));

    private static Parameters parameters() {
        Parameters p = new Parameters(2);
        TinyDecoder.declare(p, "d.", CONFIG);
        TruthEmbedding.declare(p, "t.", CONFIG.width());
        ContrastiveObjective.declare(p, 4, 4, 4);
        PatchObjective.declare(p, "p.", 8);
        return p.freeze();
    }

    @AfterAll
    static void close() {
        P.close();
    }

    private static Share share(Measured m, String name) {
        return Objects.requireNonNull(m.accuracies().get(name));
    }

    private static AnswerBatch batch(double chained) {
        AnswerSampler.Settings settings = new AnswerSampler.Settings(2, 24, 120, 0, chained, 0, false, List.of());
        return new AnswerSampler(SceneOptions.defaults(), settings, Worlds.TOKENIZER, 42).batch(0);
    }

    private static float[] logits(AnswerBatch b) {
        try (Scope scope = Scope.inference()) {
            assertThat(scope).isNotNull();
            return Tensors.floats(ANSWERS.logits(TRUTH.tokens(b, 0, 0), b));
        }
    }

    private static AnswerBatch with(AnswerBatch b, int[] tokens) {
        return new AnswerBatch(
                b.number(),
                b.samples(),
                b.visual(),
                b.text(),
                b.patches(),
                tokens,
                b.positions(),
                b.segments(),
                b.targets(),
                b.scenes());
    }

    private static int segment(AnswerBatch b, int target) {
        int row = b.targets().rows()[target];
        int sample = row / b.length();
        return 1000 * sample + b.segments()[sample * b.text() + row % b.length() - AnswerBatch.LEAD - b.visual()];
    }

    @Test
    void oneQuestionDoesNotSeeAnother() {
        AnswerBatch b = batch(0);
        int[] tokens = b.tokens().clone();
        for (int i = 0; i < b.text(); i++) {
            if (b.segments()[i] == 2) {
                tokens[i] = 6 + (tokens[i] + 17) % 256;
            }
        }
        float[] before = logits(b);
        float[] after = logits(with(b, tokens));
        int vocabulary = CONFIG.vocabulary();
        int same = 0;
        int changed = 0;
        for (int t = 0; t < b.targets().rows().length; t++) {
            float[] x = Arrays.copyOfRange(before, t * vocabulary, (t + 1) * vocabulary);
            float[] y = Arrays.copyOfRange(after, t * vocabulary, (t + 1) * vocabulary);
            double most = 0;
            for (int i = 0; i < vocabulary; i++) {
                most = Math.max(most, Math.abs(x[i] - y[i]));
            }
            if (segment(b, t) == 2) {
                assertThat(most).isGreaterThan(1e-3);
                changed++;
            } else {
                assertThat(most).isLessThan(1e-6);
                same++;
            }
        }
        assertThat(changed).isPositive();
        assertThat(same).isGreaterThan(changed);
    }

    @Test
    void aQuestionThatFollowsSeesTheOneBefore() {
        AnswerBatch b = batch(1);
        int[] tokens = b.tokens().clone();
        tokens[0] = 6 + (tokens[0] + 17) % 256;
        float[] before = logits(b);
        float[] after = logits(with(b, tokens));
        int vocabulary = CONFIG.vocabulary();
        long ofFirstPicture =
                Arrays.stream(b.targets().rows()).filter(r -> r < b.length()).count();
        int last = (int) ofFirstPicture - 1;
        assertThat(Arrays.copyOfRange(after, last * vocabulary, (last + 1) * vocabulary))
                .isNotEqualTo(Arrays.copyOfRange(before, last * vocabulary, (last + 1) * vocabulary));
        // The other picture of the batch is untouched.
        int other = last + 1;
        assertThat(Arrays.copyOfRange(after, other * vocabulary, (other + 1) * vocabulary))
                .containsExactly(
                        Arrays.copyOfRange(before, other * vocabulary, (other + 1) * vocabulary), within(1e-6f));
    }

    @Test
    void answersAreGradedBySkillAndOverAll() {
        AnswerBatch b = batch(0.2);
        try (Scope scope = Scope.inference()) {
            Measured m = ANSWERS.apply(TRUTH.tokens(b, 0, 0), b, true);
            Share all = share(m, "accuracy");
            assertThat(all.all()).isEqualTo(b.targets().asked().size());
            long sum = m.accuracies().entrySet().stream()
                    .filter(e -> !e.getKey().equals("accuracy"))
                    .mapToLong(e -> e.getValue().all())
                    .sum();
            assertThat(sum).isEqualTo(all.all());
            // Untrained, it knows nothing: the loss is near that of a guess among all tokens.
            assertThat((double) m.loss().item_float()).isBetween(4.0, 9.0);
            assertThat(ANSWERS.apply(TRUTH.tokens(b, 0, 0), b, false).accuracies())
                    .isEmpty();
            assertThat(scope).isNotNull();
        }
    }

    @Test
    void truthTokensDependOnTheSceneAndNoiseOnItsSeed() {
        AnswerBatch b = batch(0);
        try (Scope scope = Scope.inference()) {
            float[] clean = Tensors.floats(TRUTH.tokens(b, 0, 1));
            assertThat(Tensors.floats(TRUTH.tokens(b, 0, 2))).isEqualTo(clean);
            float[] noisy = Tensors.floats(TRUTH.tokens(b, 0.5, 1));
            assertThat(noisy).isNotEqualTo(clean);
            assertThat(Tensors.floats(TRUTH.tokens(b, 0.5, 1))).isEqualTo(noisy);
            assertThat(scope).isNotNull();
        }
    }

    @Test
    void picturesAndCaptionsThatMatchLoseLessThanThoseThatDoNot() {
        try (Scope scope = Scope.inference()) {
            float[] identity = new float[16];
            for (int i = 0; i < 4; i++) {
                identity[5 * i] = 1;
            }
            ContrastiveObjective contrast = new ContrastiveObjective(NO_TOWERS, P);
            Tensor pictures = Tensors.of(identity, 4, 4);
            Measured right = contrast.apply(pictures, Tensors.scale(pictures, 3), true);
            Measured wrong = contrast.apply(pictures, pictures.flip(0), true);
            Measured blind = contrast.apply(pictures, Tensors.full(1, dev.fovea.core.tensor.DType.F32, 4, 4), true);
            // Cosine 1 on the diagonal and 0 elsewhere, at the initial scale of 10.
            assertThat((double) right.loss().item_float()).isCloseTo(Math.log(1 + 3 * Math.exp(-10)), within(1e-5));
            assertThat((double) wrong.loss().item_float())
                    .isCloseTo(10 + Math.log(1 + 3 * Math.exp(-10)), within(1e-4));
            assertThat((double) blind.loss().item_float()).isCloseTo(Math.log(4), within(1e-4));
            assertThat(right.accuracies()).containsEntry("caption", new Share(4, 4));
            assertThat(wrong.accuracies()).containsEntry("caption", new Share(0, 4));
            assertThat(scope).isNotNull();
        }
    }

    @Test
    void patchesAreMeasuredWhereCentresAre() {
        PatchBatch b = new PatchSampler(SceneOptions.defaults(), 3, 0, 256, 8).batch(0);
        try (Scope scope = Scope.inference()) {
            PatchObjective head = new PatchObjective(P, "p.");
            Tensor features = Tensors.full(0.5, dev.fovea.core.tensor.DType.F32, 3, 256, 8);
            Measured m = head.apply(features, b.truths(), true);
            assertThat(m.accuracies())
                    .containsOnlyKeys("shape", "colour", "size", "texture", "text", "width_third", "height_third");
            long objects = b.truths().stream()
                    .mapToLong(t -> {
                        long n = 0;
                        for (int i = 0; i < 256; i++) {
                            n += t.centre()[i] > 0 && t.weight()[i] > 0 ? 1 : 0;
                        }
                        return n;
                    })
                    .sum();
            assertThat(share(m, "colour").all()).isEqualTo(objects);
            assertThat(share(m, "text").all()).isLessThan(objects);
            assertThat(m.loss().item_float()).isBetween(3f, 25f);
            assertThat(scope).isNotNull();
        }
    }

    @Test
    void sharesAddUp() {
        assertThat(new Share(1, 2).plus(new Share(2, 2))).isEqualTo(new Share(3, 4));
        assertThat(new Share(3, 4).value()).isEqualTo(0.75);
        assertThat(new Share(0, 0).value()).isNaN();
    }
}

package dev.fovea.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.ImageInput;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.engine.TrainingPath;
import dev.fovea.core.engine.TrainingPath.Prompt;
import dev.fovea.core.engine.TrainingPath.Span;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.data.AnswerSampler;
import dev.fovea.train.data.Worlds;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.objective.AnswerObjective;
import dev.fovea.train.text.WorldTokenizer;
import dev.fovea.world.SceneOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Plans act while the network learns as they do when it answers, and what they move keeps its gradient. */
class PlansInTheLoopTest {
    private static final PeekSize SIZE = PeekSize.QUICK;
    private static final int LEARNED = 700;
    private static final int IMAGE = WorldTokenizer.IMAGE;
    private static final Ledger.Grid GRID = new Ledger.Grid(16, 16);
    private static final Parameters P = parameters();
    private static final ModelParts MODEL = new PeekNetwork(SIZE.config(LEARNED), Precision.F32).model(P);
    private static final TrainingPath PATH = TrainingPath.of(MODEL);

    private static Parameters parameters() {
        Parameters p = new Parameters(31);
        PeekParameters.vision(p, SIZE.vision());
        PeekParameters.connector(p, SIZE.vision().width(), SIZE.decoder().width());
        PeekParameters.decoder(p, SIZE.decoder(LEARNED));
        return p.freeze();
    }

    @AfterAll
    static void close() {
        P.close();
    }

    private static Step keep(Station station, IntPredicate which, Decision.Positions positions) {
        return new Step(
                station,
                List.of(),
                signals -> Outcome.of(new Decision.Keep(
                        IntStream.range(0, signals.layout().visualCount())
                                .filter(which)
                                .toArray(),
                        positions)));
    }

    private static Step keep(Station station, IntPredicate which) {
        return keep(station, which, Decision.Positions.ORIGINAL);
    }

    private static PlanRun run(Step... steps) {
        return PlanRun.of(Plan.of("test", steps), PlanRun.Question.none(), null);
    }

    private static Tensor pixels() {
        torch.manual_seed(5);
        return torch.randn(3, 224, 224);
    }

    private static List<EncodedImage> encode(Tensor pixels, PlanRun run) {
        return PATH.encode(List.of(new ImageInput(pixels, () -> pixels, "", run)));
    }

    private static Prompt about(Span picture, PlanRun run, int... asked) {
        int[] words = {WorldTokenizer.ASSISTANT, 40, 41, 300, 42, 7};
        return new Prompt(
                List.of(
                        new Span.Words(new int[] {WorldTokenizer.BOS, WorldTokenizer.USER}),
                        picture,
                        new Span.Words(words)),
                run,
                null,
                null,
                asked);
    }

    @Test
    void aPlanThatKeepsEverythingLosesWhatThePlainModelLoses() {
        AnswerSampler.Settings settings = new AnswerSampler.Settings(2, 256, 90, 0, 0.2, 0, true, List.of());
        AnswerBatch b = new AnswerSampler(SceneOptions.defaults(), settings, Worlds.TOKENIZER, 6).batch(0);
        AnswerObjective objective = new AnswerObjective(PATH, Worlds.TOKENIZER::decode);
        PlanRun all = run(
                keep(new Station.Patches(), i -> true),
                keep(new Station.EncoderAttention(0), i -> true),
                keep(new Station.EncoderOutput(0), i -> true),
                keep(new Station.Connector(), i -> true),
                keep(new Station.Projector(), i -> true),
                keep(new Station.Prompt(), i -> true),
                keep(new Station.Decoder(1), i -> true));
        double planned = loss(objective, b, all);
        try (Scope scope = Scope.inference()) {
            List<EncodedImage> pictures = new ArrayList<>();
            Tensor[] visual = new Tensor[b.samples()];
            for (int s = 0; s < b.samples(); s++) {
                EncodedImage picture = encode(folded(b, s), PlanRun.plain()).getFirst();
                pictures.add(picture);
                visual[s] = MODEL.connector()
                        .project(picture.features().get().narrow(0, 1, 256))
                        .unsqueeze(0);
            }
            double packed =
                    objective.apply(Tensors.cat(0, visual), b, false).loss().item_float();
            pictures.forEach(EncodedImage::close);
            assertThat(planned).isFinite().isCloseTo(packed, within(1e-5));
            assertThat(scope).isNotNull();
        }
        // And one that does not loses something else.
        double pruned = loss(objective, b, run(keep(new Station.Decoder(1), i -> i % 16 == 0)));
        assertThat(pruned).isFinite();
        assertThat(Math.abs(pruned - planned)).isGreaterThan(1e-5);
    }

    private static Tensor folded(AnswerBatch b, int sample) {
        return Tensors.of(b.scenes().get(sample).pixels(), 16, 16, 3, 14, 14)
                .permute(2, 0, 3, 1, 4)
                .reshape(3, 224, 224);
    }

    private static double loss(AnswerObjective objective, AnswerBatch b, PlanRun run) {
        try (Scope scope = Scope.inference()) {
            List<EncodedImage> pictures = new ArrayList<>();
            for (int s = 0; s < b.samples(); s++) {
                pictures.addAll(encode(folded(b, s), run));
            }
            double loss = objective
                    .apply(pictures, List.of(run, run), b, false)
                    .loss()
                    .item_float();
            pictures.forEach(EncodedImage::close);
            assertThat(scope).isNotNull();
            return loss;
        }
    }

    /** Logits of every word, positions included, are those that answering gives. */
    @ParameterizedTest
    @EnumSource
    void aPrunedPromptGivesWhatAnsweringGives(Decision.Positions positions) {
        PlanRun run = run(
                keep(new Station.EncoderOutput(0), i -> i % 2 == 0),
                merge(new Station.Connector()),
                merge(new Station.Decoder(0), positions),
                new Step(
                        new Station.Decoder(1),
                        List.of(new Signal.DecoderAttention(0, Signal.DecoderQueries.LAST, Signal.KeyScope.ALL, true)),
                        signals -> Outcome.of(new Decision.Keep(new int[] {1, 4, 9, 20}, positions))));
        float[] trained;
        try (Scope scope = Scope.training()) {
            EncodedImage picture = encode(pixels(), run).getFirst();
            trained = Tensors.floats(PATH.logits(List.of(about(new Span.Picture(picture), run, 7))));
            picture.close();
            assertThat(scope).isNotNull();
        }
        PathEngine engine = new PathEngine(MODEL);
        int[] ids = {WorldTokenizer.BOS, WorldTokenizer.USER, IMAGE, WorldTokenizer.ASSISTANT, 40, 41, 300, 42, 7};
        Tensor pixels = pixels();
        EncodedImage picture = engine.encode(List.of(new ImageInput(pixels, () -> pixels, "", run)))
                .getFirst();
        try (PromptState state = engine.prefill(List.of(new PathEngine.Prompt("", ids, List.of(picture), run, 1)))
                .getFirst()) {
            assertThat(trained).containsExactly(state.logits(), within(1e-4f));
        }
        picture.close();
    }

    private static Step merge(Station station) {
        return merge(station, Decision.Positions.ORIGINAL);
    }

    private static Step merge(Station station, Decision.Positions positions) {
        return new Step(station, List.of(), signals -> {
            int n = signals.layout().visualCount() / 2;
            int[] offsets = IntStream.rangeClosed(0, n).map(g -> 2 * g).toArray();
            int[] members = IntStream.range(0, 2 * n).toArray();
            float[] weights = new float[2 * n];
            for (int i = 0; i < weights.length; i++) {
                weights[i] = i % 2 == 0 ? 0.25f : 0.75f;
            }
            int[] anchors = IntStream.range(0, n).map(g -> 2 * g).toArray();
            return Outcome.of(new Decision.Merge(offsets, members, weights, anchors, positions));
        });
    }

    /** Before the encoder a dropped patch is never seen: no pixel of it has a gradient, those of others have. */
    @Test
    void patchesDroppedBeforeTheEncoderGetNoGradient() {
        try (Scope scope = Scope.training()) {
            Tensor pixels = pixels().set_requires_grad(true);
            PlanRun run = run(keep(new Station.Patches(), i -> i % 2 == 0));
            float[] gradient = gradient(pixels, encode(pixels, run).getFirst(), run);
            for (int i = 0; i < gradient.length; i++) {
                int column = i % 224 / 14;
                if (column % 2 == 1) {
                    assertThat(gradient[i]).isZero();
                }
            }
            assertThat(gradient).isNotEqualTo(new float[gradient.length]);
            assertThat(scope).isNotNull();
        }
    }

    /** A token dropped behind an encoder block or at the connector: its features are not moved. */
    @Test
    void tokensDroppedAtTheConnectorGetNoGradientAndMergedOnesTheirShare() {
        try (Scope scope = Scope.training()) {
            PlanRun encoded = run(keep(new Station.EncoderOutput(0), i -> i < 128));
            EncodedImage picture = encode(pixels(), encoded).getFirst();
            Tensor features = picture.features().get();
            assertThat(features.size(0)).isEqualTo(129);
            features.retain_grad();
            PlanRun run = run(keep(new Station.Connector(), i -> i < 40), merge(new Station.Projector()));
            float[] gradient = gradient(features, picture, run);
            int width = SIZE.vision().width();
            for (int row = 0; row < 129; row++) {
                float[] own = Arrays.copyOfRange(gradient, row * width, (row + 1) * width);
                if (row == 0 || row > 40) {
                    assertThat(own).as("row %d", row).containsOnly(0);
                } else {
                    assertThat(own).as("row %d", row).isNotEqualTo(new float[width]);
                }
            }
            assertThat(P.gradients().norm().item_float()).isPositive().isFinite();
            P.zeroGradients();
            assertThat(scope).isNotNull();
        }
    }

    @Test
    void tokensDroppedInTheLanguageModelGetNoGradientAndMergedOnesTheirShare() {
        try (Scope scope = Scope.training()) {
            int width = SIZE.decoder().width();
            torch.manual_seed(8);
            Tensor tokens = torch.randn(256, width).set_requires_grad(true);
            PlanRun run = run(
                    new Step(
                            new Station.Decoder(0),
                            List.of(),
                            signals -> Outcome.of(new Decision.Merge(
                                    new int[] {0, 2, 3},
                                    new int[] {10, 11, 12},
                                    new float[] {0.25f, 0.75f, 1},
                                    new int[] {10, 12},
                                    Decision.Positions.RENUMBERED))),
                    keep(new Station.Decoder(1), i -> i == 0));
            int[] cells = IntStream.range(0, 256).toArray();
            Tensor logits = PATH.logits(List.of(about(new Span.Given(tokens, cells, GRID), run, 3, 7)));
            logits.square().sum().backward();
            float[] gradient = Tensors.floats(tokens.grad());
            for (int t = 0; t < 256; t++) {
                float[] own = Arrays.copyOfRange(gradient, t * width, (t + 1) * width);
                if (t < 10 || t > 12) {
                    assertThat(own).as("token %d", t).containsOnly(0);
                }
            }
            for (int c = 0; c < width; c++) {
                assertThat(gradient[11 * width + c]).isCloseTo(3 * gradient[10 * width + c], within(1e-5f));
            }
            // Gone behind the first layer, where it was still seen.
            assertThat(Arrays.copyOfRange(gradient, 12 * width, 13 * width)).isNotEqualTo(new float[width]);
            P.zeroGradients();
            assertThat(scope).isNotNull();
        }
    }

    private static float[] gradient(Tensor of, EncodedImage picture, PlanRun run) {
        Tensor logits = PATH.logits(List.of(about(new Span.Picture(picture), run, 3, 7)));
        assertThat(DType.of(logits.scalar_type())).isEqualTo(DType.F32);
        Tensor loss = logits.square().sum();
        assertThat(loss.item_float()).isFinite();
        loss.backward();
        float[] gradient = Tensors.floats(of.grad());
        picture.close();
        return gradient;
    }
}

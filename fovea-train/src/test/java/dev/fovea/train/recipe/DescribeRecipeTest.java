package dev.fovea.train.recipe;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.AskOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.data.AnswerSampler;
import dev.fovea.train.data.Descriptions;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Progress;
import dev.fovea.train.loop.Share;
import dev.fovea.train.loop.StoppedException;
import dev.fovea.train.loop.TrainingException;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.objective.DescribeObjective;
import dev.fovea.world.SceneOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** A model with random weights that learns to describe. */
class DescribeRecipeTest extends OnRandomPeek {
    private static DescribeRecipe quick(Path work, BooleanSupplier stop) {
        Progress nobody = Progress.lines(new PrintStream(OutputStream.nullOutputStream()));
        return DescribeRecipe.open(work, model, true, nobody, stop);
    }

    @Test
    void stoppedAndResumedIsTheSameToTheBitAndOnlyLayersMove() throws IOException {
        Path whole = folder.resolve("whole");
        try (DescribeRecipe recipe = quick(folder.resolve("a"), () -> false)) {
            recipe.run(whole);
        }
        Files.createDirectories(folder.resolve("b"));
        Files.copy(folder.resolve("a/run.json"), folder.resolve("b/run.json"));
        Path parts = folder.resolve("parts");
        AtomicInteger asked = new AtomicInteger();
        try (DescribeRecipe recipe = quick(folder.resolve("b"), () -> asked.incrementAndGet() > 2)) {
            assertThatThrownBy(() -> recipe.run(parts)).isInstanceOf(StoppedException.class);
        }
        assertThat(parts).doesNotExist();
        try (DescribeRecipe recipe = quick(folder.resolve("b"), () -> false)) {
            recipe.run(parts);
        }
        assertThat(TrainingRuns.weights(parts)).isEqualTo(TrainingRuns.weights(whole));
        onlyLayersMoved(whole);
        for (String file : List.of("config.json", "tokenizer.json", "clip/model.safetensors", "clip/config.json")) {
            assertThat(whole.resolve(file)).hasSameBinaryContentAs(model.resolve(file));
        }
        try (VisionLanguageModel opened = VisionLanguageModel.open(whole)) {
            assertThat(opened.ask(
                                    List.of(TrainingRuns.picture(SceneOptions.defaults())),
                                    "What do you see?",
                                    AskOptions.defaults().withMaxTokens(2))
                            .tokens())
                    .hasSizeLessThanOrEqualTo(2);
        }
    }

    private static void onlyLayersMoved(Path other) {
        int moved = 0;
        try (Checkpoint before = Checkpoint.open(model);
                Checkpoint after = Checkpoint.open(other);
                Scope ignored = Scope.inference()) {
            assertThat(after.names()).containsExactlyInAnyOrderElementsOf(before.names());
            for (String name : before.names()) {
                assertThat(after.info(name).dtype()).isEqualTo(before.info(name).dtype());
                boolean same = before.tensor(name).equal(after.tensor(name));
                assertThat(same || name.startsWith("language_model.model.layers."))
                        .as(name)
                        .isTrue();
                moved += same ? 0 : 1;
            }
        }
        assertThat(moved).isGreaterThan(10);
    }

    /** Before anything has moved nothing diverges, whatever share of the patches is shown: the anchor has no weight. */
    @Test
    void aModelThatHasNotMovedIsHeldByNothing() {
        try (BaseModel base = BaseModel.open(model, Precision.F32);
                Parameters copied = base.copied(name -> true)) {
            for (int visual : new int[] {256, 24}) {
                AnswerBatch batch = batch(base, visual);
                double free = loss(base, copied, batch, 0);
                assertThat(loss(base, copied, batch, 1000)).isCloseTo(free, within(1e-3));
                try (Scope ignored = Scope.inference()) {
                    Measured m = objective(base, copied, 1).apply(batch, true);
                    Share same = requireNonNull(m.accuracies().get("same"));
                    assertThat(same.right()).isEqualTo(same.all()).isPositive();
                    assertThat(requireNonNull(m.accuracies().get("described")).all())
                            .isPositive();
                }
            }
        }
    }

    /** Once it has moved, what it says diverges from what it said, and that counts. */
    @Test
    void whatDivergesCounts() {
        try (BaseModel base = BaseModel.open(model, Precision.F32);
                Parameters moved = base.copied(name -> true)) {
            try (Scope ignored = Scope.inference()) {
                String last = "language_model.model.layers.1.mlp.down_proj.weight";
                moved.get(last).detach().mul_(new org.bytedeco.pytorch.Scalar(3.0));
            }
            AnswerBatch batch = batch(base, 256);
            double free = loss(base, moved, batch, 0);
            double once = loss(base, moved, batch, 1) - free;
            assertThat(once).isPositive();
            assertThat(loss(base, moved, batch, 3) - free).isCloseTo(3 * once, within(1e-3 * (1 + 3 * once)));
        }
    }

    private static AnswerBatch batch(BaseModel base, int visual) {
        return new AnswerSampler(
                        SceneOptions.defaults(),
                        new AnswerSampler.Settings(4, visual, 160, 0.5, 0, 0, true, List.of()),
                        Descriptions.BRIEF_AND_FULL,
                        base.tokenizer(),
                        9)
                .batch(0);
    }

    private static DescribeObjective objective(BaseModel base, Parameters p, double anchor) {
        return new DescribeObjective(base.plain(), () -> base.over(p, Precision.F32), anchor, base.tokenizer()::decode);
    }

    private static double loss(BaseModel base, Parameters p, AnswerBatch batch, double anchor) {
        try (Scope ignored = Scope.inference()) {
            return objective(base, p, anchor).apply(batch, false).loss().item_float();
        }
    }

    @Test
    void theModelThatItLearnsFromIsNotWrittenOver() {
        try (DescribeRecipe recipe = quick(folder.resolve("run"), () -> false)) {
            assertThatThrownBy(() -> recipe.run(model.resolve("../model")))
                    .isInstanceOf(TrainingException.class)
                    .hasMessageContaining("would be written over the one that it learns from")
                    .hasMessageContaining("choose another folder");
        }
    }
}

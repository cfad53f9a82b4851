package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.layer.Linear;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.contrastive.ClassTokenHead;
import dev.fovea.core.model.contrastive.ContrastiveModel;
import dev.fovea.core.model.family.Clip;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** Signals in the space that encoder and text tower share. */
class PairedTowerTest {

    @Test
    void patchesAndQuestionMeetInTheSharedSpace() {
        Golden golden = Golden.mha();
        Path folder = Path.of("src/test/resources/golden/clip");
        ContrastiveModel clip =
                Clip.load(ModelConfig.read(folder.resolve("config.json")), Checkpoint.open(folder), DType.F32);
        Tensor projection = torch.rand(new long[] {24, 32});
        ModelParts plain = golden.model;
        ModelParts paired = new ModelParts(
                plain.vision(),
                plain.featureLayers(),
                plain.clsIsFeature(),
                plain.connector(),
                plain.decoder(),
                plain.positions(),
                plain.placeholders(),
                new ContrastiveModel(
                        null,
                        clip.text(),
                        new ClassTokenHead(null, new Linear(projection, null)),
                        clip.textProjection(),
                        clip.scores()),
                null,
                plain.shape());
        PathEngine engine = new PathEngine(paired);
        List<Object> seen = new ArrayList<>();
        Signal.PatchImageEmbeddings patches = new Signal.PatchImageEmbeddings();
        Signal.FeatureImageEmbeddings features = new Signal.FeatureImageEmbeddings();
        List<Matrix> shared = new ArrayList<>();
        Plan plan = Plan.of(
                "spy",
                new Step(
                        new Station.Connector(),
                        List.of(
                                patches,
                                features,
                                new Signal.QuestionPieces(),
                                new Signal.QuestionEmbedding(),
                                new Signal.QuestionTokensMean()),
                        s -> {
                            shared.add(s.get(features));
                            shared.add(s.get(new Signal.QuestionPieces()));
                            seen.add(s.get(patches));
                            seen.add(s.get(new Signal.QuestionEmbedding()));
                            seen.add(s.get(new Signal.QuestionTokensMean()));
                            return Outcome.of(Decision.Keep.of(3, 9));
                        }),
                new Step(new Station.Decoder(1), List.of(patches), s -> {
                    seen.add(s.get(patches));
                    return Outcome.of(new Decision.Unchanged());
                }));
        PlanRun run = PlanRun.of(plan, new PlanRun.Question(() -> new float[] {1, 2}, () -> new float[] {3}), null);
        List<EncodedImage> images = engine.encode(List.of(golden.image(0, run)));
        engine.prefill(List.of(new PathEngine.Prompt("", golden.ids("one_image"), images, run, 1)))
                .forEach(PromptState::close);

        // All four encoder layers ran for it, though the features are taken after three; no norm is applied.
        Tensor last = golden.tensor("vision.hidden.3").select(0, 0).narrow(0, 1, 16);
        Matrix all = (Matrix) seen.get(0);
        Golden.assertClose(all.data(), Tensors.floats(last.matmul(projection.t())), "patch embeddings");
        assertThat(images.getFirst().encoderTokens()).hasSize(4);
        assertThat((float[]) seen.get(1)).containsExactly(1, 2);
        // The features as they were selected, through the norm that belongs behind the last layer.
        Tensor selected = golden.tensor("vision.selected").select(0, 0);
        Tensor normed = Objects.requireNonNull(plain.vision().postNorm()).forward(selected);
        Golden.assertClose(
                shared.getFirst().data(), Tensors.floats(normed.matmul(projection.t())), "embeddings of the features");
        assertThat(shared.get(1).row(0)).containsExactly(1, 2);
        assertThat((float[]) seen.get(2)).containsExactly(3);
        assertThat(((Matrix) seen.get(3)).data())
                .containsExactly(all.select(3, 9).data());
    }
}

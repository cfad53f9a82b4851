package dev.fovea.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.model.contrastive.ContrastiveModel;
import dev.fovea.core.model.family.Clip;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** CLIP's two towers against transformers. */
class ClipParityTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden/clip");
    private final Checkpoint golden = Checkpoint.open(FOLDER.resolve("golden.safetensors"));
    private final ContrastiveModel clip =
            Clip.load(ModelConfig.read(FOLDER.resolve("config.json")), Checkpoint.open(FOLDER), DType.F32);

    private static void assertClose(Tensor actual, Tensor expected) {
        float[] a = Tensors.floats(actual);
        float[] e = Tensors.floats(expected);
        assertThat(a).hasSameSizeAs(e);
        for (int i = 0; i < e.length; i++) {
            assertThat(a[i]).isCloseTo(e[i], within(1e-4f));
        }
    }

    @Test
    void towersAndSimilarity() {
        List<int[]> texts = IntStream.of(0, 1)
                .mapToObj(i -> Tensors.ints(golden.tensor("text." + i + ".input_ids")))
                .toList();
        Tensor pooled = clip.text().forward(texts);
        assertClose(pooled.select(0, 0), golden.tensor("text.0.pooled"));
        assertClose(pooled.select(0, 1), golden.tensor("text.1.pooled"));

        List<int[]> padded = IntStream.range(0, 3)
                .mapToObj(i -> Tensors.ints(golden.tensor("padded.input_ids").select(0, i)))
                .toList();
        Tensor text = clip.embedTexts(padded);
        assertClose(text, golden.tensor("text.projected"));
        Tensor images = clip.embedImages(golden.tensor("image.pixel_values"));
        assertClose(images, golden.tensor("image.projected"));
        assertClose(clip.similarity(images, text), golden.tensor("logits_per_image"));
    }
}

package dev.fovea.core;

import dev.fovea.core.image.ImageProcessor;
import dev.fovea.core.image.ImageProcessorConfig;
import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * CLIP: how well texts fit pictures, from a checkpoint in Hugging Face's layout. Safe for use by several threads.
 *
 * <pre>{@code
 * try (DualEncoder clip = DualEncoder.open(folder)) {
 *     Matrix fit = clip.similarity(List.of(picture), List.of("a star", "a ring"));
 * }
 * }</pre>
 */
public final class DualEncoder implements AutoCloseable {
    private final TextTower tower;
    private final ImageProcessor processor;

    private DualEncoder(TextTower tower, ImageProcessor processor) {
        this.tower = tower;
        this.processor = processor;
    }

    /**
     * Opens a folder with {@code config.json}, weights, {@code tokenizer.json} and {@code preprocessor_config.json}.
     *
     * @throws RuntimeException with one sentence if something is missing or wrong
     */
    public static DualEncoder open(Path folder) {
        return open(folder, OpenOptions.Precision.F32);
    }

    /** As above, in an element type of choice. */
    public static DualEncoder open(Path folder, OpenOptions.Precision precision) {
        ImageProcessor processor = new ImageProcessor(ImageProcessorConfig.read(folder));
        DType dtype;
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            dtype = WorkingType.of(precision, checkpoint);
        }
        TextTower tower = TextTower.open(folder, dtype);
        if (tower.clip().vision() == null) {
            tower.close();
            throw new CheckpointException(
                    folder + " holds only the text side of a CLIP model, without its image tower");
        }
        return new DualEncoder(tower, processor);
    }

    /** Pictures in the shared space, not normalised: {@code [images, projection]}. */
    public Matrix embedImages(List<RgbImage> images) {
        try (Scope ignored = Scope.inference()) {
            return matrix(imageEmbeddings(images));
        }
    }

    /** Texts in the shared space, not normalised: {@code [texts, projection]}; long ones are cut. */
    public Matrix embedTexts(List<String> texts) {
        try (Scope ignored = Scope.inference()) {
            return matrix(textEmbeddings(texts));
        }
    }

    /** {@code logit scale * cosine}: {@code [images, texts]}. A softmax over a row gives the texts' probabilities. */
    public Matrix similarity(List<RgbImage> images, List<String> texts) {
        try (Scope ignored = Scope.inference()) {
            return matrix(tower.clip().similarity(imageEmbeddings(images), textEmbeddings(texts)));
        }
    }

    private Tensor imageEmbeddings(List<RgbImage> images) {
        if (images.isEmpty()) {
            throw new IllegalArgumentException("Give at least one picture.");
        }
        Tensor[] each = images.stream()
                .map(image -> {
                    PreparedImage prepared = processor.prepare(image);
                    return tower.clip().embedImages(Pictures.tensor(prepared).unsqueeze(0));
                })
                .toArray(Tensor[]::new);
        return Tensors.cat(0, each);
    }

    private Tensor textEmbeddings(List<String> texts) {
        if (texts.isEmpty()) {
            throw new IllegalArgumentException("Give at least one text.");
        }
        return tower.clip().embedTexts(texts.stream().map(tower::ids).toList());
    }

    private static Matrix matrix(Tensor t) {
        return new Matrix((int) t.size(0), (int) t.size(1), Tensors.floats(t));
    }

    @Override
    public void close() {
        tower.close();
    }
}

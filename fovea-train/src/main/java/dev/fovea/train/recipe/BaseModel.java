package dev.fovea.train.recipe;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.fovea.core.adapt.Additions;
import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.model.AddedWeights;
import dev.fovea.core.model.MappedWeights;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.Rename;
import dev.fovea.core.model.Weights;
import dev.fovea.core.model.family.Description;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.train.loop.TrainingException;
import dev.fovea.train.nn.MovingWeights;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.nn.StepWeights;
import dev.fovea.train.text.WorldTokenizer;
import dev.fovea.world.Renderer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/**
 * A finished model that a technique is trained for: it stands still, and what is learned is added to it or acts beside
 * it. Weights in f32.
 */
final class BaseModel implements AutoCloseable {
    private final Path folder;
    private final Checkpoint checkpoint;
    private final HuggingFaceTokenizer tokenizer;
    private final Description description;
    private final PictureProcessor pictures;
    private final MappedWeights weights;
    private final ModelParts plain;

    private BaseModel(
            Path folder,
            Checkpoint checkpoint,
            HuggingFaceTokenizer tokenizer,
            Description description,
            PictureProcessor pictures,
            MappedWeights weights,
            ModelParts plain) {
        this.folder = folder;
        this.checkpoint = checkpoint;
        this.tokenizer = tokenizer;
        this.description = description;
        this.pictures = pictures;
        this.weights = weights;
        this.plain = plain;
    }

    /**
     * Opens a checkpoint that the world's questions can be put to.
     *
     * @param precision in which matrices are multiplied
     * @throws TrainingException with one sentence if it is no such model
     */
    static BaseModel open(Path folder, Precision precision) {
        Families.Found found = Families.read(folder);
        Description description = found.description();
        if (found.weights() != null) {
            throw new TrainingException(folder + " holds weights as " + found.weights()
                    + ", through which nothing can be trained; give the checkpoint that it was made from");
        }
        HuggingFaceTokenizer tokenizer = tokenizer(folder);
        Checkpoint checkpoint = null;
        try {
            checkpoint = Checkpoint.open(folder);
            MappedWeights weights = MappedWeights.of(checkpoint, DType.F32, description.renames())
                    .multiplyingIn(precision.products());
            ModelParts plain = description.load(weights, null);
            if (plain.shape().gridCols() * plain.shape().tokenPixels() != Renderer.DEFAULT_SIZE) {
                throw foreign(folder, "its pictures are not " + Renderer.DEFAULT_SIZE + " pixels wide");
            }
            return new BaseModel(
                    folder,
                    checkpoint,
                    tokenizer,
                    description,
                    found.family().pictures(folder, description),
                    weights,
                    plain);
        } catch (RuntimeException e) {
            tokenizer.close();
            if (checkpoint != null) {
                checkpoint.release();
            }
            throw e;
        }
    }

    private static HuggingFaceTokenizer tokenizer(Path folder) {
        HuggingFaceTokenizer tokenizer;
        try {
            tokenizer = HuggingFaceTokenizer.newInstance(folder.resolve("tokenizer.json"));
        } catch (IOException | RuntimeException e) {
            throw new TrainingException(
                    folder.resolve("tokenizer.json") + " is no usable tokenizer: " + e.getMessage(), e);
        }
        long[] ids = tokenizer.encode("<user>", false, false).getIds();
        if (!List.of(ids.length == 1 ? ids[0] : -1L).contains((long) WorldTokenizer.USER)) {
            tokenizer.close();
            throw foreign(folder, "its tokenizer is not that of peek's recipe");
        }
        return tokenizer;
    }

    private static TrainingException foreign(Path folder, String why) {
        return new TrainingException(
                "Techniques are trained on the procedural world for models that know its words, and " + folder
                        + " is none: " + why + "; take peek, or one that 'fovea train peek' made");
    }

    Path folder() {
        return folder;
    }

    HuggingFaceTokenizer tokenizer() {
        return tokenizer;
    }

    /** Token ids of a text. */
    int[] encode(String text) {
        return Arrays.stream(tokenizer.encode(text, false, false).getIds())
                .mapToInt(Math::toIntExact)
                .toArray();
    }

    /** How its pictures are prepared. */
    PictureProcessor pictures() {
        return pictures;
    }

    /** The model as it is. */
    ModelParts plain() {
        return plain;
    }

    /** Its weights by canonical name. */
    Weights weights() {
        return weights;
    }

    /**
     * The model with something added to its weights; what moves is in the graph of the open scope, and the model lives no
     * longer than that.
     */
    ModelParts with(Additions additions) {
        return additions.isEmpty()
                ? plain
                : description.load(AddedWeights.of(new StepWeights(weights), additions), null);
    }

    /**
     * Its tensors under the names of the file, ready to move.
     *
     * @param hidden which matrices are hidden ones, by canonical name
     */
    Parameters copied(Predicate<String> hidden) {
        return Parameters.of(checkpoint, name -> hidden.test(canonical(name)));
    }

    /** The same network over other values of its {@link #copied} tensors. */
    ModelParts over(Parameters copied, Precision precision) {
        return description.load(MovingWeights.of(copied, precision, description.renames()), null);
    }

    /** The canonical name of a tensor of the file. */
    String canonical(String name) {
        return Rename.all(description.renames(), name);
    }

    /** The type in which a tensor of the file is stored. */
    DType stored(String name) {
        return checkpoint.info(name).dtype();
    }

    @Override
    public void close() {
        tokenizer.close();
        checkpoint.release();
    }
}

package dev.fovea.core;

import dev.fovea.core.engine.ContrastiveEngine;
import dev.fovea.core.engine.PlanCheck;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.image.ImageProcessor;
import dev.fovea.core.image.ImageProcessorConfig;
import dev.fovea.core.image.PatchBudgetProcessor;
import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.family.Siglip;
import dev.fovea.core.model.vision.VisionOptions;
import dev.fovea.core.model.vision.VisionTransformer;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Adaptation;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.technique.TechniqueSpec;
import dev.fovea.core.technique.Techniques;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;

/**
 * CLIP, SigLIP or SigLIP 2: how well texts fit pictures, from a checkpoint in Hugging Face's layout. Safe for use by
 * several threads.
 *
 * <pre>{@code
 * try (DualEncoder clip = DualEncoder.open(folder)) {
 *     Matrix fit = clip.similarity(List.of(picture), List.of("a star", "a ring"));
 * }
 * }</pre>
 */
public final class DualEncoder implements AutoCloseable {
    private static final Set<String> REACHED = Set.of("framing", "encoder");

    private final TextTower tower;
    private final PictureProcessor processor;
    private final ContrastiveEngine engine;
    private final ModelShape shape;

    private DualEncoder(TextTower tower, String family, VisionOptions vision, PictureProcessor processor) {
        this.tower = tower;
        this.processor = processor;
        this.engine = new ContrastiveEngine(tower.clip());
        this.shape = Pictures.typical(
                shape(family, vision), processor, vision.patches().imageSize());
    }

    private static ModelShape shape(String family, VisionOptions c) {
        return new ModelShape(
                family,
                c.patches().gridSide(),
                c.patches().gridSide(),
                c.patches().size(),
                c.classToken(),
                false,
                c.layers(),
                c.layers(),
                c.width(),
                c.heads(),
                c.mlpWidth(),
                true,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0);
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
        String family = ModelConfig.read(folder.resolve("config.json")).text("model_type", "(none)");
        PictureProcessor processor = family.equals(Siglip.ANY_ASPECT)
                ? PatchBudgetProcessor.read(folder)
                : new ImageProcessor(ImageProcessorConfig.read(folder));
        DType dtype;
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            dtype = WorkingType.of(precision, checkpoint);
        }
        TextTower tower = TextTower.open(folder, dtype);
        VisionTransformer vision = tower.clip().vision();
        if (vision == null) {
            tower.close();
            throw new CheckpointException(
                    folder + " holds only the text side of a contrastive model, without its image tower");
        }
        return new DualEncoder(tower, family, vision.options(), processor);
    }

    /**
     * Whether a folder holds a checkpoint of this kind, by what its configuration says.
     *
     * @throws CheckpointException if it has no configuration that can be read
     */
    public static boolean isOne(Path folder) {
        return TextTower.TYPES.contains(
                ModelConfig.read(folder.resolve("config.json")).text("model_type", ""));
    }

    /** Its sizes; those of a language model are 0. */
    public ModelShape shape() {
        return shape;
    }

    /**
     * The plan of techniques that act inside the image tower, checked against this model.
     *
     * @param techniques where the names are looked up
     * @param specs as typed: {@code id} or {@code id:knob=value,...}
     * @throws IllegalArgumentException with one sentence if a name, a knob, the budget or the combination is wrong, or
     *     a technique acts where a dual encoder ends
     */
    public Plan plan(Techniques techniques, List<String> specs, Budget budget) {
        for (String text : specs) {
            Card card = techniques.get(TechniqueSpec.parse(text).id()).card();
            if (!card.stations().isEmpty() && card.stations().stream().noneMatch(REACHED::contains)) {
                throw new IllegalArgumentException("Technique '" + card.id() + "' acts behind the encoder ("
                        + String.join(", ", card.stations())
                        + "), where a dual encoder ends; use one that acts inside it: "
                        + techniques.all().stream()
                                .map(Technique::card)
                                .filter(c -> c.stations().stream().anyMatch(REACHED::contains))
                                .map(Card::id)
                                .collect(Collectors.joining(", "))
                        + ".");
            }
        }
        Plan plan = techniques.plan(specs, shape, budget, 1);
        PlanCheck.check(plan, shape);
        return plan;
    }

    /**
     * Looks at one picture of a stream.
     *
     * @param plan from {@link #plan}
     * @param stream what the steps of the plan may remember of the pictures before; {@link Adaptation#none} without any
     */
    public ContrastiveEngine.Seen see(RgbImage picture, Plan plan, Adaptation stream) {
        Shown shown = new Shown(processor.preparePicture(picture), picture);
        try (Scope ignored = Scope.inference()) {
            PlanRun run = PlanRun.ofStream(plan, stream::remembered);
            return engine.see(new Pictures(processor)
                    .input(shown, shown.prepared().views().getFirst(), 0, "", run));
        }
    }

    /** How the scores of one picture read: a softmax over its texts (CLIP), or a sigmoid of each (SigLIP). */
    public float[] probabilities(float[] logits) {
        return tower.clip().scores().probabilities(logits);
    }

    /**
     * {@code logit scale * cosine + bias} of one picture with every text: {@code [texts]}.
     *
     * @param embedding of the picture: {@code [projection]}
     * @param texts {@code [texts, projection]}
     */
    public float[] logits(float[] embedding, Matrix texts) {
        try (Scope ignored = Scope.inference()) {
            Tensor image = Tensors.of(embedding, 1, embedding.length);
            return Tensors.floats(tower.clip().similarity(image, Tensors.of(texts.data(), texts.rows(), texts.cols())));
        }
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

    /** {@code logit scale * cosine + bias}: {@code [images, texts]}; see {@link #probabilities} for a row of them. */
    public Matrix similarity(List<RgbImage> images, List<String> texts) {
        try (Scope ignored = Scope.inference()) {
            return matrix(tower.clip().similarity(imageEmbeddings(images), textEmbeddings(texts)));
        }
    }

    /** Tokens of a text as the text tower reads it, at most as many as it reads. */
    public int tokens(String text) {
        return tower.ids(text).length;
    }

    private Tensor imageEmbeddings(List<RgbImage> images) {
        if (images.isEmpty()) {
            throw new IllegalArgumentException("Give at least one picture.");
        }
        Tensor[] each = images.stream()
                .map(image -> {
                    PreparedImage prepared =
                            processor.preparePicture(image).views().getFirst();
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

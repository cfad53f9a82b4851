package dev.fovea.train.recipe;

import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.Rename;
import dev.fovea.core.model.connector.Connector;
import dev.fovea.core.model.connector.Projection;
import dev.fovea.core.model.contrastive.ClassTokenHead;
import dev.fovea.core.model.contrastive.ContrastiveModel;
import dev.fovea.core.model.contrastive.TextOptions;
import dev.fovea.core.model.contrastive.TextTransformer;
import dev.fovea.core.model.family.Description;
import dev.fovea.core.model.family.Llava;
import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.model.vision.VisionTransformer;
import dev.fovea.train.nn.MovingWeights;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import java.nio.file.Path;
import java.util.List;

/**
 * The default model as it is described by the configuration that it is written with, over parameters that move: the
 * network that learns is the one that answers.
 */
final class PeekNetwork {
    private static final List<Rename> CLIP = List.of(
            Rename.of("^vision_tower\\.vision_model\\.", "vision."),
            Rename.of("^text_model\\.", "text."),
            Rename.of("\\.encoder\\.layers\\.", ".layers."),
            Rename.of("pre_layrnorm", "pre_layernorm"));

    private final Description description;
    private final TextOptions text;
    private final int sharedWidth;
    private final Precision precision;

    /** @param precision in which matrices are multiplied */
    PeekNetwork(PeekConfig config, Precision precision) {
        this.description = new Llava().describe(new ModelConfig(Path.of("config.json"), "", config.llava()));
        this.text =
                TextOptions.of(new ModelConfig(Path.of("clip", "config.json"), "", config.clip()).child("text_config"));
        this.sharedWidth = Recipes.SHARED_WIDTH;
        this.precision = precision;
    }

    /** What it is made of. */
    Description description() {
        return description;
    }

    /** Features are read one block before the last, as LLaVA does; the last block belongs to the class token. */
    int featureLayer() {
        return description.featureLayers().getLast();
    }

    VisionTransformer vision(Parameters p) {
        return VisionTransformer.load(description.vision(), weights(p).under("vision."));
    }

    Connector connector(Parameters p) {
        return Projection.load(description.connector(), weights(p).under("connector."));
    }

    Decoder decoder(Parameters p) {
        return Decoder.load(description.text(), weights(p).under("text."), weights(p));
    }

    /** All of them. */
    ModelParts model(Parameters p) {
        return description.load(weights(p), null);
    }

    /** Both towers of the dual encoder; similarities are projected in f32. */
    ContrastiveModel towers(Parameters p) {
        MovingWeights own = MovingWeights.of(p, precision, CLIP);
        MovingWeights exact = MovingWeights.of(p, Precision.F32, CLIP);
        VisionTransformer vision = VisionTransformer.load(description.vision(), own.under("vision."));
        return new ContrastiveModel(
                vision,
                TextTransformer.load(text, own.under("text.")),
                new ClassTokenHead(
                        vision.postNorm(),
                        exact.linear(
                                "visual_projection",
                                sharedWidth,
                                description.vision().width(),
                                false)),
                exact.linear("text_projection", sharedWidth, text.width(), false),
                new ContrastiveModel.Scores(1, 0, false));
    }

    private MovingWeights weights(Parameters p) {
        return MovingWeights.of(p, precision, description.renames());
    }
}

package dev.fovea.core.model.family;

import dev.fovea.core.image.PanAndScanProcessor;
import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.image.PreparedPicture;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.NormKind;
import dev.fovea.core.model.Rename;
import dev.fovea.core.model.connector.ConnectorOptions;
import dev.fovea.core.model.family.Description.Placeholder;
import dev.fovea.core.model.gguf.GgufPictures;
import dev.fovea.core.model.language.DecoderOptions;
import dev.fovea.core.model.language.MutualSight;
import dev.fovea.core.model.language.SequentialPositions;
import dev.fovea.core.model.vision.VisionOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Gemma 3 (arXiv 2503.19786): a SigLIP encoder whose patches are averaged to a fixed number of tokens, crops of elongated
 * pictures where the checkpoint asks for them, and a decoder with sliding windows in which the tokens of a picture see
 * each other both ways.
 */
public final class Gemma3 implements Family {
    private static final List<Rename> RENAMES = GemmaText.renames(
            Rename.of("^(model\\.)?multi_modal_projector\\.mm_input_projection_weight$", "connector.linear_1.turned"),
            Rename.of("^(model\\.)?multi_modal_projector\\.mm_soft_emb_norm\\.", "connector.patch_norm."));

    @Override
    public Set<String> modelTypes() {
        return Set.of("gemma3");
    }

    @Override
    public Description describe(ModelConfig config) {
        ModelConfig v = config.child("vision_config");
        v.require("model_type", "siglip_vision_model");
        VisionOptions vision = Siglip.vision(v);
        DecoderOptions text = GemmaText.read(config.child("text_config"), "gemma3_text", MutualSight.PICTURES);
        return new Description(
                "gemma3",
                vision,
                List.of(vision.layers()),
                false,
                ConnectorOptions.averagePool(
                        side(config, vision.patches().gridSide()),
                        vision.width(),
                        text.width(),
                        NormKind.RMS_FROM_ONE,
                        v.positive("layer_norm_eps", 1e-6)),
                text,
                new SequentialPositions(),
                List.of(new Placeholder(
                        config.integer("image_token_id", config.integer("image_token_index", 262_144)), Layout.SOFT)),
                new Layout(),
                RENAMES,
                true,
                false);
    }

    /** Patches along each side of a token. */
    private static int side(ModelConfig config, int grid) {
        String key = "mm_tokens_per_image";
        int tokens = config.count(key, 256);
        int across = (int) Math.sqrt(tokens);
        if (across * across != tokens || grid % across != 0) {
            throw config.wrong(key, "the square of a divisor of the " + grid + " patches of a picture's side", tokens);
        }
        return grid / across;
    }

    @Override
    public Map<String, GgufPictures> ggufPictures() {
        return Map.of("gemma3", new Gemma3Gguf());
    }

    @Override
    public PictureProcessor pictures(Path folder, Description description) {
        return PanAndScanProcessor.read(folder);
    }

    /** Every view between marks on a paragraph of its own; crops are announced in words. */
    private record Layout() implements PromptLayout {
        static final String SOFT = "<image_soft_token>";
        private static final String VIEW = "\n\n<start_of_image>" + SOFT + "<end_of_image>\n\n";

        @Override
        public String mark() {
            return "<start_of_image>";
        }

        @Override
        public String expand(PreparedPicture picture, String placeholder) {
            int crops = picture.views().size() - 1;
            return crops == 0
                    ? VIEW
                    : "Here is the original image " + VIEW + " and here are some crops to help you see better " + VIEW
                            + (" " + VIEW).repeat(crops - 1);
        }
    }
}

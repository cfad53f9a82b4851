package dev.fovea.core.model.family;

import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.image.PixtralPictureProcessor;
import dev.fovea.core.image.PreparedPicture;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.NormKind;
import dev.fovea.core.model.Rename;
import dev.fovea.core.model.connector.ConnectorOptions;
import dev.fovea.core.model.family.Description.Placeholder;
import dev.fovea.core.model.language.DecoderOptions;
import dev.fovea.core.model.language.SequentialPositions;
import dev.fovea.core.model.vision.VisionOptions;
import dev.fovea.core.model.vision.VisionOptions.Block;
import dev.fovea.core.model.vision.VisionOptions.Patches;
import dev.fovea.core.model.vision.VisionOptions.Positions;
import dev.fovea.core.model.vision.VisionOptions.PostNorm;
import dev.fovea.core.model.vision.VisionOptions.QueryKeyNorm;
import dev.fovea.core.model.vision.Windows;
import dev.fovea.core.path.Slot;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Mistral Small 3.1 and its kin: Pixtral's encoder (arXiv 2410.07073) over pictures of any size, a merger of 2 x 2 patches
 * and a Mistral decoder, with a token of the vocabulary behind each row.
 */
public final class Mistral3 implements Family {
    private static final double EPS = 1e-5;

    private static final List<Rename> RENAMES = List.of(
            Rename.of("^(model\\.)?vision_tower\\.(transformer\\.)?", "vision."),
            Rename.of("^vision\\.patch_conv\\.", "vision.embeddings.patch_embedding."),
            Rename.of("^vision\\.ln_pre\\.", "vision.pre_layernorm."),
            Rename.of("^(vision\\.layers\\.\\d+\\.)attention_norm\\.", "$1layer_norm1."),
            Rename.of("^(vision\\.layers\\.\\d+\\.)ffn_norm\\.", "$1layer_norm2."),
            Rename.of("^(vision\\.layers\\.\\d+\\.)attention\\.o_proj\\.", "$1self_attn.out_proj."),
            Rename.of("^(vision\\.layers\\.\\d+\\.)attention\\.", "$1self_attn."),
            Rename.of("^(vision\\.layers\\.\\d+\\.)feed_forward\\.", "$1mlp."),
            Rename.of("^(model\\.)?multi_modal_projector\\.norm\\.", "connector.patch_norm."),
            Rename.of("^(model\\.)?multi_modal_projector\\.patch_merger\\.merging_layer\\.", "connector.merging."),
            Rename.of("^(model\\.)?multi_modal_projector\\.", "connector."),
            Rename.of("^(model\\.)?(language_model\\.)?lm_head\\.", "lm_head."),
            Rename.of("^(model\\.)?language_model\\.(model\\.)?", "text."));

    @Override
    public Set<String> modelTypes() {
        return Set.of("mistral3");
    }

    @Override
    public Description describe(ModelConfig config) {
        ModelConfig t = config.child("text_config");
        DecoderOptions text = DecoderConfig.read(DecoderConfig.Kind.of(t), t, config.flag("tie_word_embeddings", true));
        VisionOptions vision = vision(config.child("vision_config"));
        List<Integer> layers = Llava.featureLayers(config, vision.layers(), -1);
        int side = config.count("spatial_merge_size", 2);
        ConnectorOptions connector = ConnectorOptions.mlp(
                        vision.width(),
                        text.width(),
                        config.activation("projector_hidden_act", "gelu"),
                        config.flag("multimodal_projector_bias", false))
                .merging(side, NormKind.RMS, text.eps());
        if (layers.size() > 1) {
            throw config.wrong("vision_feature_layer", "one layer", layers);
        }
        return new Description(
                "mistral3",
                vision,
                layers,
                false,
                connector,
                text,
                new SequentialPositions(),
                List.of(new Placeholder(
                        config.integer("image_token_id", config.integer("image_token_index", 10)), "[IMG]")),
                new Layout(vision.patches().size() * side),
                RENAMES,
                false,
                false);
    }

    private static VisionOptions vision(ModelConfig v) {
        int width = v.count("hidden_size", 1024);
        int heads = v.count("num_attention_heads", 16);
        if (width % (4 * heads) != 0) {
            throw v.wrong(
                    "num_attention_heads",
                    "such that hidden_size " + width + " divides into heads of four parts",
                    heads);
        }
        double theta = DecoderConfig.rope(v).number("rope_theta", v.number("rope_theta", 10_000));
        if (theta != 10_000) {
            throw v.wrong("rope_theta", "10000", theta);
        }
        return new VisionOptions(
                width,
                v.count("intermediate_size", 4096),
                v.count("num_hidden_layers", 24),
                heads,
                new Patches(v.count("patch_size", 14), v.count("num_channels", 3), 1, false, 0),
                false,
                0,
                Positions.ROTARY_IN_TURNS,
                new Block(
                        NormKind.RMS,
                        EPS,
                        true,
                        v.activation("hidden_act", "gelu"),
                        false,
                        false,
                        false,
                        false,
                        QueryKeyNorm.NONE),
                Windows.none(),
                true,
                PostNorm.NONE);
    }

    /** Every row of tokens with a token of the vocabulary behind it, another one behind the last. */
    private record Layout(int tokenPixels) implements PromptLayout {
        private int rows(PreparedPicture picture) {
            return picture.views().getFirst().height() / tokenPixels;
        }

        @Override
        public String expand(PreparedPicture picture, String placeholder) {
            return (placeholder + "[IMG_BREAK]").repeat(rows(picture) - 1) + placeholder + "[IMG_END]";
        }

        @Override
        public List<Slot> slots(PreparedPicture picture) {
            return IntStream.range(0, rows(picture))
                    .<Slot>mapToObj(row -> new Slot.Rows(0, row, row + 1))
                    .toList();
        }
    }

    @Override
    public PictureProcessor pictures(Path folder, Description description) {
        return PixtralPictureProcessor.read(
                folder,
                description.vision().patches().size()
                        * description.connector().grouping().side());
    }
}

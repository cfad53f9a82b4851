package dev.fovea.core.model.family;

import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.image.PreparedPicture;
import dev.fovea.core.image.TilingPictureProcessor;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.Rename;
import dev.fovea.core.model.connector.ConnectorOptions;
import dev.fovea.core.model.family.Description.Placeholder;
import dev.fovea.core.model.gguf.GgufPictures;
import dev.fovea.core.model.language.DecoderOptions;
import dev.fovea.core.model.language.SequentialPositions;
import dev.fovea.core.model.vision.VisionOptions;
import dev.fovea.core.model.vision.VisionOptions.Positions;
import dev.fovea.core.model.vision.VisionOptions.PostNorm;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Idefics3 (arXiv 2408.12637) and SmolVLM (arXiv 2504.05299): a SigLIP encoder over tiles and an overview, pixel shuffle,
 * and a Llama decoder. Granite-Docling is such a checkpoint.
 */
public final class Idefics3 implements Family {
    private static final List<Rename> RENAMES = List.of(
            Rename.of("^model\\.vision_model\\.(encoder\\.)?", "vision."),
            Rename.of("^model\\.connector\\.modality_projection\\.proj\\.", "connector.linear_1."),
            Rename.of("^model\\.text_model\\.", "text."));

    @Override
    public Set<String> modelTypes() {
        return Set.of("idefics3", "smolvlm");
    }

    @Override
    public Description describe(ModelConfig config) {
        ModelConfig t = config.child("text_config");
        t.require("model_type", "llama", "vllama3");
        boolean tied = config.flag("tie_word_embeddings", false);
        DecoderOptions text = DecoderConfig.read(DecoderConfig.Kind.LLAMA, t, tied);
        VisionOptions vision = vision(config.child("vision_config"));
        int side = config.count("scale_factor", 2);
        if (vision.patches().gridSide() % side != 0) {
            throw config.wrong(
                    "scale_factor",
                    "a divisor of the " + vision.patches().gridSide() + " patches of a tile's side",
                    side);
        }
        return new Description(
                config.text("model_type", "idefics3"),
                vision,
                List.of(vision.layers()),
                false,
                ConnectorOptions.pixelShuffle(side, vision.width(), text.width()),
                text,
                new SequentialPositions(),
                List.of(new Placeholder(config.integer("image_token_id", 128257), "<image>")),
                Idefics3::expand,
                RENAMES,
                true,
                false);
    }

    private static VisionOptions vision(ModelConfig v) {
        return Siglip.vision(
                v,
                new Siglip.Sizes(1152, 3072, 12, 16),
                v.count("patch_size", 32),
                v.count("image_size", 224),
                Positions.BUCKETED,
                PostNorm.FEATURES);
    }

    /** Every tile behind its row and column, every row of them on a line, the overview behind an empty line. */
    private static String expand(PreparedPicture picture, String placeholder) {
        String around = "<fake_token_around_image>";
        StringBuilder out = new StringBuilder();
        for (int row = 1; row <= picture.tileRows(); row++) {
            for (int col = 1; col <= picture.tileColumns(); col++) {
                out.append(around).append("<row_" + row + "_col_" + col + ">").append(placeholder);
            }
            out.append('\n');
        }
        return out.append(picture.tileRows() > 0 ? "\n" : "")
                .append(around + "<global-img>" + placeholder + around)
                .toString();
    }

    @Override
    public Map<String, GgufPictures> ggufPictures() {
        return Map.of("idefics3", new Idefics3Gguf());
    }

    @Override
    public PictureProcessor pictures(Path folder, Description description) {
        return TilingPictureProcessor.read(folder);
    }
}

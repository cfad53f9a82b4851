package dev.fovea.core.model.family;

import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.image.QwenPictureProcessor;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.NormKind;
import dev.fovea.core.model.connector.ConnectorOptions;
import dev.fovea.core.model.gguf.GgufPictures;
import dev.fovea.core.model.language.DecoderOptions;
import dev.fovea.core.model.language.GridPositions;
import dev.fovea.core.model.vision.VisionOptions;
import dev.fovea.core.model.vision.VisionOptions.Block;
import dev.fovea.core.model.vision.VisionOptions.Positions;
import dev.fovea.core.model.vision.VisionOptions.PostNorm;
import dev.fovea.core.model.vision.Windows;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Qwen2-VL (arXiv 2409.12191): pictures of any size, an encoder with rotary positions that sees all of a picture in
 * every block, a merger of 2 x 2 patches and a Qwen2 decoder whose positions have time, row and column.
 */
public final class Qwen2Vl implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("qwen2_vl");
    }

    @Override
    public Description describe(ModelConfig config) {
        ModelConfig v = config.child("vision_config");
        DecoderOptions text = QwenVl.text(DecoderConfig.Kind.QWEN2_VL, config);
        VisionOptions vision = vision(v);
        int merged = QwenVl.merged(v, "hidden_size", 3584, text);
        return QwenVl.description(
                "qwen2_vl",
                config,
                vision,
                List.of(vision.layers()),
                ConnectorOptions.merger(
                        v.count("spatial_merge_size", 2), vision.width(), merged, NormKind.LAYER, QwenVl.EPS),
                text,
                GridPositions.ofMoments(),
                PromptLayout.bare());
    }

    private static VisionOptions vision(ModelConfig v) {
        int width = v.count("embed_dim", 1280);
        int ratio = v.count("mlp_ratio", 4);
        if ((long) width * ratio > Integer.MAX_VALUE) {
            throw v.wrong("mlp_ratio", "of a sensible size beside a width of " + width, ratio);
        }
        return new VisionOptions(
                width,
                width * ratio,
                v.count("depth", 32),
                QwenVl.heads(v, width),
                QwenVl.patches(v, v.count("patch_size", 14), false, 0),
                false,
                0,
                Positions.ROTARY,
                Block.plain(v.activation("hidden_act", "quick_gelu"), QwenVl.EPS),
                Windows.none(),
                false,
                PostNorm.NONE);
    }

    @Override
    public Map<String, GgufPictures> ggufPictures() {
        return Map.of("qwen2vl_merger", new QwenVlGguf(QwenVlGguf.Generation.QWEN2));
    }

    @Override
    public PictureProcessor pictures(Path folder, Description description) {
        return QwenPictureProcessor.read(folder);
    }
}

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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Qwen2.5-VL (arXiv 2502.13923): pictures of any size, an encoder that attends in windows, a merger of 2 x 2 patches and
 * a Qwen2 decoder whose positions have time, row and column.
 */
public final class Qwen25Vl implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("qwen2_5_vl");
    }

    @Override
    public Description describe(ModelConfig config) {
        ModelConfig v = config.child("vision_config");
        DecoderOptions text = QwenVl.text(DecoderConfig.Kind.QWEN2_VL, config);
        VisionOptions vision = vision(v);
        int merged = QwenVl.merged(v, "out_hidden_size", 3584, text);
        return QwenVl.description(
                "qwen2_5_vl",
                config,
                vision,
                List.of(vision.layers()),
                ConnectorOptions.merger(
                        v.count("spatial_merge_size", 2), vision.width(), merged, NormKind.RMS, QwenVl.EPS),
                text,
                GridPositions.ofSeconds(v.number("tokens_per_second", 4)),
                PromptLayout.bare());
    }

    private static VisionOptions vision(ModelConfig v) {
        int width = v.count("hidden_size", 3584);
        int[] global = v.integers("fullatt_block_indexes", 7, 15, 23, 31);
        return new VisionOptions(
                width,
                v.count("intermediate_size", 3420),
                v.count("depth", 32),
                QwenVl.heads(v, width),
                QwenVl.patches(v, v.count("patch_size", 14), false, 0),
                false,
                0,
                Positions.ROTARY,
                Block.gated(v.activation("hidden_act", "silu"), QwenVl.EPS),
                new Windows(
                        v.count("window_size", 112),
                        Arrays.stream(global).boxed().collect(Collectors.toSet())),
                false,
                PostNorm.NONE);
    }

    @Override
    public Map<String, GgufPictures> ggufPictures() {
        return Map.of("qwen2.5vl_merger", new QwenVlGguf(QwenVlGguf.Generation.QWEN25));
    }

    @Override
    public PictureProcessor pictures(Path folder, Description description) {
        return QwenPictureProcessor.read(folder);
    }
}

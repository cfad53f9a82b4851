package dev.fovea.core.model.family;

import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.image.PreparedPicture;
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
import dev.fovea.core.path.Part;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Qwen3-VL (arXiv 2511.21631): an encoder with a learned table and rotary positions, features of whose earlier blocks
 * are added behind the first decoder layers (DeepStack, arXiv 2406.04334), a Qwen3 decoder whose rotary positions mix
 * time, row and column, and videos whose moments are dated in words.
 */
public final class Qwen3Vl implements Family {
    private static final String DEEP = "deepstack_visual_indexes";
    private static final String TABLE = "num_position_embeddings";

    @Override
    public Set<String> modelTypes() {
        return Set.of("qwen3_vl");
    }

    @Override
    public Description describe(ModelConfig config) {
        ModelConfig v = config.child("vision_config");
        DecoderOptions text = QwenVl.text(DecoderConfig.Kind.QWEN3_VL, config);
        VisionOptions vision = vision(v);
        List<Integer> features = features(v, vision.layers(), text.layers());
        int merged = QwenVl.merged(v, "out_hidden_size", 3584, text);
        return QwenVl.description(
                "qwen3_vl",
                config,
                vision,
                features,
                ConnectorOptions.merger(
                                v.count("spatial_merge_size", 2), vision.width(), merged, NormKind.LAYER, QwenVl.EPS)
                        .withDeep(features.size() - 1),
                text,
                GridPositions.ofWords(),
                Qwen3Vl::expand);
    }

    /** Behind how many blocks the deep features are taken, and last those of the tokens themselves. */
    private static List<Integer> features(ModelConfig v, int blocks, int decoderLayers) {
        int[] indexes = v.integers(DEEP, 8, 16, 24);
        List<Integer> out = new ArrayList<>();
        for (int index : indexes) {
            if (index < 0 || index >= blocks || (!out.isEmpty() && index < out.getLast())) {
                throw v.wrong(DEEP, "ascending blocks in 0.." + (blocks - 1), Arrays.toString(indexes));
            }
            out.add(index + 1);
        }
        if (indexes.length >= decoderLayers) {
            throw v.wrong(DEEP, "fewer than the " + decoderLayers + " decoder layers", Arrays.toString(indexes));
        }
        out.add(blocks);
        return out;
    }

    private static VisionOptions vision(ModelConfig v) {
        int width = v.count("hidden_size", 1152);
        int patch = v.count("patch_size", 16);
        int cells = v.count(TABLE, 2304);
        int side = (int) Math.round(Math.sqrt(cells));
        if (side * side != cells || (long) side * patch > Integer.MAX_VALUE) {
            throw v.wrong(TABLE, "a square number of cells of " + patch + " pixels", cells);
        }
        return new VisionOptions(
                width,
                v.count("intermediate_size", 4304),
                v.count("depth", 27),
                QwenVl.heads(v, width),
                QwenVl.patches(v, patch, true, side * patch),
                false,
                0,
                Positions.LINEAR_AND_ROTARY,
                Block.plain(v.activation("hidden_act", "gelu_pytorch_tanh"), QwenVl.EPS),
                Windows.none(),
                false,
                PostNorm.NONE);
    }

    /** Before every moment of a video stands its time, to a tenth of a second, rounded as Python does. */
    private static String expand(PreparedPicture picture, String placeholder) {
        StringBuilder out = new StringBuilder();
        for (PreparedImage view : picture.views()) {
            if (view.part() instanceof Part.Frame frame) {
                BigDecimal time = new BigDecimal(frame.at()).setScale(1, RoundingMode.HALF_EVEN);
                out.append('<').append(time.toPlainString()).append(" seconds><|vision_start|>");
                out.append(placeholder).append("<|vision_end|>");
            } else {
                out.append(placeholder);
            }
        }
        return out.toString();
    }

    @Override
    public Map<String, GgufPictures> ggufPictures() {
        return Map.of("qwen3vl_merger", new QwenVlGguf(QwenVlGguf.Generation.QWEN3));
    }

    @Override
    public PictureProcessor pictures(Path folder, Description description) {
        return QwenPictureProcessor.ofWholeVideos(folder);
    }
}

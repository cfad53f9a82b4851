package dev.fovea.core.engine;

import dev.fovea.core.path.Ledger;
import dev.fovea.core.tensor.OwnedTensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A picture behind the encoder: everything that the connector and later stations may ask about it. A conversation keeps
 * it, so that a later question can look again without encoding again. Never changed; owns its features.
 *
 * @param features the selected features, those of the class token first where there is one, then the patches of each
 *     token beside each other: {@code [class token + tokens * patches of a token, feature width]}
 * @param grid tokens as the picture entered the encoder
 * @param unframed tokens that it would have had if no step had decided about its size
 * @param width pixels in a row of its picture as it was given, upright
 * @param height rows of its picture as it was given
 * @param tokens which visual tokens the encoder left
 * @param carried the declared signals, as measured
 * @param decided the decisions before and inside the encoder
 * @param encoderTokens patch tokens that each encoder layer worked on
 * @param blending how its patches become its tokens behind the projector, or null where each token has its own
 */
public record EncodedImage(
        OwnedTensor features,
        Ledger.Grid grid,
        Ledger.Grid unframed,
        int width,
        int height,
        VisualTokens tokens,
        Carried carried,
        List<Decided> decided,
        List<Integer> encoderTokens,
        @Nullable Blending blending)
        implements AutoCloseable {

    /** Native memory that its features take. */
    public long bytes() {
        return features.get().numel() * features.get().element_size();
    }

    @Override
    public void close() {
        features.close();
    }
}

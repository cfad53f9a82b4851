package dev.fovea.core.engine;

import dev.fovea.core.path.Ledger;
import dev.fovea.core.tensor.OwnedTensor;
import java.util.List;

/**
 * A picture behind the encoder: everything that the connector and later stations may ask about it. A conversation keeps
 * it, so that a later question can look again without encoding again. Never changed; owns its features.
 *
 * @param features the selected features, class token first: {@code [1 + tokens, feature width]}
 * @param grid patches before any technique acted
 * @param tokens which visual tokens the encoder left
 * @param carried the declared signals, as measured
 * @param decided the decisions inside the encoder
 * @param encoderTokens patch tokens that each encoder layer worked on
 */
public record EncodedImage(
        OwnedTensor features,
        Ledger.Grid grid,
        VisualTokens tokens,
        Carried carried,
        List<Decided> decided,
        List<Integer> encoderTokens)
        implements AutoCloseable {

    @Override
    public void close() {
        features.close();
    }
}

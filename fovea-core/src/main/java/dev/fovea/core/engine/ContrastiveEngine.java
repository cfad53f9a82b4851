package dev.fovea.core.engine;

import dev.fovea.core.model.connector.Grouping;
import dev.fovea.core.model.contrastive.ContrastiveModel;
import dev.fovea.core.model.vision.VisionTransformer;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * Takes pictures through the image tower of a dual encoder, stopping at the encoder stations of their plans. Holds
 * nothing but the model, so any number of threads may use it at once.
 */
public final class ContrastiveEngine {
    private final ContrastiveModel model;
    private final VisionTransformer vision;

    /** @throws IllegalStateException if the checkpoint has no image tower */
    public ContrastiveEngine(ContrastiveModel model) {
        this.model = model;
        VisionTransformer tower = model.vision();
        if (tower == null) {
            throw new IllegalStateException("This checkpoint holds no image tower");
        }
        this.vision = tower;
    }

    /**
     * A picture as the image tower saw it.
     *
     * @param embedding in the shared space, not normalised: {@code [projection]}
     * @param trajectory states of the class token behind every block: {@code [layers, width]}, or of the mean patch behind
     *     the last where there is none: {@code [1, width]}
     * @param ledger what happened to its patches
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on at once; never compared
    public record Seen(float[] embedding, Matrix trajectory, Ledger ledger) {}

    /** Looks at a picture. */
    public Seen see(ImageInput input) {
        int layers = vision.blocks().size();
        int width = vision.options().width();
        boolean cls = vision.options().classToken();
        int[] all = cls ? IntStream.rangeClosed(1, layers).toArray() : new int[] {layers};
        try (Scope ignored = Scope.inference();
                EncodedImage encoded = new EncoderPass(
                                vision, Grouping.none(), all, Pace.of(PathEngine.ROWS_AT_ONCE), null)
                        .encode(List.of(input))
                        .getFirst()) {
            // The features of all blocks stand side by side; the class token's row is its way through them.
            Tensor features = encoded.features().get();
            Tensor way = cls ? features.narrow(0, 0, 1) : AttentionScores.mean(features, 0);
            Tensor last = features.narrow(1, features.size(1) - width, width);
            Tensor embedding = model.project(last, (int) last.size(0));
            LedgerBuilder ledger = new LedgerBuilder(List.of(encoded.grid()), false);
            encoded.decided().forEach(d -> ledger.add(d, 0));
            return new Seen(
                    Tensors.floats(embedding),
                    new Matrix(all.length, width, Tensors.floats(way)),
                    ledger.build(encoded.tokens(), encoded.encoderTokens(), List.of(), List.of())
                            .framedFrom(List.of(encoded.unframed())));
        }
    }
}

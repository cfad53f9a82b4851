package dev.fovea.core.engine;

import dev.fovea.core.model.connector.Grouping;
import dev.fovea.core.model.contrastive.ContrastiveModel;
import dev.fovea.core.model.vision.VisionTransformer;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
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
     * @param trajectory states of the class token behind every block: {@code [layers, width]}
     * @param ledger what happened to its patches
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on at once; never compared
    public record Seen(float[] embedding, Matrix trajectory, Ledger ledger) {}

    /** Looks at a picture. */
    public Seen see(ImageInput input) {
        int layers = vision.blocks().size();
        int width = vision.options().width();
        int[] all = IntStream.rangeClosed(1, layers).toArray();
        try (Scope ignored = Scope.inference();
                EncodedImage encoded = new EncoderPass(vision, Grouping.none(), all, null)
                        .encode(List.of(input))
                        .getFirst()) {
            // The features of all blocks stand side by side; the class token's row is its way through them.
            Tensor cls = encoded.features().get().narrow(0, 0, 1);
            Tensor embedding = model.projectImages(cls.narrow(1, (long) (layers - 1) * width, width));
            LedgerBuilder ledger = new LedgerBuilder(List.of(encoded.grid()), false);
            encoded.decided().forEach(d -> ledger.add(d, 0));
            return new Seen(
                    Tensors.floats(embedding),
                    new Matrix(layers, width, Arrays.copyOf(Tensors.floats(cls), layers * width)),
                    ledger.build(encoded.tokens(), encoded.encoderTokens(), List.of())
                            .framedFrom(List.of(encoded.unframed())));
        }
    }
}

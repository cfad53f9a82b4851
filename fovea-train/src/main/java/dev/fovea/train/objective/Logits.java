package dev.fovea.train.objective;

import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** What objectives ask of scores of classes, {@code [rows, classes]}. */
final class Logits {
    private Logits() {}

    /**
     * Cross-entropy of each row: {@code [rows]}.
     *
     * @param classes the right one of each row
     */
    static Tensor crossEntropy(Tensor logits, int[] classes) {
        return torch.cross_entropy_loss(
                logits, Tensors.indices(classes), new TensorOptional(), 0 /* no reduction */, -100, 0);
    }

    /** The likeliest class of each row. */
    static int[] likeliest(Tensor logits) {
        try (Scope scope = Scope.inference()) {
            return Tensors.ints(logits.argmax(new LongOptional(1), false));
        }
    }
}

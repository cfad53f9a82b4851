package dev.fovea.core.layer;

import dev.fovea.core.kernel.RowActivation;
import dev.fovea.core.message.Printable;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** Activation functions, by the names that Hugging Face configurations use. */
public enum Activation {
    GELU(null),
    GELU_TANH(RowActivation.GELU_TANH),
    QUICK_GELU(RowActivation.QUICK_GELU),
    SILU(null),
    RELU(null);

    private final @Nullable RowActivation kernel;

    Activation(@Nullable RowActivation kernel) {
        this.kernel = kernel;
    }

    /**
     * The activation of a configuration's {@code hidden_act}.
     *
     * @throws IllegalArgumentException if the name is unknown
     */
    public static Activation of(String name) {
        return switch (name) {
            case "gelu" -> GELU;
            case "gelu_new", "gelu_pytorch_tanh", "gelu_fast" -> GELU_TANH;
            case "quick_gelu" -> QUICK_GELU;
            case "silu", "swish" -> SILU;
            case "relu" -> RELU;
            default ->
                throw new IllegalArgumentException(
                        "Unknown activation '" + Printable.of(name)
                                + "': Fovea knows gelu, gelu_new, gelu_pytorch_tanh, gelu_fast, quick_gelu, silu, swish and relu.");
        };
    }

    /** Of a tensor that nobody else reads: in place where no gradient needs it, which spares its largest copy. */
    Tensor forwardOwned(Tensor x) {
        if (kernel != null && kernel.takes(x)) {
            kernel.forward(x);
            return x;
        }
        if (x.requires_grad()) {
            return forward(x);
        }
        return switch (this) {
            case SILU -> torch.silu_(x);
            case RELU -> torch.relu_(x);
            default -> forward(x);
        };
    }

    public Tensor forward(Tensor x) {
        return switch (this) {
            case GELU -> torch.gelu(x);
            case GELU_TANH -> torch.gelu(x, "tanh");
            case QUICK_GELU -> x.mul(torch.sigmoid(Tensors.scale(x, 1.702)));
            case SILU -> torch.silu(x);
            case RELU -> torch.relu(x);
        };
    }
}

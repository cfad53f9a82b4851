package dev.fovea.train.nn;

import dev.fovea.core.layer.Linear;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** LLaVA's projector in trainable form: two linear layers around a GELU. */
public final class Connector {
    private final Linear first;
    private final Linear second;
    private final Precision precision;

    /** Declares the parameters under {@code prefix}, with the names of Hugging Face's LLaVA. */
    public static void declare(Parameters p, String prefix, int from, int to) {
        ClipLayer.linear(p, prefix + "linear_1", to, from, 1 / Math.sqrt(from));
        ClipLayer.linear(p, prefix + "linear_2", to, to, 1 / Math.sqrt(to));
    }

    /** The net over parameters that {@link #declare} declared. */
    public Connector(Parameters p, String prefix, Precision precision) {
        first = ClipLayer.linear(p, prefix + "linear_1");
        second = ClipLayer.linear(p, prefix + "linear_2");
        this.precision = precision;
    }

    /** {@code [..., vision width] -> [..., decoder width]}, f32. */
    public Tensor forward(Tensor features) {
        return Precision.wide(precision.forward(second, torch.gelu(precision.forward(first, features))));
    }
}

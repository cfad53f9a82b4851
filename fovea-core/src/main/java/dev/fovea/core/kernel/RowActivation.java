package dev.fovea.core.kernel;

import dev.fovea.core.kernel.BFloat16Activation.Loop;
import dev.fovea.core.tensor.DType;
import java.lang.ref.Reference;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Activations of bf16 that take libtorch long: the hyperbolic tangent of one is exact to f32 where eight bits are kept, which
 * costs a third of the product before it, and the other is three passes. Here each element is read and written once, in
 * place. Others are quick in libtorch.
 */
public enum RowActivation {
    GELU_TANH {
        @Override
        Loop loop() {
            return BFloat16Activation::geluTanh;
        }

        @Override
        Exercise exercise() {
            return BFloat16Activation.GELU_TANH;
        }
    },
    QUICK_GELU {
        @Override
        Loop loop() {
            return BFloat16Activation::quickGelu;
        }

        @Override
        Exercise exercise() {
            return BFloat16Activation.QUICK_GELU;
        }
    };

    /** Elements that are worth a thread's while. */
    private static final int BLOCK = 1 << 16;

    /** Only asked where the JVM has vectors, as is {@link #exercise}. */
    abstract Loop loop();

    abstract Exercise exercise();

    /** Whether {@link #forward} should compute this activation rather than libtorch. */
    public boolean takes(Tensor x) {
        return x.is_cpu()
                && DType.of(x.scalar_type()) == DType.BF16
                && x.is_contiguous()
                && !Gradients.recorded(x)
                && Kernels.vectors()
                && Kernels.ready(exercise());
    }

    /** In place, in f32, rounded once. */
    public void forward(Tensor x) {
        Loop loop = loop();
        long count = x.numel();
        long at = x.data_ptr().address();
        Workers.run(torch.get_num_threads(), Math.toIntExact(Math.ceilDiv(count, BLOCK)), b -> {
            long from = (long) b * BLOCK;
            loop.run(at + 2 * from, (int) Math.min(BLOCK, count - from));
        });
        Reference.reachabilityFence(x);
    }
}

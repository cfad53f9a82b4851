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
    },
    QUICK_GELU {
        @Override
        Loop loop() {
            return BFloat16Activation::quickGelu;
        }
    };

    /** Elements that are worth a thread's while. */
    private static final int BLOCK = 1 << 16;

    /** Made when vectors are known to be there. */
    abstract Loop loop();

    private static final class Loops {
        static final Loop[] ALL = loops();
        static final Exercise[] EXERCISES = exercises();

        private static Loop[] loops() {
            RowActivation[] kinds = values();
            Loop[] all = new Loop[kinds.length];
            for (RowActivation kind : kinds) {
                all[kind.ordinal()] = kind.loop();
            }
            return all;
        }

        private static Exercise[] exercises() {
            Exercise[] all = new Exercise[ALL.length];
            for (int i = 0; i < all.length; i++) {
                all[i] = ALL[i].exercise();
            }
            return all;
        }
    }

    /** Whether {@link #forward} should compute this activation rather than libtorch. */
    public boolean takes(Tensor x) {
        return x.is_cpu()
                && DType.of(x.scalar_type()) == DType.BF16
                && x.is_contiguous()
                && !Gradients.recorded(x)
                && Kernels.vectors()
                && Kernels.ready(Loops.EXERCISES[ordinal()]);
    }

    /** In place, in f32, rounded once. */
    public void forward(Tensor x) {
        Loop loop = Loops.ALL[ordinal()];
        long count = x.numel();
        long at = x.data_ptr().address();
        Workers.run(torch.get_num_threads(), Math.toIntExact(Math.ceilDiv(count, BLOCK)), b -> {
            long from = (long) b * BLOCK;
            loop.run(at + 2 * from, (int) Math.min(BLOCK, count - from));
        });
        Reference.reachabilityFence(x);
    }
}

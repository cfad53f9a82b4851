package dev.fovea.core.kernel;

import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;

/** Kernels compute values only: where gradients are recorded, libtorch must do. */
final class Gradients {
    private Gradients() {}

    /** Whether an operation on these tensors would be recorded. */
    static boolean recorded(Tensor... tensors) {
        if (!GradMode.is_enabled()) {
            return false;
        }
        for (Tensor tensor : tensors) {
            if (tensor.requires_grad()) {
                return true;
            }
        }
        return false;
    }
}

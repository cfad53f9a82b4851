package dev.fovea.core.path;

import org.bytedeco.pytorch.Tensor;

/** The declared signals of one step for one sample, with the little that every step may know without declaring it. */
public interface Signals {

    /**
     * The value of a declared signal.
     *
     * @throws IllegalArgumentException if the step did not declare it
     */
    <T> T get(Signal<T> signal);

    /**
     * The value of a declared signal as an f32 tensor, of the shape that its documentation names: without a copy where
     * the engine has it in native memory, and in the graph while training. It belongs to the engine, which frees it
     * behind the station. For techniques with weights of their own; arithmetic on arrays is what others want.
     *
     * @throws IllegalArgumentException if the step did not declare it
     */
    default Tensor tensor(Signal<?> signal) {
        return TensorRows.of(get(signal));
    }

    /** Whether this pass is one of training: a step may then decide softly, so that gradients reach its choice. */
    default boolean training() {
        return false;
    }

    /** Where the tokens are now. */
    Layout layout();
}

package dev.fovea.core.engine;

/**
 * Lets others have their turn while something long is read: a pass calls it between two layers, and between two blocks of
 * rows in one layer, on the thread that reads. What it does there, such as a pass over other sequences of the same model,
 * changes nothing of what is being read, for that is only waiting.
 */
@FunctionalInterface
public interface Breaks {

    /**
     * Some rows have passed a layer.
     *
     * @param rows how many: tokens of prompts, or patches of pictures
     * @param layers that these rows pass in all, in this pass
     * @throws RuntimeException to end the reading; what was read is let go of
     */
    void after(int rows, int layers);

    /** Nobody waits. */
    static Breaks none() {
        return (rows, layers) -> {};
    }
}

package dev.fovea.core.weights;

import java.util.List;

/** Files of Python's pickle, as PyTorch writes weights. They can run programs when they are opened: here none ever is. */
public final class Pickles {
    /** How their names end. */
    public static final List<String> ENDINGS = List.of(".bin", ".pt", ".pth", ".pkl", ".ckpt");

    private Pickles() {}

    /** Whether a file is called like one. */
    public static boolean isNamed(String file) {
        return ENDINGS.stream().anyMatch(file::endsWith);
    }
}

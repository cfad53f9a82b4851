package dev.fovea.core.technique;

import dev.fovea.core.path.Matrix;

/** The adaptation of techniques that treat every picture alike. */
enum NoAdaptation implements Adaptation {
    INSTANCE;

    private static final Matrix NOTHING = new Matrix(0, 0, new float[0]);

    @Override
    public Matrix remembered(String name) {
        return NOTHING;
    }

    @Override
    public Adapted after(float[] logits, Matrix trajectory) {
        return new Adapted(logits, this);
    }
}

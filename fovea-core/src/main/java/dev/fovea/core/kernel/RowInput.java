package dev.fovea.core.kernel;

import dev.fovea.core.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A few rows in native memory in the form in which maps read them, one input after another. */
public final class RowInput {
    private static final int ALIGNMENT = 64;

    /** Added to a number of at most 22 bits and taken off again, it leaves that rounded, ties to even. */
    private static final float ROUND = 0x1.8p23f;

    private final MemorySegment memory;
    private final float[] steps;
    private int rows;

    /** The forms. */
    public enum Form {
        F32,
        BF16,
        /** Codes of eight bits with a step for each row ({@link QuantizedRows}), as f32. */
        CODES,
        /** {@link WordPlanes}. */
        PLANES
    }

    /** Room for so many rows of so many elements, for as long as the arena is open. */
    RowInput(Arena arena, int rows, int inputs) {
        int each = Kernels.widens() ? Math.max(inputs, WordPlanes.size(inputs)) : inputs;
        this.memory = arena.allocate((long) Float.BYTES * rows * each, ALIGNMENT);
        this.steps = new float[rows];
    }

    /** Takes {@code [rows, inputs]}, which have been rounded to the type that the model works in. */
    void set(Form form, float[] x, int count, int inputs) {
        rows = count;
        switch (form) {
            case F32 -> FloatCopies.store(x, count * inputs, DType.F32, address());
            case BF16 -> FloatCopies.store(x, count * inputs, DType.BF16, address());
            case CODES -> quantize(x, inputs);
            case PLANES -> {
                for (int r = 0; r < rows; r++) {
                    float[] planes = WordPlanes.of(x, r * inputs, inputs);
                    put(planes, (long) r * planes.length);
                }
            }
        }
    }

    private void quantize(float[] x, int inputs) {
        float[] codes = new float[inputs];
        for (int r = 0; r < rows; r++) {
            float most = 0;
            for (int i = 0; i < inputs; i++) {
                most = Math.max(most, Math.abs(x[r * inputs + i]));
            }
            steps[r] = QuantizedRows.step(most);
            float perStep = QuantizedRows.perStep(most);
            for (int i = 0; i < inputs; i++) {
                codes[i] = x[r * inputs + i] * perStep + ROUND - ROUND;
            }
            put(codes, (long) r * inputs);
        }
    }

    private void put(float[] values, long at) {
        FloatCopies.store(values, values.length, DType.F32, address() + Float.BYTES * at);
    }

    long address() {
        return memory.address();
    }

    int rows() {
        return rows;
    }

    /** What a code of a row stands for. */
    float step(int row) {
        return steps[row];
    }
}

package dev.fovea.core.engine;

import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Signal;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Signals of one image (or notes of one prompt) as they were measured, with the tokens that were there then, so that
 * later stations get the values of those that are left, in their current order.
 */
public final class Carried {
    private final Map<Signal<?>, Measured> measured = new LinkedHashMap<>();

    /** @param slots token identity to index in the value */
    private record Measured(Object value, Map<Integer, Integer> slots) {}

    Carried() {}

    /** A copy that can be added to without changing the original. */
    Carried(Carried other) {
        measured.putAll(other.measured);
    }

    /** Remembers a value of one entry per visual token. */
    void put(Signal<?> signal, float[] perToken, int[] ids) {
        measured.put(signal, new Measured(perToken, slots(ids)));
    }

    /** Remembers a matrix whose first row is the class token's. */
    void put(Signal<?> signal, Matrix clsFirst, int[] ids) {
        measured.put(signal, new Measured(clsFirst, slots(ids)));
    }

    boolean has(Signal<?> signal) {
        return measured.containsKey(signal);
    }

    boolean isMatrix(Signal<?> signal) {
        return find(signal).value instanceof Matrix;
    }

    /** The value of one token; 0 for a token that was not there when it was measured. */
    float at(Signal<?> signal, int id) {
        Measured m = find(signal);
        Integer slot = m.slots.get(id);
        return slot == null ? 0 : ((float[]) m.value)[slot];
    }

    /** Values of these tokens. */
    float[] vector(Signal<?> signal, int[] ids) {
        float[] out = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            out[i] = at(signal, ids[i]);
        }
        return out;
    }

    /** The class token's row and those of these tokens; zeros for a token that was not there. */
    Matrix rows(Signal<?> signal, int[] ids) {
        Measured m = find(signal);
        Matrix all = (Matrix) m.value;
        int cols = all.cols();
        float[] out = new float[(1 + ids.length) * cols];
        System.arraycopy(all.data(), 0, out, 0, cols);
        for (int i = 0; i < ids.length; i++) {
            Integer slot = m.slots.get(ids[i]);
            if (slot != null) {
                System.arraycopy(all.data(), (1 + slot) * cols, out, (1 + i) * cols, cols);
            }
        }
        return new Matrix(1 + ids.length, cols, out);
    }

    /** Rows and columns of a map over the class token and these tokens. */
    Matrix map(Signal<?> signal, int[] ids) {
        Matrix rows = rows(signal, ids);
        Measured m = find(signal);
        int n = 1 + ids.length;
        float[] out = new float[n * n];
        for (int r = 0; r < n; r++) {
            out[r * n] = rows.get(r, 0);
            for (int c = 1; c < n; c++) {
                Integer slot = m.slots.get(ids[c - 1]);
                out[r * n + c] = slot == null ? 0 : rows.get(r, 1 + slot);
            }
        }
        return new Matrix(n, n, out);
    }

    private Measured find(Signal<?> signal) {
        @Nullable Measured m = measured.get(signal);
        if (m == null) {
            throw new IllegalArgumentException(signal + " has not been measured before this station.");
        }
        return m;
    }

    private static Map<Integer, Integer> slots(int[] ids) {
        Map<Integer, Integer> slots = HashMap.newHashMap(ids.length);
        for (int i = 0; i < ids.length; i++) {
            slots.put(ids[i], i);
        }
        return slots;
    }
}

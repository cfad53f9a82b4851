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
    private final boolean cls;

    /** @param slots token identity to index in the value */
    private record Measured(Object value, Map<Integer, Integer> slots) {
        /** Rows before those of the visual tokens. */
        int lead() {
            return ((Matrix) value).rows() - slots.size();
        }
    }

    /** @param cls whether the encoder has a class token */
    Carried(boolean cls) {
        this.cls = cls;
    }

    /** A copy that can be added to without changing the original. */
    Carried(Carried other) {
        cls = other.cls;
        measured.putAll(other.measured);
    }

    /** The same of an untouched image whose patches have become other tokens. */
    Carried blended(Blending blending) {
        Carried out = new Carried(cls);
        int[] ids = VisualTokens.ofCells(blending.tokens()).ids();
        measured.forEach((signal, m) -> {
            if (m.value instanceof float[] perPatch) {
                out.put(signal, blending.vector(perPatch), ids);
            } else {
                Matrix rows = (Matrix) m.value;
                boolean map = signal instanceof Signal.EncoderAttentionMap;
                out.put(signal, map ? blending.map(rows, m.lead()) : blending.rows(rows, m.lead()), ids);
            }
        });
        return out;
    }

    /** Remembers a value of one entry per visual token. */
    void put(Signal<?> signal, float[] perToken, int[] ids) {
        measured.put(signal, new Measured(perToken, slots(ids)));
    }

    /** Remembers a matrix of one row per visual token, behind that of the class token where it has one. */
    void put(Signal<?> signal, Matrix rows, int[] ids) {
        measured.put(signal, new Measured(rows, slots(ids)));
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

    /** The rows of these tokens, behind the class token's if it has one; zeros for a token that was not there. */
    Matrix rows(Signal<?> signal, int[] ids) {
        Measured m = find(signal);
        Matrix all = (Matrix) m.value;
        int cols = all.cols();
        int lead = m.lead();
        float[] out = new float[(lead + ids.length) * cols];
        System.arraycopy(all.data(), 0, out, 0, lead * cols);
        for (int i = 0; i < ids.length; i++) {
            Integer slot = m.slots.get(ids[i]);
            if (slot != null) {
                System.arraycopy(all.data(), (lead + slot) * cols, out, (lead + i) * cols, cols);
            }
        }
        return new Matrix(lead + ids.length, cols, out);
    }

    /** Rows and columns of a map over these tokens, behind the class token where there is one. */
    Matrix map(Signal<?> signal, int[] ids) {
        Matrix rows = rows(signal, ids);
        Measured m = find(signal);
        int lead = m.lead();
        int n = lead + ids.length;
        float[] out = new float[n * n];
        for (int r = 0; r < n; r++) {
            for (int c = 0; c < n; c++) {
                Integer slot = c < lead ? Integer.valueOf(c - lead) : m.slots.get(ids[c - lead]);
                out[r * n + c] = slot == null ? 0 : rows.get(r, lead + slot);
            }
        }
        return new Matrix(n, n, out);
    }

    /** How many cells each of these tokens stands for, behind the class token's 1 where there is one. */
    float[] sizes(VisualTokens tokens) {
        if (!cls) {
            return tokens.sizes().clone();
        }
        float[] sizes = new float[1 + tokens.count()];
        sizes[0] = 1;
        System.arraycopy(tokens.sizes(), 0, sizes, 1, tokens.count());
        return sizes;
    }

    /** A signal for the tokens that are left of one image. */
    Object of(Signal<?> signal, VisualTokens tokens) {
        return switch (signal) {
            case Signal.TokenSizes ignored -> sizes(tokens);
            case Signal.EncoderAttentionMap s -> map(s, tokens.ids());
            default -> isMatrix(signal) ? rows(signal, tokens.ids()) : vector(signal, tokens.ids());
        };
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

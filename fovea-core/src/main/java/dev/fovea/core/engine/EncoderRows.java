package dev.fovea.core.engine;

import dev.fovea.core.path.Matrix;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * How the rows of one image stand in the encoder: the class token, registers and padding, then the patches of each visual
 * token beside each other. What a step sees and decides is about tokens; this is the way between tokens and rows.
 *
 * @param cls whether there is a class token
 * @param registers tokens behind it that no step sees, and patches of padding
 * @param patches rows of each visual token
 */
record EncoderRows(boolean cls, int registers, int patches) {

    /** Rows before the visual tokens. */
    int prefix() {
        return lead() + registers;
    }

    /** Rows that a step sees before those of the visual tokens. */
    int lead() {
        return cls ? 1 : 0;
    }

    /** Rows of an image with so many visual tokens. */
    int of(int tokens) {
        return prefix() + tokens * patches;
    }

    /** {@code [rows, width] -> [class token + patches, width]}. */
    Tensor withoutRegisters(Tensor x) {
        if (registers == 0) {
            return x;
        }
        Tensor own = x.narrow(0, prefix(), x.size(0) - prefix());
        return cls ? Tensors.cat(0, x.narrow(0, 0, 1), own) : own;
    }

    /** One row per token, the mean of its patches, the class token first: {@code [class token + tokens, width]}. */
    Matrix means(Tensor states) {
        return matrix(perToken(withoutRegisters(states)));
    }

    /** One row per token, in native memory, of states without registers. */
    Tensor perToken(Tensor x) {
        if (patches == 1) {
            return x;
        }
        Tensor own = x.narrow(0, lead(), x.size(0) - lead());
        Tensor means = own.view(-1, patches, x.size(1)).mean(new long[] {1}, false, new ScalarTypeOptional());
        return cls ? Tensors.cat(0, x.narrow(0, 0, 1), means) : means;
    }

    /** What the tokens receive: {@code [..., rows] -> [..., tokens]}, the sum over the patches of each. */
    Tensor received(Tensor perRow) {
        Tensor own = perRow.narrow(-1, prefix(), perRow.size(-1) - prefix());
        return patches == 1
                ? own
                : own.unflatten(-1, -1, patches).sum(new long[] {-1}, false, new ScalarTypeOptional());
    }

    /**
     * A map between rows as one between tokens, the class token first: queries averaged over the patches of a token,
     * keys summed.
     */
    Matrix map(Tensor rows) {
        Tensor queries = perToken(withoutRegisters(rows));
        Tensor keys = received(queries);
        return matrix(cls ? Tensors.cat(1, queries.narrow(1, 0, 1), keys) : keys);
    }

    /** Tokens that a step made as rows: every patch of such a token is it. */
    Tensor rows(Tensor tokens) {
        return patches == 1
                ? tokens
                : tokens.unsqueeze(1)
                        .expand(tokens.size(0), patches, tokens.size(1))
                        .reshape(-1, tokens.size(1));
    }

    /** A two-dimensional tensor on the heap. */
    static Matrix matrix(Tensor t) {
        return new Matrix((int) t.size(0), (int) t.size(1), Tensors.floats(t));
    }
}

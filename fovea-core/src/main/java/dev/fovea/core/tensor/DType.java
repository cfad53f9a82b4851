package dev.fovea.core.tensor;

import org.bytedeco.pytorch.global.torch.ScalarType;

/** The element types of tensors in memory and in checkpoints. */
public enum DType {
    F64(ScalarType.Double, 8),
    F32(ScalarType.Float, 4),
    F16(ScalarType.Half, 2),
    BF16(ScalarType.BFloat16, 2),
    I64(ScalarType.Long, 8),
    I32(ScalarType.Int, 4),
    I16(ScalarType.Short, 2),
    I8(ScalarType.Char, 1),
    U8(ScalarType.Byte, 1),
    BOOL(ScalarType.Bool, 1);

    private final ScalarType scalarType;
    private final int bytes;

    DType(ScalarType scalarType, int bytes) {
        this.scalarType = scalarType;
        this.bytes = bytes;
    }

    /** libtorch's name for this type. */
    public ScalarType scalarType() {
        return scalarType;
    }

    /** Bytes per element. */
    public int bytes() {
        return bytes;
    }

    /** The type of a libtorch scalar type. */
    public static DType of(ScalarType type) {
        ScalarType wanted = type.intern();
        for (DType d : values()) {
            if (d.scalarType == wanted) {
                return d;
            }
        }
        throw new IllegalArgumentException("Fovea does not use the element type " + type);
    }
}

package dev.fovea.core.model.gguf;

import dev.fovea.core.message.Printable;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.TensorInfo;
import dev.fovea.core.weights.TensorSource;
import dev.fovea.core.weights.gguf.GgufFile;
import dev.fovea.core.weights.gguf.GgufTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * A tensor of a GGUF file as a checkpoint hands it out: numbers in the type they lie in, blocks of few bits as f32, and
 * without what llama.cpp's converter did to them.
 *
 * @param dtype what it is handed out in
 * @param shape of what is handed out
 * @param undo from what lies in the file to what lay in the checkpoint
 */
record GgufSource(GgufFile file, GgufTensor of, DType dtype, List<Long> shape, UnaryOperator<Tensor> undo)
        implements TensorSource {

    GgufSource {
        shape = List.copyOf(shape);
    }

    /** As it lies there. */
    static GgufSource of(GgufFile file, GgufTensor tensor) {
        return new GgufSource(file, tensor, dtype(tensor), tensor.shape(), UnaryOperator.identity());
    }

    /** Blocks are decoded into f32, which holds every product of scale and code; the model narrows it if it likes. */
    private static DType dtype(GgufTensor tensor) {
        DType plain = tensor.type().plain();
        return plain == null ? DType.F32 : plain;
    }

    /**
     * Rows whose heads have their channels in pairs that are rotated together: they become two halves again.
     *
     * @throws CheckpointException if the heads do not share the rows
     */
    static GgufSource ofPairs(GgufFile file, GgufTensor tensor, int heads) {
        long rows = tensor.shape().isEmpty() ? 0 : tensor.shape().getFirst();
        if (heads < 1 || rows % (2L * heads) != 0 || rows == 0) {
            throw new CheckpointException(file.path() + ": tensor '" + Printable.of(tensor.name()) + "' has " + rows
                    + " rows, which " + heads + " heads do not share; the file is corrupt");
        }
        return new GgufSource(
                file,
                tensor,
                dtype(tensor),
                tensor.shape(),
                stored -> stored.view(heads, rows / heads / 2, 2, -1)
                        .transpose(1, 2)
                        .reshape(tensor.sizes()));
    }

    /** Factors of a norm that a checkpoint holds as what they are above one. */
    static GgufSource aboveOne(GgufFile file, GgufTensor tensor) {
        return new GgufSource(
                file, tensor, DType.F32, tensor.shape(), stored -> Tensors.add(Tensors.to(stored, DType.F32), -1));
    }

    /**
     * The kernel of patches that reach over two frames, whose frames lie each by itself: {@code [width, channels, rows,
     * columns]} twice become {@code [width, channels, 2, rows, columns]}.
     *
     * @throws CheckpointException if the second is none
     */
    static GgufSource ofFrames(GgufFile file, GgufTensor first, GgufTensor second) {
        List<Long> shape = new ArrayList<>(first.shape());
        if (shape.size() != 4 || !shape.equals(second.shape())) {
            throw new CheckpointException(file.path() + ": tensors '" + Printable.of(first.name()) + "' and '"
                    + Printable.of(second.name()) + "' have the shapes " + Printable.of(shape) + " and "
                    + Printable.of(second.shape())
                    + ", which are not two frames of one kernel; the file is corrupt");
        }
        shape.add(2, 2L);
        DType dtype = dtype(first);
        return new GgufSource(
                file,
                first,
                dtype,
                shape,
                stored -> Tensors.cat(
                        2,
                        stored.unsqueeze(2),
                        file.tensor(second.name(), dtype).unsqueeze(2)));
    }

    @Override
    public TensorInfo info() {
        long weights = shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
        return new TensorInfo(of.name(), dtype, shape, 0, weights * dtype.bytes());
    }

    @Override
    public Tensor tensor() {
        return undo.apply(file.tensor(of.name(), dtype));
    }
}

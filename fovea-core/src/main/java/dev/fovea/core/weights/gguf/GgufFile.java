package dev.fovea.core.weights.gguf;

import dev.fovea.core.message.Printable;
import dev.fovea.core.message.Suggest;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Natives;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.MappedFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A GGUF file, as llama.cpp and its tools write them. Opening reads and checks the front of the file only; the rest is
 * mapped, and read by the operating system when a tensor is first used. Safe for use by several threads.
 */
public final class GgufFile implements AutoCloseable {
    private final MappedFile file;
    private final GgufHeader header;

    private GgufFile(MappedFile file, GgufHeader header) {
        this.file = file;
        this.header = header;
    }

    /**
     * Opens a file.
     *
     * @throws CheckpointException if it cannot be read or anything in its header is wrong, in one sentence
     */
    public static GgufFile open(Path path) {
        MappedFile file = MappedFile.open(path);
        try {
            return new GgufFile(file, GgufHeader.read(path, file.bytes()));
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** The file that was opened. */
    public Path path() {
        return file.path();
    }

    /** The mapped file, for whoever hands out its tensors in another form. */
    public MappedFile mapped() {
        return file;
    }

    /** The version of the format: 2 or 3. */
    public int version() {
        return header.version();
    }

    /** The description of the model, by name (for example {@code general.architecture}), in the order of the file. */
    public Map<String, GgufValue> values() {
        return header.values();
    }

    /** What is said of every tensor, by name, in the order of the file. */
    public Map<String, GgufTensor> tensors() {
        return header.tensors();
    }

    /** A value, or null if the file does not have it. */
    public @Nullable GgufValue value(String name) {
        return header.values().get(name);
    }

    /**
     * A tensor as plain numbers of {@code dtype}: over the mapped file where they lie there in this type (<em>read-only</em>
     * memory, valid after {@link #close()}), else converted or decoded into memory of its own. The caller (or its open
     * scope) owns it.
     *
     * @param dtype a type of floating point
     * @throws CheckpointException if there is no such tensor
     */
    public Tensor tensor(String name, DType dtype) {
        GgufTensor tensor = header.tensors().get(name);
        if (tensor == null) {
            throw new CheckpointException(file.path() + " holds no tensor named '" + Printable.of(name) + "'"
                    + Suggest.nearest(name, new ArrayList<>(header.tensors().keySet())));
        }
        Natives.ensureLoaded();
        DType plain = tensor.type().plain();
        if (plain != null) {
            return Tensors.to(file.tensor(plain, tensor.sizes(), tensor.at()), dtype);
        }
        DType decoded = dtype == DType.BF16 ? DType.BF16 : DType.F32;
        Tensor out = Tensors.empty(decoded, tensor.sizes());
        new Decoding(file.bytes(), tensor, decoded, Tensors.memory(out)).run();
        return Tensors.to(out, dtype);
    }

    /**
     * Makes sure that the file has not become shorter since it was opened.
     *
     * @throws CheckpointException if it has
     */
    public void requireWhole() {
        file.requireWhole();
    }

    /** No more tensors can be taken; the file is unmapped once those already taken are gone too. */
    @Override
    public void close() {
        file.close();
    }
}

package dev.fovea.core.weights;

import dev.fovea.core.file.Reasons;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Natives;
import dev.fovea.core.tensor.Tensors;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.PointerConsumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * One file of weights mapped read-only into memory. Its pages are shared with every other process that maps the file and
 * are read from disk when first touched.
 *
 * <p>The mapping is counted: it goes when the file has been closed <em>and</em> libtorch has let go of the last tensor
 * over it, so closing early can never leave a tensor that points at nothing.
 */
public final class MappedFile implements AutoCloseable {
    private final Path path;
    private final Arena arena;
    private final MemorySegment data;

    /** Stays open to be asked for its length; unlike a channel it does not mind interrupted threads. */
    private final RandomAccessFile file;

    private final AtomicLong users = new AtomicLong(1);
    private boolean closed;

    private MappedFile(Path path, Arena arena, MemorySegment data, RandomAccessFile file) {
        this.path = path;
        this.arena = arena;
        this.data = data;
        this.file = file;
    }

    /** What is learned from a file before it is mapped. */
    @FunctionalInterface
    interface Reader<T> {
        T read(FileChannel channel) throws IOException;
    }

    /** A file and what was learned from it. */
    record Read<T>(MappedFile file, T header) {}

    /**
     * Maps a whole file.
     *
     * @throws CheckpointException if it cannot be read, in one sentence
     */
    public static MappedFile open(Path path) {
        return open(path, channel -> path).file();
    }

    /** Reads what {@code reader} wants of a file, then maps all of it; nothing stays open if the reader refuses. */
    static <T> Read<T> open(Path path, Reader<T> reader) {
        Arena arena = Arena.ofShared();
        RandomAccessFile file = null;
        try {
            file = new RandomAccessFile(path.toFile(), "r");
            FileChannel channel = file.getChannel();
            T header = reader.read(channel);
            MemorySegment data = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            return new Read<>(new MappedFile(path, arena, data, file), header);
        } catch (IOException e) {
            discard(arena, file);
            throw new CheckpointException(path + " cannot be read: " + Reasons.of(e), e);
        } catch (RuntimeException e) {
            discard(arena, file);
            throw e;
        }
    }

    private static void discard(Arena arena, @Nullable RandomAccessFile file) {
        arena.close();
        if (file != null) {
            try {
                file.close();
            } catch (IOException ignored) {
                // It was only read; what went wrong before is what matters.
            }
        }
    }

    /**
     * Makes sure that all mapped bytes are still there. The file itself is asked, not its path: one moved into its place
     * is another file.
     *
     * @throws CheckpointException if it has become shorter or can no longer be read
     */
    public void requireWhole() {
        long mapped = data.byteSize();
        try {
            long now = file.length();
            if (now < mapped) {
                throw new CheckpointException(path + " became shorter while the model was in use: it has " + now
                        + " of its " + mapped + " bytes; open the model again when the file is whole");
            }
        } catch (IOException e) {
            throw new CheckpointException(path + " cannot be read any more: " + Reasons.of(e), e);
        }
    }

    /** The file. */
    public Path path() {
        return path;
    }

    /**
     * All of its bytes, read-only. Valid until {@link #close()} and, while a tensor from here is alive, beyond.
     *
     * @throws IllegalStateException if it has been closed
     */
    public synchronized MemorySegment bytes() {
        requireOpen();
        return data;
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException(path + " has been closed");
        }
    }

    /**
     * A tensor over the mapped bytes, or a copy where they are not aligned to the element size.
     *
     * @param dtype the element type as it lies in the file
     * @param sizes the sizes, outermost first
     * @param at its first byte in the file
     * @throws IllegalStateException if the file has been closed
     */
    public synchronized Tensor tensor(DType dtype, long[] sizes, long at) {
        requireOpen();
        Natives.ensureLoaded();
        long bytes = dtype.bytes();
        for (long size : sizes) {
            bytes = Math.multiplyExact(bytes, size);
        }
        if (bytes == 0) {
            return Tensors.empty(dtype, sizes);
        }
        MemorySegment own = data.asSlice(at, bytes);
        return own.address() % dtype.bytes() == 0 ? view(dtype, sizes, own) : copy(dtype, sizes, own);
    }

    /**
     * Lets go of the pages that lie wholly within these bytes, which stay mapped: they are read again when they are
     * touched. For weights of which something smaller has been made, so that a process never holds both.
     */
    synchronized void forget(long at, long bytes) {
        requireOpen();
        Pages.forget(data.asSlice(at, bytes));
    }

    private Tensor view(DType dtype, long[] sizes, MemorySegment bytes) {
        users.incrementAndGet();
        Release.watch(bytes.address(), this);
        try (Borrowed pointer = new Borrowed(bytes);
                TensorOptions options = new TensorOptions(dtype.scalarType())) {
            return torch.from_blob(pointer, sizes, Release.INSTANCE, options);
        }
    }

    private static Tensor copy(DType dtype, long[] sizes, MemorySegment bytes) {
        Tensor tensor = Tensors.empty(dtype, sizes);
        Tensors.memory(tensor).copyFrom(bytes);
        return tensor;
    }

    private void release() {
        if (users.decrementAndGet() == 0) {
            discard(arena, file);
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            release();
        }
    }

    /** Memory that JavaCPP may pass on but never frees. */
    private static final class Borrowed extends Pointer {
        Borrowed(MemorySegment segment) {
            address = segment.address();
        }
    }

    /**
     * What libtorch calls when the last reference to a mapped tensor goes. JavaCPP allows few callback objects per
     * type, so there is one for all files, which finds the file by the address.
     */
    private static final class Release extends PointerConsumer {
        static final Release INSTANCE = new Release();
        private static final Map<Long, Users> USERS = new ConcurrentHashMap<>();

        /** The same bytes may have been handed out more than once. */
        private record Users(MappedFile file, int count) {}

        private Release() {
            // It lives as long as the process, whatever scope happens to be open now.
            retainReference();
        }

        static void watch(long address, MappedFile file) {
            USERS.merge(address, new Users(file, 1), (a, b) -> new Users(file, a.count + 1));
        }

        @Override
        public void call(Pointer data) {
            USERS.computeIfPresent(data.address(), (address, users) -> {
                users.file.release();
                return users.count == 1 ? null : new Users(users.file, users.count - 1);
            });
        }
    }
}

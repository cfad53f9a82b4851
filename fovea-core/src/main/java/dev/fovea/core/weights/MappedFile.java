package dev.fovea.core.weights;

import dev.fovea.core.file.Reasons;
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
 * One safetensors file mapped read-only into memory. Its pages are shared with every other process that maps the file
 * and are read from disk when first touched.
 *
 * <p>The mapping is counted: it goes when the file has been closed <em>and</em> libtorch has let go of the last tensor
 * over it, so closing early can never leave a tensor that points at nothing.
 */
final class MappedFile implements AutoCloseable {
    private final Path path;
    private final SafeTensorsHeader header;
    private final Arena arena;
    private final MemorySegment data;

    /** Stays open to be asked for its length; unlike a channel it does not mind interrupted threads. */
    private final RandomAccessFile file;

    private final AtomicLong users = new AtomicLong(1);
    private boolean closed;

    private MappedFile(Path path, SafeTensorsHeader header, Arena arena, MemorySegment data, RandomAccessFile file) {
        this.path = path;
        this.header = header;
        this.arena = arena;
        this.data = data;
        this.file = file;
    }

    static MappedFile open(Path path) {
        Arena arena = Arena.ofShared();
        RandomAccessFile file = null;
        try {
            file = new RandomAccessFile(path.toFile(), "r");
            FileChannel channel = file.getChannel();
            SafeTensorsHeader header = SafeTensorsHeader.read(channel, path);
            long dataBytes = channel.size() - header.dataStart();
            MemorySegment data = channel.map(FileChannel.MapMode.READ_ONLY, header.dataStart(), dataBytes, arena);
            return new MappedFile(path, header, arena, data, file);
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
     */
    void requireWhole() {
        long mapped = header.dataStart() + data.byteSize();
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

    Path path() {
        return path;
    }

    SafeTensorsHeader header() {
        return header;
    }

    /** A tensor over the mapped bytes, or a copy where they are not aligned to the element size. */
    synchronized Tensor tensor(TensorInfo info) {
        if (closed) {
            throw new IllegalStateException(path + " has been closed");
        }
        Natives.ensureLoaded();
        if (info.byteSize() == 0) {
            return Tensors.empty(info.dtype(), info.sizes());
        }
        MemorySegment bytes = data.asSlice(info.begin(), info.byteSize());
        return bytes.address() % info.dtype().bytes() == 0 ? view(info, bytes) : copy(info, bytes);
    }

    private Tensor view(TensorInfo info, MemorySegment bytes) {
        users.incrementAndGet();
        Release.watch(bytes.address(), this);
        try (Borrowed pointer = new Borrowed(bytes);
                TensorOptions options = new TensorOptions(info.dtype().scalarType())) {
            return torch.from_blob(pointer, info.sizes(), Release.INSTANCE, options);
        }
    }

    @SuppressWarnings("restricted") // the tensor was just allocated with this many bytes
    private static Tensor copy(TensorInfo info, MemorySegment bytes) {
        Tensor tensor = Tensors.empty(info.dtype(), info.sizes());
        MemorySegment.ofAddress(tensor.data_ptr().address())
                .reinterpret(bytes.byteSize())
                .copyFrom(bytes);
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

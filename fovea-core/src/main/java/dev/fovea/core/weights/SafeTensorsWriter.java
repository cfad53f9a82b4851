package dev.fovea.core.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.fovea.core.file.OutputException;
import dev.fovea.core.file.OutputFile;
import dev.fovea.core.file.Reasons;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Natives;
import dev.fovea.core.tensor.Tensors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.ListIterator;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;

/**
 * Writes tensors as one safetensors file. The bytes depend on the tensors alone: they lie by falling element size, then
 * by name, as the reference implementation orders them, which also keeps each of them aligned.
 */
public final class SafeTensorsWriter {
    /** Data is handed to the file in pieces of this many bytes, so that no tensor is copied as a whole. */
    private static final long CHUNK = 64L << 20;

    private SafeTensorsWriter() {}

    /**
     * Writes {@code tensors} to {@code target}: beside it first, flushed to the disk, then moved into place, so that
     * {@code target} is at all times the old file or the whole new one.
     *
     * @param tensors by name; on any device, of any layout
     * @param metadata text pairs for {@code __metadata__}, for example {@code format} → {@code pt}
     * @throws OutputException if the file cannot be written (in one sentence; nothing is left behind)
     */
    public static void write(Path target, Map<String, Tensor> tensors, Map<String, String> metadata) {
        try {
            writeInto(target, tensors, metadata);
        } catch (IOException e) {
            throw new OutputException(target, e);
        }
    }

    /**
     * As above, for a file that is a part of something larger, which is what messages should name.
     *
     * @throws IOException if the file cannot be written; nothing is left behind
     */
    public static void writeInto(Path target, Map<String, Tensor> tensors, Map<String, String> metadata)
            throws IOException {
        Natives.ensureLoaded();
        List<Part> plan = plan(tensors);
        byte[] header = header(plan, metadata);
        OutputFile.write(target, file -> {
            try (FileChannel channel =
                    FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                writeFully(channel, ByteBuffer.wrap(header));
                for (Part part : plan) {
                    writeData(channel, part);
                }
                channel.force(true);
            }
        });
    }

    /** A tensor and the place it gets. */
    private record Part(TensorInfo info, Tensor tensor) {}

    private static List<Part> plan(Map<String, Tensor> tensors) {
        List<Part> parts = new ArrayList<>();
        tensors.forEach((name, tensor) -> {
            if (name.equals(SafeTensorsHeader.METADATA)) {
                throw new CheckpointException("A tensor cannot be named '" + name + "': safetensors keeps it for text");
            }
            if (!tensor.defined()) {
                throw new CheckpointException("Tensor '" + name + "' is undefined and cannot be written");
            }
            DType dtype = DType.of(tensor.scalar_type());
            List<Long> shape = Arrays.stream(Tensors.shape(tensor)).boxed().toList();
            parts.add(new Part(new TensorInfo(name, dtype, shape, 0, tensor.numel() * dtype.bytes()), tensor));
        });
        parts.sort(Comparator.comparingInt((Part p) -> -p.info.dtype().bytes())
                .thenComparing(p -> p.info.dtype())
                .thenComparing(p -> p.info.name()));
        long at = 0;
        for (ListIterator<Part> each = parts.listIterator(); each.hasNext(); ) {
            Part part = each.next();
            TensorInfo t = part.info;
            each.set(new Part(new TensorInfo(t.name(), t.dtype(), t.shape(), at, at + t.byteSize()), part.tensor));
            at += t.byteSize();
        }
        return parts;
    }

    /** Length and JSON, padded with spaces so that the data begins at a multiple of 8. */
    private static byte[] header(List<Part> plan, Map<String, String> metadata) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = new JsonFactory().createGenerator(bytes)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart(SafeTensorsHeader.METADATA);
                for (Map.Entry<String, String> e : new TreeMap<>(metadata).entrySet()) {
                    json.writeStringField(e.getKey(), e.getValue());
                }
                json.writeEndObject();
            }
            for (Part part : plan) {
                TensorInfo t = part.info;
                json.writeObjectFieldStart(t.name());
                json.writeStringField("dtype", t.dtype().name());
                json.writeFieldName("shape");
                json.writeArray(t.sizes(), 0, t.sizes().length);
                json.writeFieldName("data_offsets");
                json.writeArray(new long[] {t.begin(), t.end()}, 0, 2);
                json.writeEndObject();
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new CheckpointException("The header of a safetensors file cannot be made: " + Reasons.of(e), e);
        }
        while (bytes.size() % 8 != 0) {
            bytes.write(' ');
        }
        return ByteBuffer.allocate(8 + bytes.size())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(bytes.size())
                .put(bytes.toByteArray())
                .array();
    }

    @SuppressWarnings("restricted") // libtorch owns the memory; its length is known
    private static void writeData(FileChannel channel, Part part) throws IOException {
        TensorInfo info = part.info;
        if (info.byteSize() == 0) {
            return;
        }
        try (Tensor detached = part.tensor.detach();
                Tensor local = detached.cpu();
                Tensor dense = local.contiguous()) {
            MemorySegment data =
                    MemorySegment.ofAddress(dense.data_ptr().address()).reinterpret(info.byteSize());
            for (long at = 0; at < info.byteSize(); at += CHUNK) {
                long count = Math.min(CHUNK, info.byteSize() - at);
                writeFully(channel, data.asSlice(at, count).asByteBuffer());
            }
        }
    }

    private static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }
}

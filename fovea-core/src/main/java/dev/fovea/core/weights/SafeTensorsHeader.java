package dev.fovea.core.weights;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.fovea.core.message.Printable;
import dev.fovea.core.tensor.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The header of one safetensors file, read and checked: 8 bytes of length (little endian), that many bytes of JSON,
 * then the data, which the tensors must cover from its first byte to its last without gaps or overlaps.
 *
 * @param tensors by name, in the order of the header
 * @param metadata the free text pairs under {@code __metadata__}
 * @param dataStart where the data begins in the file, in bytes
 */
record SafeTensorsHeader(Map<String, TensorInfo> tensors, Map<String, String> metadata, long dataStart) {
    /** The format's own limit: a header of more than 100 MB is refused before it is read. */
    static final long MAX_HEADER_BYTES = 100_000_000;

    /** What libtorch's kernels take. */
    private static final int MAX_RANK = 64;

    static final String METADATA = "__metadata__";

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(8)
                    .maxDocumentLength(MAX_HEADER_BYTES)
                    .build())
            .build();

    /** Reads the header of {@code channel}; {@code file} is named in errors. */
    static SafeTensorsHeader read(FileChannel channel, Path file) throws IOException {
        long fileSize = channel.size();
        if (fileSize == 0) {
            throw new CheckpointException(file + " is empty; download or save it again");
        }
        if (fileSize < 8) {
            throw new CheckpointException(
                    file + " has only " + fileSize + " bytes, too few for a safetensors file; download it again");
        }
        long length =
                readFully(channel, 0, 8, file).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (length < 0 || length > MAX_HEADER_BYTES) {
            throw new CheckpointException(file + " claims a header of " + Long.toUnsignedString(length)
                    + " bytes, more than the " + MAX_HEADER_BYTES
                    + " that safetensors allows; it is corrupt or not a safetensors file");
        }
        if (length > fileSize - 8) {
            throw new CheckpointException(file + " is truncated: its header should take " + length + " bytes but only "
                    + (fileSize - 8) + " follow; download it again");
        }
        Parsed parsed = parse(readFully(channel, 8, (int) length, file), file);
        long dataStart = 8 + length;
        checkCoverage(parsed.tensors.values(), fileSize - dataStart, file);
        return new SafeTensorsHeader(parsed.tensors, parsed.metadata, dataStart);
    }

    private static ByteBuffer readFully(FileChannel channel, long at, int count, Path file) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(count);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, at + buffer.position()) < 0) {
                throw new CheckpointException(file + " became shorter while it was read");
            }
        }
        return buffer.flip();
    }

    private record Parsed(Map<String, TensorInfo> tensors, Map<String, String> metadata) {}

    private static Parsed parse(ByteBuffer bytes, Path file) throws IOException {
        if (!bytes.hasRemaining() || bytes.get(0) != '{') {
            throw new CheckpointException(
                    file + " has a header that does not start with '{'; it is not a safetensors file");
        }
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(bytes)
                    .toString();
        } catch (CharacterCodingException e) {
            throw new CheckpointException(file + " has a header that is not UTF-8 text; the file is corrupt", e);
        }
        try (JsonParser json = JSON.createParser(text)) {
            return new HeaderReader(json, file).read();
        } catch (JacksonException e) {
            throw new CheckpointException(
                    file + " has a header that is not valid JSON (" + firstLine(e.getOriginalMessage())
                            + "); the file is corrupt",
                    e);
        }
    }

    private static String firstLine(@Nullable String message) {
        return message == null ? "no detail" : message.lines().findFirst().orElse("no detail");
    }

    /** Tensors sorted by their place must follow each other exactly and end where the file ends. */
    private static void checkCoverage(Iterable<TensorInfo> tensors, long dataBytes, Path file) {
        List<TensorInfo> sorted = new ArrayList<>();
        tensors.forEach(sorted::add);
        sorted.sort(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end));
        long reached = 0;
        @Nullable TensorInfo previous = null;
        for (TensorInfo t : sorted) {
            if (t.end() > dataBytes) {
                throw new CheckpointException(
                        file + " is truncated: tensor '" + Printable.of(t.name()) + "' ends at data byte " + t.end()
                                + " but the file holds only " + dataBytes + "; download it again");
            }
            if (t.begin() < reached && previous != null) {
                throw new CheckpointException(file + ": tensors '" + Printable.of(previous.name()) + "' and '"
                        + Printable.of(t.name()) + "' overlap at data byte " + t.begin() + "; the file is corrupt");
            }
            if (t.begin() > reached) {
                throw new CheckpointException(file + ": no tensor covers data bytes " + reached + " to " + t.begin()
                        + ", before tensor '" + Printable.of(t.name()) + "'; the file is corrupt");
            }
            reached = t.end();
            previous = t;
        }
        if (reached != dataBytes) {
            throw new CheckpointException(file + " has " + (dataBytes - reached)
                    + " bytes after its last tensor that no tensor covers; the file is corrupt");
        }
    }

    /** Walks the JSON token by token, so that duplicate names are seen and no tree is built. */
    private static final class HeaderReader {
        private final JsonParser json;
        private final Path file;
        private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
        private final Map<String, String> metadata = new LinkedHashMap<>();
        private boolean metadataSeen;

        HeaderReader(JsonParser json, Path file) {
            this.json = json;
            this.file = file;
        }

        Parsed read() throws IOException {
            expect(json.nextToken(), JsonToken.START_OBJECT, "the header");
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                if (name.equals(METADATA)) {
                    readMetadata();
                } else if (tensors.put(name, readTensor(name)) != null) {
                    throw new CheckpointException(file + " names tensor '" + Printable.of(name)
                            + "' twice in its header; the file is corrupt");
                }
            }
            if (json.nextToken() != null) {
                throw new CheckpointException(file + " has text after the JSON of its header; the file is corrupt");
            }
            return new Parsed(tensors, metadata);
        }

        private void readMetadata() throws IOException {
            if (metadataSeen) {
                throw new CheckpointException(file + " has two " + METADATA + " entries; the file is corrupt");
            }
            metadataSeen = true;
            expect(json.nextToken(), JsonToken.START_OBJECT, METADATA);
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String key = json.currentName();
                expect(json.nextToken(), JsonToken.VALUE_STRING, METADATA + " entry '" + Printable.of(key) + "'");
                metadata.put(key, json.getText());
            }
        }

        private TensorInfo readTensor(String name) throws IOException {
            String what = "tensor '" + Printable.of(name) + "'";
            expect(json.nextToken(), JsonToken.START_OBJECT, what);
            @Nullable DType dtype = null;
            @Nullable List<Long> shape = null;
            @Nullable List<Long> offsets = null;
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String key = json.currentName();
                json.nextToken();
                switch (key) {
                    case "dtype" -> dtype = dtype(name);
                    case "shape" -> shape = naturals("the shape of " + what);
                    case "data_offsets" -> offsets = naturals("the data_offsets of " + what);
                    default ->
                        throw new CheckpointException(file + ": " + what + " has an entry '" + Printable.of(key)
                                + "' that safetensors does not define; the file is corrupt");
                }
            }
            if (dtype == null || shape == null || offsets == null) {
                String missing = dtype == null ? "dtype" : shape == null ? "shape" : "data_offsets";
                throw new CheckpointException(file + ": " + what + " has no " + missing + "; the file is corrupt");
            }
            return checked(name, dtype, shape, offsets);
        }

        private DType dtype(String name) throws IOException {
            expect(json.currentToken(), JsonToken.VALUE_STRING, "the dtype of tensor '" + Printable.of(name) + "'");
            String text = json.getText();
            try {
                return DType.valueOf(text);
            } catch (IllegalArgumentException e) {
                throw new CheckpointException(
                        file + ": tensor '" + Printable.of(name) + "' has the element type '" + Printable.of(text)
                                + "', which Fovea cannot read (it reads " + supported() + ")",
                        e);
            }
        }

        private static String supported() {
            return String.join(
                    ", ", Arrays.stream(DType.values()).map(DType::name).toList());
        }

        private List<Long> naturals(String what) throws IOException {
            expect(json.currentToken(), JsonToken.START_ARRAY, what);
            List<Long> values = new ArrayList<>();
            while (json.nextToken() != JsonToken.END_ARRAY) {
                if (json.currentToken() != JsonToken.VALUE_NUMBER_INT
                        || json.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                        || json.getLongValue() < 0) {
                    throw new CheckpointException(file + ": " + what + " holds '" + Printable.of(json.getText())
                            + "', which is not a whole number of 0 or more; the file is corrupt");
                }
                values.add(json.getLongValue());
            }
            return values;
        }

        private TensorInfo checked(String name, DType dtype, List<Long> shape, List<Long> offsets) {
            if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
                throw new CheckpointException(file + ": tensor '" + Printable.of(name) + "' has data_offsets "
                        + Printable.of(offsets) + " instead of a begin and an end; the file is corrupt");
            }
            TensorInfo info = new TensorInfo(name, dtype, shape, offsets.get(0), offsets.get(1));
            requireAddressable(info);
            long needed = bytes(info);
            if (needed != info.byteSize()) {
                throw new CheckpointException(file + ": tensor '" + Printable.of(name) + "' is "
                        + Printable.of(info.describe()) + ", which takes "
                        + (needed < 0 ? "more bytes than can be counted" : needed + " bytes")
                        + ", but its data_offsets span " + info.byteSize() + "; the file is corrupt");
            }
            return info;
        }

        /** An empty tensor may claim any other size: strides must still be numbers. */
        private void requireAddressable(TensorInfo info) {
            long stride = info.dtype().bytes();
            try {
                for (long size : info.shape()) {
                    stride = Math.multiplyExact(stride, Math.max(1, size));
                }
            } catch (ArithmeticException e) {
                stride = -1;
            }
            if ((info.shape().contains(0L) && stride < 0) || info.shape().size() > MAX_RANK) {
                throw new CheckpointException(file + ": tensor '" + Printable.of(info.name()) + "' is "
                        + Printable.of(info.describe())
                        + ", which is more than any tensor can be; the file is corrupt");
            }
        }

        /** Shape times element size, or -1 where that overflows. */
        private static long bytes(TensorInfo info) {
            long bytes = info.dtype().bytes();
            try {
                for (long size : info.shape()) {
                    bytes = Math.multiplyExact(bytes, size);
                }
                return bytes;
            } catch (ArithmeticException e) {
                return -1;
            }
        }

        private void expect(@Nullable JsonToken actual, JsonToken wanted, String what) {
            if (actual != wanted) {
                String kind = switch (wanted) {
                    case START_OBJECT -> "a JSON object";
                    case START_ARRAY -> "a JSON list";
                    default -> "a JSON text";
                };
                throw new CheckpointException(file + ": " + what + " is not " + kind + "; the file is corrupt");
            }
        }
    }
}

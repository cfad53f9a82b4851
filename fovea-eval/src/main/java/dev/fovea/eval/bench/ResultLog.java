package dev.fovea.eval.bench;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.file.OutputFile;
import dev.fovea.core.message.Reason;
import dev.fovea.eval.EvalException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file of one JSON object per line that only grows. Every row is handed to the operating system as it comes, so that a
 * kill loses none; what was written is forced to disk every ten seconds, so that a power cut loses little. A last line
 * that was cut off, by either or by a full disk, is removed when the file is opened again.
 */
final class ResultLog implements AutoCloseable {
    /** Rows of a version that knew fewer columns are no rows of this one. */
    private static final ObjectMapper JSON =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES);

    private static final long FORCE_NANOS = 10_000_000_000L;

    private final Path file;
    private final Sink sink;
    private final List<ResultRow> rows;
    private long length;
    private long forced = System.nanoTime();

    /** Where bytes go; a file, or in tests one that fails. */
    interface Sink extends AutoCloseable {
        /** Writes all of them. */
        void append(byte[] bytes) throws IOException;

        void truncate(long length) throws IOException;

        void force() throws IOException;

        @Override
        void close() throws IOException;
    }

    ResultLog(Path file, Sink sink, List<ResultRow> rows, long length) {
        this.file = file;
        this.sink = sink;
        this.rows = new ArrayList<>(rows);
        this.length = length;
    }

    /**
     * Opens a log and reads what it holds.
     *
     * @throws EvalException if a line other than a cut-off last one is not a result, or the file cannot be written
     */
    static ResultLog open(Path file) {
        try {
            List<ResultRow> rows = new ArrayList<>();
            long length = Files.exists(file) ? read(file, rows) : 0;
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            channel.truncate(length);
            channel.position(length);
            return new ResultLog(file, new FileSink(channel), rows, length);
        } catch (IOException e) {
            throw EvalException.output(OutputFile.sentence(file, e), e);
        }
    }

    /** Reads complete lines; returns where the last one ends. */
    private static long read(Path file, List<ResultRow> rows) throws IOException {
        long end = 0;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            long at = 0;
            for (int b = in.read(); b >= 0; b = in.read()) {
                at++;
                if (b != '\n') {
                    line.write(b);
                    continue;
                }
                rows.add(parse(file, rows.size() + 1, line.toString(StandardCharsets.UTF_8)));
                line.reset();
                end = at;
            }
        }
        return end;
    }

    private static ResultRow parse(Path file, int number, String line) {
        @Nullable ResultRow row;
        try {
            row = JSON.readValue(line, ResultRow.class);
        } catch (JacksonException e) {
            throw noResult(file, number, e);
        }
        if (row == null) {
            throw noResult(file, number, null);
        }
        return row;
    }

    private static EvalException noResult(Path file, int number, @Nullable Throwable cause) {
        return EvalException.input(
                file + " line " + number
                        + " is not a result of this version; remove that line, or choose another folder",
                cause);
    }

    /** Everything that is in the file. */
    List<ResultRow> rows() {
        return rows;
    }

    /**
     * Adds a row.
     *
     * @throws EvalException if it cannot be written; the file then ends with the row before it
     */
    void append(ResultRow row) {
        byte[] bytes;
        try {
            bytes = (JSON.writeValueAsString(row) + "\n").getBytes(StandardCharsets.UTF_8);
        } catch (JacksonException e) {
            throw new IllegalStateException("A result cannot be written as JSON", e);
        }
        try {
            sink.append(bytes);
        } catch (IOException e) {
            try {
                sink.truncate(length);
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw EvalException.output(
                    file + " cannot be written after " + rows.size() + " results: " + Reason.of(e)
                            + "; make room and run the same command again, it goes on from there",
                    e);
        }
        length += bytes.length;
        rows.add(row);
        if (System.nanoTime() - forced > FORCE_NANOS) {
            force();
        }
    }

    private void force() {
        try {
            sink.force();
            forced = System.nanoTime();
        } catch (IOException e) {
            throw EvalException.output(file + " cannot be brought to disk: " + Reason.of(e), e);
        }
    }

    @Override
    public void close() {
        try (sink) {
            sink.force();
        } catch (IOException e) {
            throw EvalException.output(file + " cannot be closed: " + Reason.of(e), e);
        }
    }

    private record FileSink(FileChannel channel) implements Sink {
        @Override
        public void append(byte[] bytes) throws IOException {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        }

        @Override
        public void truncate(long length) throws IOException {
            channel.truncate(length);
            channel.position(length);
        }

        @Override
        public void force() throws IOException {
            channel.force(false);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}

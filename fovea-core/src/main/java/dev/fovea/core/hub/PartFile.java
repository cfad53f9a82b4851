package dev.fovea.core.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * A file that is being fetched, in pieces of one size that arrive in any order. A journal beside it names the pieces
 * that are complete, so that a process that died at any moment is followed by one that goes on from there.
 */
final class PartFile implements AutoCloseable {
    private static final String JOURNAL = ".fovea-pieces";

    private final Path data;
    private final Path journal;
    private final long size;
    private final long piece;
    private final FileChannel channel;
    private final FileChannel log;
    private final BitSet complete = new BitSet();

    private PartFile(Path data, Path journal, long size, long piece, FileChannel channel, FileChannel log) {
        this.data = data;
        this.journal = journal;
        this.size = size;
        this.piece = piece;
        this.channel = channel;
        this.log = log;
    }

    /** Opens the part of a blob, with what an earlier process left. */
    static PartFile open(Path blob, long size, long piece) throws IOException {
        Path data = blob.resolveSibling(blob.getFileName() + ".fovea-part");
        Path journal = journal(blob);
        String known = Files.exists(data) && Files.exists(journal)
                ? Files.readString(journal, StandardCharsets.ISO_8859_1)
                : "";
        List<String> lines = known.lines().toList();
        String header = "size " + size + " piece " + piece;
        boolean usable = !lines.isEmpty() && lines.getFirst().equals(header);
        if (!usable) {
            Files.deleteIfExists(data);
            Files.writeString(journal, header + "\n");
        }
        FileChannel channel =
                FileChannel.open(data, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.READ);
        FileChannel log = FileChannel.open(journal, StandardOpenOption.APPEND);
        PartFile part = new PartFile(data, journal, size, piece, channel, log);
        if (usable) {
            part.read(lines.subList(1, lines.size()));
            if (!known.endsWith("\n")) {
                // What follows a line that was cut is no part of it.
                log.write(ByteBuffer.wrap(new byte[] {'\n'}));
            }
        }
        return part;
    }

    private static Path journal(Path blob) {
        return blob.resolveSibling(blob.getFileName() + JOURNAL);
    }

    /** A line that was cut when its process died has no end mark and does not count. */
    private void read(List<String> lines) throws IOException {
        for (String line : lines) {
            if (line.matches("[0-9]{1,9}\\.")) {
                int i = Integer.parseInt(line.substring(0, line.length() - 1));
                if (i < pieces() && end(i) <= channel.size()) {
                    complete.set(i);
                }
            }
        }
    }

    int pieces() {
        return Math.toIntExact(Math.ceilDiv(size, piece));
    }

    long start(int i) {
        return i * piece;
    }

    long end(int i) {
        return Math.min(size, (i + 1) * piece);
    }

    /** The pieces that are still to be fetched. */
    synchronized List<Integer> missing() {
        List<Integer> missing = new ArrayList<>();
        for (int i = complete.nextClearBit(0); i < pieces(); i = complete.nextClearBit(i + 1)) {
            missing.add(i);
        }
        return missing;
    }

    /** Bytes that are here. */
    synchronized long present() {
        return complete.stream().mapToLong(i -> end(i) - start(i)).sum();
    }

    void write(ByteBuffer bytes, long at) throws IOException {
        long position = at;
        while (bytes.hasRemaining()) {
            position += channel.write(bytes, position);
        }
    }

    synchronized void complete(int i) throws IOException {
        log.write(ByteBuffer.wrap((i + ".\n").getBytes(StandardCharsets.ISO_8859_1)));
        complete.set(i);
    }

    /** The data on disk, closed. */
    Path finish() throws IOException {
        channel.force(true);
        close();
        return data;
    }

    /** Removes the journal of a blob that is in its place. */
    static void forget(Path blob) throws IOException {
        Files.deleteIfExists(journal(blob));
    }

    /** Removes everything, where what arrived is not what was announced. */
    void discard() throws IOException {
        close();
        Files.deleteIfExists(data);
        Files.deleteIfExists(journal);
    }

    @Override
    public void close() throws IOException {
        channel.close();
        log.close();
    }
}

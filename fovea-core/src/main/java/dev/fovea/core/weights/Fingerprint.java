package dev.fovea.core.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** Tells files from others without reading all of them: small ones whole, samples of large ones. */
public final class Fingerprint {
    private static final int SAMPLE = 1 << 16;
    private static final int SAMPLES = 16;
    private static final int SHOWN = 16;

    private Fingerprint() {}

    /**
     * Sixteen hexadecimal digits.
     *
     * @param folder whose files count, not those of folders inside it
     * @param names pattern of the paths that count
     */
    public static String of(Path folder, String names) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            List<Path> files = all.filter(Files::isRegularFile)
                    .filter(f -> f.toString().matches(names))
                    .sorted()
                    .toList();
            for (Path file : files) {
                digest.update(file.getFileName().toString().getBytes(StandardCharsets.UTF_8));
                sample(file, digest);
            }
            return HexFormat.of().formatHex(digest.digest()).substring(0, SHOWN);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }

    private static void sample(Path file, MessageDigest digest) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            long size = channel.size();
            digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, size));
            ByteBuffer buffer = ByteBuffer.allocate(SAMPLE);
            for (int i = 0; i < SAMPLES; i++) {
                long at = Math.max(0, (size - SAMPLE) / (SAMPLES - 1) * i);
                buffer.clear();
                channel.read(buffer, at);
                digest.update(buffer.flip());
                if (size <= SAMPLE) {
                    break;
                }
            }
        }
    }
}

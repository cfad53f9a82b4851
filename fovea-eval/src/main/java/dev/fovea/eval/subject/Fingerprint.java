package dev.fovea.eval.subject;

import dev.fovea.eval.EvalException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** Tells a checkpoint from others without reading all of it: its small files, and samples of its weights. */
public final class Fingerprint {
    private static final int SAMPLE = 1 << 16;
    private static final int SAMPLES = 16;
    private static final int SHOWN = 16;

    private Fingerprint() {}

    /**
     * Sixteen hexadecimal digits.
     *
     * @throws EvalException if the folder cannot be read
     */
    public static String of(Path folder) {
        try (Stream<Path> all = Files.list(folder)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            List<Path> files = all.filter(Files::isRegularFile)
                    .filter(f -> f.toString().matches(".*\\.(json|safetensors|jinja)"))
                    .sorted()
                    .toList();
            for (Path file : files) {
                digest.update(file.getFileName().toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
                sample(file, digest);
            }
            return HexFormat.of().formatHex(digest.digest()).substring(0, SHOWN);
        } catch (IOException e) {
            throw EvalException.input(folder + " cannot be read: " + e.getMessage(), e);
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

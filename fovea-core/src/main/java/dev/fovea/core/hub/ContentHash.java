package dev.fovea.core.hub;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.LongConsumer;

/** The hash by which the Hub names a content: SHA-256, or for small files git's SHA-1 of a blob. */
final class ContentHash {
    private ContentHash() {}

    /**
     * The hash of a file, of the kind that {@code file} is named by.
     *
     * @param read hears of the bytes read
     */
    static String of(Path content, RemoteFile file, LongConsumer read) throws IOException {
        MessageDigest digest = digest(file.isLarge() ? "SHA-256" : "SHA-1");
        if (!file.isLarge()) {
            digest.update(("blob " + Files.size(content) + "\0").getBytes(StandardCharsets.US_ASCII));
        }
        byte[] buffer = new byte[1 << 20];
        try (InputStream in = Files.newInputStream(content)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
                read.accept(n);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has " + algorithm, e);
        }
    }
}

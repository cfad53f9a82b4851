package dev.fovea.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Bearer keys. Only their digests are kept, and all of them are compared, each in constant time: how long an answer
 * takes says nothing about a key.
 */
public final class Keys {
    private static final Keys NONE = new Keys(List.of());
    private static final int SHORTEST = 16;

    /**
     * One key.
     *
     * @param name what logs call its owner
     */
    private record Key(String name, byte[] digest) {}

    private final List<Key> keys;

    private Keys(List<Key> keys) {
        this.keys = keys;
    }

    /** Nobody needs a key. */
    public static Keys none() {
        return NONE;
    }

    /**
     * The keys of a file: one a line, with a name and a blank before it if it has one; empty lines and those that begin
     * with {@code #} are left out.
     *
     * @throws IllegalArgumentException with one sentence if the file cannot be read, holds no key, or a key that is too
     *     short to be safe
     */
    public static Keys read(Path file) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "the keys in " + file + " cannot be read; give a text file with a key a line", e);
        }
        List<Key> keys = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String[] words = lines.get(i).strip().split("\\s+");
            if (words[0].isEmpty() || words[0].startsWith("#")) {
                continue;
            }
            String key = words[words.length - 1];
            if (words.length > 2 || key.length() < SHORTEST) {
                throw new IllegalArgumentException("line " + (i + 1) + " of " + file
                        + " is no key: a line holds a key of at least " + SHORTEST
                        + " characters, with a name and a blank before it if it has one");
            }
            keys.add(new Key(words.length == 2 ? words[0] : "key" + (keys.size() + 1), digest(key)));
        }
        if (keys.isEmpty()) {
            throw new IllegalArgumentException(file + " holds no key; write one a line");
        }
        return new Keys(List.copyOf(keys));
    }

    /** Whether anybody is let in. */
    public boolean open() {
        return keys.isEmpty();
    }

    /**
     * Whose key it is.
     *
     * @param header the request's Authorization, or null
     * @throws ApiException with status 401 if it is nobody's
     */
    String owner(@Nullable String header) {
        if (open()) {
            return "anybody";
        }
        boolean bearer = header != null && header.regionMatches(true, 0, "Bearer ", 0, 7);
        byte[] given =
                digest(header == null || !bearer ? "" : header.substring(7).strip());
        String owner = null;
        for (Key key : keys) {
            if (MessageDigest.isEqual(key.digest, given)) {
                owner = key.name;
            }
        }
        if (owner == null || !bearer) {
            throw ApiException.of(
                    401,
                    "invalid_api_key",
                    bearer
                            ? "This key is not known; give one of those that the server was started with."
                            : "A key is needed; send it as 'Authorization: Bearer KEY'.");
        }
        return owner;
    }

    private static byte[] digest(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }
}

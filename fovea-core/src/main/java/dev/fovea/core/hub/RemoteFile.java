package dev.fovea.core.hub;

/**
 * One file of a repository.
 *
 * @param path within the repository, with slashes
 * @param size bytes
 * @param hash of its content: SHA-256 for large files, git's SHA-1 of a blob for others; the name of its blob
 */
public record RemoteFile(String path, long size, String hash) {

    /** Whether the hash is a SHA-256 of the content alone. */
    public boolean isLarge() {
        return hash.length() == 64;
    }
}

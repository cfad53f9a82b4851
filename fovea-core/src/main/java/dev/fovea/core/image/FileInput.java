package dev.fovea.core.image;

import javax.imageio.stream.ImageInputStreamImpl;

/**
 * A picture file in memory, as decoders read it. Some decoders take the end of the data for zeros and read on for as
 * many pixels as the header claims, which in a damaged file can take hours; here they are stopped.
 */
final class FileInput extends ImageInputStreamImpl {
    /** Reading ahead a little beyond the end is usual and harmless. */
    private static final int READS_BEYOND_THE_END = 64;

    private final byte[] bytes;
    private int beyond;

    FileInput(byte[] bytes) {
        this.bytes = bytes;
    }

    @Override
    public long length() {
        return bytes.length;
    }

    @Override
    public int read() {
        bitOffset = 0;
        return streamPos < bytes.length ? bytes[(int) streamPos++] & 0xff : end();
    }

    @Override
    public int read(byte[] into, int offset, int length) {
        bitOffset = 0;
        if (length > 0 && streamPos >= bytes.length) {
            return end();
        }
        int count = (int) Math.min(length, bytes.length - streamPos);
        System.arraycopy(bytes, (int) streamPos, into, offset, count);
        streamPos += count;
        return count;
    }

    private int end() {
        if (++beyond > READS_BEYOND_THE_END) {
            throw new IllegalStateException("The decoder reads on beyond the end of the file");
        }
        return -1;
    }
}

package dev.fovea.core.image;

import javax.imageio.stream.ImageInputStreamImpl;

/**
 * A picture file in memory, as decoders read it. Some decoders take the end of the data for zeros and read on for as
 * many pixels as the header claims, which in a damaged file can take hours; here they are stopped. They are also stopped
 * when the time is over or the thread is interrupted, and get little at a time so that this is looked at often.
 */
final class FileInput extends ImageInputStreamImpl {
    /** Reading ahead a little beyond the end is usual and harmless. */
    private static final int READS_BEYOND_THE_END = 64;

    private static final int MOST_AT_ONCE = 4096;

    private final byte[] bytes;
    private final byte[] head;
    private final byte[] tail;
    private final Watch watch;
    private int beyond;

    FileInput(byte[] bytes, Watch watch) {
        this(new byte[0], bytes, new byte[0], watch);
    }

    /**
     * @param head seen in place of the first bytes
     * @param tail seen after the last
     */
    FileInput(byte[] head, byte[] bytes, byte[] tail, Watch watch) {
        this.head = head;
        this.bytes = bytes;
        this.tail = tail;
        this.watch = watch;
    }

    @Override
    public long length() {
        return (long) bytes.length + tail.length;
    }

    @Override
    public int read() {
        bitOffset = 0;
        if (streamPos >= length()) {
            return end();
        }
        int at = (int) streamPos++;
        return (at < head.length ? head[at] : at < bytes.length ? bytes[at] : tail[at - bytes.length]) & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) {
        watch.check();
        bitOffset = 0;
        if (length > 0 && streamPos >= length()) {
            return end();
        }
        int at = (int) streamPos;
        boolean first = at < head.length;
        boolean last = at >= bytes.length;
        byte[] from = first ? head : last ? tail : bytes;
        int start = last ? at - bytes.length : at;
        int count = Math.min(Math.min(length, MOST_AT_ONCE), from.length - start);
        System.arraycopy(from, start, into, offset, count);
        streamPos += count;
        return count;
    }

    private int end() {
        watch.check();
        if (++beyond > READS_BEYOND_THE_END) {
            throw new IllegalStateException("The decoder reads on beyond the end of the file");
        }
        return -1;
    }
}

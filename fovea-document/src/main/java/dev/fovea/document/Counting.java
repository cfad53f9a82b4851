package dev.fovea.document;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;

/** Takes what a filter unfolds, counts it, and stops it at the limit. */
final class Counting extends OutputStream {
    private final Allowance allowance;
    private final ByteArrayOutputStream kept;
    private final boolean keeps;

    /** What may still be unfolded, of one page or one part of a file. */
    static final class Allowance {
        private final String name;
        private final long most;
        private final Deadline deadline;
        private long left;

        /** @param name of what is unfolded, for messages */
        Allowance(String name, long most, Deadline deadline) {
            this.name = name;
            this.most = most;
            this.deadline = deadline;
            this.left = most;
        }

        void take(long bytes) {
            left -= bytes;
            if (left < 0) {
                throw new DocumentException(name + " unfolds to more than " + most
                        + " bytes, the limit; save it as a picture, or in a smaller document");
            }
            deadline.check();
        }
    }

    /** @param keeps whether what comes is kept, for the next filter */
    Counting(Allowance allowance, boolean keeps) {
        this.allowance = allowance;
        this.keeps = keeps;
        this.kept = new ByteArrayOutputStream();
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] b, int offset, int length) {
        allowance.take(length);
        if (keeps) {
            kept.write(b, offset, length);
        }
    }

    /** What came, if it was kept. */
    byte[] bytes() {
        return kept.toByteArray();
    }
}

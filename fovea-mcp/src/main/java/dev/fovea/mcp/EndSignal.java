package dev.fovea.mcp;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A stream that says when it has come to its end, which nobody who reads it does. */
final class EndSignal extends FilterInputStream implements Ending {
    private final CountDownLatch over = new CountDownLatch(1);

    EndSignal(InputStream in) {
        super(in);
    }

    @Override
    public boolean await(long millis) throws InterruptedException {
        return over.await(millis, TimeUnit.MILLISECONDS);
    }

    /** Does nothing: the streams are their owner's. */
    @Override
    public void end() {}

    @Override
    public int read() throws IOException {
        return noted(super.read());
    }

    @Override
    public int read(byte[] bytes, int offset, int count) throws IOException {
        return noted(super.read(bytes, offset, count));
    }

    private int noted(int read) {
        if (read < 0) {
            over.countDown();
        }
        return read;
    }

    @Override
    public void close() throws IOException {
        over.countDown();
        super.close();
    }
}

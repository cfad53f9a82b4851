package dev.fovea.core.image;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadProgressListener;

/** Ends the decoding of one picture when its thread is interrupted or its time is over. */
final class Watch {
    private final String name;
    private final Duration limit;
    private final Thread caller = Thread.currentThread();
    private final long end;

    Watch(String name, Duration limit) {
        this.name = name;
        this.limit = limit;
        this.end = System.nanoTime() + limit.toNanos();
    }

    /** Throws if decoding must end; the thread stays interrupted. */
    void check() {
        if (caller.isInterrupted()) {
            throw interrupted();
        }
        if (System.nanoTime() - end > 0) {
            throw late();
        }
    }

    private PictureException interrupted() {
        return new PictureException(name + " was not decoded because its thread was interrupted");
    }

    private PictureException late() {
        return new PictureException(name + " takes longer to decode than the limit of " + limit.toMillis() / 1000.0
                + " seconds; scale it down or save it anew first");
    }

    private boolean over() {
        return caller.isInterrupted() || System.nanoTime() - end > 0;
    }

    /** Looks after every row or so whether to go on. */
    void follow(ImageReader reader) {
        reader.addIIOReadProgressListener(new Progress());
    }

    /**
     * Runs native code that cannot be stopped. The caller is let go at once when it is interrupted or the time is over;
     * the work, bounded by the limit on pixels, then ends unseen.
     */
    <T> T away(Callable<T> work) throws Exception {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofPlatform().daemon().name("fovea-picture").start(task);
        try {
            return task.get(Math.max(1, end - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            caller.interrupt();
            throw interrupted();
        } catch (TimeoutException e) {
            throw late();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    private final class Progress implements IIOReadProgressListener {
        @Override
        public void imageProgress(ImageReader source, float percentageDone) {
            if (over()) {
                source.abort();
            }
        }

        @Override
        public void sequenceStarted(ImageReader source, int minIndex) {}

        @Override
        public void sequenceComplete(ImageReader source) {}

        @Override
        public void imageStarted(ImageReader source, int imageIndex) {}

        @Override
        public void imageComplete(ImageReader source) {}

        @Override
        public void thumbnailStarted(ImageReader source, int imageIndex, int thumbnailIndex) {}

        @Override
        public void thumbnailProgress(ImageReader source, float percentageDone) {}

        @Override
        public void thumbnailComplete(ImageReader source) {}

        @Override
        public void readAborted(ImageReader source) {}
    }
}

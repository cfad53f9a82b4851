package dev.fovea.core;

import dev.fovea.core.engine.EncodedImage;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Features of pictures that may be asked about again, within a bound of native memory: what was not looked at for
 * longest goes first. Used by one thread.
 */
final class KeptPictures implements AutoCloseable {
    /**
     * One view of a picture, as one plan left it.
     *
     * @param plan which plan
     * @param picture the picture's contents
     * @param view index of the view among those of the prompt, which its plan depends on
     */
    record Key(PlanKey plan, PictureHash picture, int view) {}

    private final long limit;
    private final Map<Key, EncodedImage> kept = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    KeptPictures(long limit) {
        this.limit = limit;
    }

    @Nullable
    EncodedImage get(Key key) {
        return kept.get(key);
    }

    /** Takes the features over; they stay at least until the next call of {@link #trim}. */
    void put(Key key, EncodedImage image) {
        EncodedImage before = kept.put(key, image);
        if (before != null) {
            bytes -= before.bytes();
            before.close();
        }
        bytes += image.bytes();
    }

    /** Lets go of what is beyond the bound. */
    void trim() {
        Iterator<EncodedImage> eldest = kept.values().iterator();
        while (bytes > limit && eldest.hasNext()) {
            EncodedImage image = eldest.next();
            bytes -= image.bytes();
            image.close();
            eldest.remove();
        }
    }

    @Override
    public void close() {
        kept.values().forEach(EncodedImage::close);
        kept.clear();
        bytes = 0;
    }
}

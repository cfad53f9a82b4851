package dev.fovea.core;

import dev.fovea.core.engine.EncodedImage;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Features of pictures that may be asked about again, within a bound of native memory: what was not looked at for
 * longest goes first, but nothing while it is lent. Safe for use by several threads.
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

    private static final class Kept {
        final EncodedImage image;
        int borrowers;

        Kept(EncodedImage image) {
            this.image = image;
        }
    }

    private final long limit;
    private final Map<Key, Kept> kept = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    KeptPictures(long limit) {
        this.limit = limit;
    }

    /** Lends the features of a view, until they are {@linkplain #giveBack given back}; null if they are not kept. */
    @Nullable
    synchronized EncodedImage lend(Key key) {
        Kept known = kept.get(key);
        if (known == null) {
            return null;
        }
        known.borrowers++;
        return known.image;
    }

    /**
     * Takes features over, and lends what is kept under their key from now on: these, or the same that somebody else
     * made meanwhile.
     */
    synchronized EncodedImage keep(Key key, EncodedImage made) {
        Kept known = kept.get(key);
        if (known == null) {
            known = new Kept(made);
            kept.put(key, known);
            bytes += made.bytes();
        } else {
            made.close();
        }
        known.borrowers++;
        return known.image;
    }

    /** Ends loans, one of each key, and lets go of what is beyond the bound. */
    synchronized void giveBack(List<Key> keys) {
        for (Key key : keys) {
            Kept known = kept.get(key);
            if (known != null) {
                known.borrowers--;
            }
        }
        Iterator<Kept> eldest = kept.values().iterator();
        while (bytes > limit && eldest.hasNext()) {
            Kept one = eldest.next();
            if (one.borrowers == 0) {
                bytes -= one.image.bytes();
                one.image.close();
                eldest.remove();
            }
        }
    }

    @Override
    public synchronized void close() {
        kept.values().forEach(one -> one.image.close());
        kept.clear();
        bytes = 0;
    }
}

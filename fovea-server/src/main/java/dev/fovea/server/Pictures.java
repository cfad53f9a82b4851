package dev.fovea.server;

import dev.fovea.core.image.DataUrl;
import dev.fovea.core.image.PictureException;
import dev.fovea.core.image.PictureLimits;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.message.Printable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * Pictures of requests, which come as data URLs. They are decoded in a few threads at once: what is decoded takes far
 * more memory than what was sent.
 */
final class Pictures {
    private static final Duration DECODING = Duration.ofSeconds(10);

    private final PictureReader reader;
    private final int most;
    private final Semaphore decoding =
            new Semaphore(Math.max(2, Runtime.getRuntime().availableProcessors()));

    Pictures(Limits limits) {
        this.reader = new PictureReader(
                PictureLimits.DEFAULT.withPixels(limits.pixels()).withTime(DECODING));
        this.most = limits.pictures();
    }

    /**
     * Decodes the pictures of one request.
     *
     * @param urls as sent
     * @param param the field they stand in, for errors
     */
    List<RgbImage> decode(List<String> urls, String param) {
        requireFew(urls.size(), param);
        List<RgbImage> images = new ArrayList<>();
        for (int i = 0; i < urls.size(); i++) {
            images.add(decode(urls.get(i), "Picture " + (i + 1), param));
        }
        return images;
    }

    /** @throws ApiException if there are more pictures than are taken */
    void requireFew(int count, String param) {
        if (count > most) {
            throw ApiException.invalid(
                    param, "The request has " + count + " pictures; at most " + most + " are taken.");
        }
    }

    /** Decodes one picture, sent as a data URL. */
    RgbImage decode(String url, String name, String param) {
        return decode(() -> DataUrl.bytes(url, name), name, param);
    }

    /** Decodes one picture file. */
    RgbImage decode(byte[] bytes, String name, String param) {
        return decode(() -> bytes, name, param);
    }

    private RgbImage decode(Supplier<byte[]> bytes, String name, String param) {
        decoding.acquireUninterruptibly();
        try {
            return reader.read(bytes.get(), name).image();
        } catch (PictureException e) {
            throw ApiException.invalid(param, sentence(e));
        } finally {
            decoding.release();
        }
    }

    static String sentence(PictureException e) {
        String said = Printable.sentence(String.valueOf(e.getMessage()));
        return said.endsWith(".") ? said : said + ".";
    }
}

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
        if (urls.size() > most) {
            throw ApiException.invalid(
                    param, "The request has " + urls.size() + " pictures; at most " + most + " are taken.");
        }
        List<RgbImage> images = new ArrayList<>();
        for (int i = 0; i < urls.size(); i++) {
            images.add(decode(urls.get(i), "Picture " + (i + 1), param));
        }
        return images;
    }

    private RgbImage decode(String url, String name, String param) {
        decoding.acquireUninterruptibly();
        try {
            return reader.read(DataUrl.bytes(url, name), name).image();
        } catch (PictureException e) {
            throw ApiException.invalid(param, sentence(e));
        } finally {
            decoding.release();
        }
    }

    private static String sentence(PictureException e) {
        String said = Printable.sentence(String.valueOf(e.getMessage()));
        return said.endsWith(".") ? said : said + ".";
    }
}

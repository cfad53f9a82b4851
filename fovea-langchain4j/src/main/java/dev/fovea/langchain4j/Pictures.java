package dev.fovea.langchain4j;

import dev.fovea.core.image.DataUrl;
import dev.fovea.core.image.PictureLimits;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.langchain4j.data.image.Image;
import java.net.URI;

/** Decodes LangChain4j's pictures, which hold base64 or a data URL. Other addresses are never opened. */
final class Pictures {
    private final PictureReader reader;

    Pictures(PictureLimits limits) {
        this.reader = new PictureReader(limits);
    }

    /**
     * Decodes one picture.
     *
     * @param name what to call it in messages
     * @throws dev.fovea.core.image.PictureException if it cannot be read, in one sentence
     */
    RgbImage read(Image image, String name) {
        String data = image.base64Data();
        URI url = image.url();
        byte[] bytes = data != null ? DataUrl.base64(data, name) : DataUrl.bytes(String.valueOf(url), name);
        return reader.read(bytes, name).image();
    }
}

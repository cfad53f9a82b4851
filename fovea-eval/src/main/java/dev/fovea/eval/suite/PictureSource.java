package dev.fovea.eval.suite;

import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.world.Picture;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * A picture that is opened when it is needed.
 *
 * @param key the same for questions about the same picture
 * @param opener decodes it; throws a {@link dev.fovea.core.image.PictureException} if that cannot be done
 */
public record PictureSource(String key, Supplier<RgbImage> opener) {

    /** A picture of the world. */
    static PictureSource of(long seed, Picture picture) {
        return new PictureSource(
                Long.toString(seed), () -> new RgbImage(picture.width(), picture.height(), picture.rgb()));
    }

    /** A file's content. */
    public static PictureSource ofBytes(String key, byte[] bytes) {
        return new PictureSource(key, () -> new PictureReader().read(bytes, key).image());
    }

    /** A file. */
    public static PictureSource ofFile(String key, Path file) {
        return new PictureSource(key, () -> new PictureReader().read(file).image());
    }

    public RgbImage open() {
        return opener.get();
    }
}

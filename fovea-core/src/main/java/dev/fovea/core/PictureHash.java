package dev.fovea.core;

import dev.fovea.core.image.RgbImage;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The contents of a picture in 256 bits: equal ones are the same picture.
 *
 * @param text size and SHA-256 of the pixels
 */
record PictureHash(String text) {
    static PictureHash of(RgbImage image) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(image.rgb());
            return new PictureHash(
                    image.width() + "x" + image.height() + ":" + HexFormat.of().formatHex(digest));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }
}

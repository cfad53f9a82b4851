package dev.fovea.core.image;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The kinds of picture file Fovea decodes, told apart by their first bytes and never by their name. */
enum PictureFormat {
    PNG,
    JPEG,
    GIF,
    BMP,
    TIFF,
    WEBP;

    /** The format of these bytes, or null. */
    static @Nullable PictureFormat of(byte[] b) {
        if (starts(b, 0, "\u0089PNG\r\n\u001a\n")) {
            return PNG;
        }
        if (starts(b, 0, "\u00ff\u00d8\u00ff")) {
            return JPEG;
        }
        if (starts(b, 0, "GIF87a") || starts(b, 0, "GIF89a")) {
            return GIF;
        }
        if (starts(b, 0, "BM")) {
            return BMP;
        }
        if (starts(b, 0, "II*\0") || starts(b, 0, "MM\0*") || starts(b, 0, "II+\0") || starts(b, 0, "MM\0+")) {
            return TIFF;
        }
        return starts(b, 0, "RIFF") && starts(b, 8, "WEBP") ? WEBP : null;
    }

    /** What these bytes are instead, where that can be told, for the error message. */
    static String describe(byte[] b) {
        if (starts(b, 4, "ftypavif") || starts(b, 4, "ftypavis")) {
            return "is an AVIF picture, which Fovea cannot decode; convert it to PNG or JPEG";
        }
        if (starts(b, 4, "ftyphei")
                || starts(b, 4, "ftyphev")
                || starts(b, 4, "ftypmif1")
                || starts(b, 4, "ftypmsf1")) {
            return "is a HEIC picture, which Fovea cannot decode; convert it to JPEG or PNG";
        }
        if (starts(b, 4, "ftyp")) {
            return "is a video or another media file, not a picture; give a PNG, JPEG, WebP, GIF, BMP or TIFF";
        }
        if (starts(b, 0, "\u00ff\n") || starts(b, 4, "JXL ")) {
            return "is a JPEG XL picture, which Fovea cannot decode; convert it to PNG or JPEG";
        }
        if (starts(b, 0, "%PDF")) {
            return "is a PDF document, not a picture; save a page of it as PNG first";
        }
        return "is not a picture that Fovea can decode; give a PNG, JPEG, WebP, GIF, BMP or TIFF";
    }

    /** Whether these bytes hold {@code text} (one byte a character) at {@code at}. */
    static boolean starts(byte[] b, int at, String text) {
        byte[] wanted = text.getBytes(StandardCharsets.ISO_8859_1);
        if (b.length < at + wanted.length) {
            return false;
        }
        for (int i = 0; i < wanted.length; i++) {
            if (b[at + i] != wanted[i]) {
                return false;
            }
        }
        return true;
    }
}

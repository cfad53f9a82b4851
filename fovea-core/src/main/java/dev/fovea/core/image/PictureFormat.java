package dev.fovea.core.image;

import org.jspecify.annotations.Nullable;

/** The kinds of picture file Fovea decodes, told apart by their first bytes and never by their name. */
enum PictureFormat {
    PNG,
    JPEG,
    GIF,
    BMP,
    TIFF,
    WEBP,
    AVIF,
    HEIC;

    private static final long MOST_BRANDS = 256;

    /** The format of these bytes, or null. */
    static @Nullable PictureFormat of(byte[] b) {
        if (Bytes.starts(b, 0, "\u0089PNG\r\n\u001a\n")) {
            return PNG;
        }
        if (Bytes.starts(b, 0, "\u00ff\u00d8\u00ff")) {
            return JPEG;
        }
        if (Bytes.starts(b, 0, "GIF87a") || Bytes.starts(b, 0, "GIF89a")) {
            return GIF;
        }
        if (Bytes.starts(b, 0, "BM")) {
            return BMP;
        }
        if (Bytes.starts(b, 0, "II*\0")
                || Bytes.starts(b, 0, "MM\0*")
                || Bytes.starts(b, 0, "II+\0")
                || Bytes.starts(b, 0, "MM\0+")) {
            return TIFF;
        }
        if (Bytes.starts(b, 0, "RIFF") && Bytes.starts(b, 8, "WEBP")) {
            return WEBP;
        }
        return Bytes.starts(b, 4, "ftyp") ? ofBrands(b) : null;
    }

    /** A file of boxes begins with the brands it is to be read as, the main one first. */
    private static @Nullable PictureFormat ofBrands(byte[] b) {
        long end = Math.min(b.length, Math.min(MOST_BRANDS, Bytes.big(b, 0)));
        for (int at = 8; at + 4 <= Math.max(12, end); at += 4) {
            if (Bytes.starts(b, at, "avif") || Bytes.starts(b, at, "avis")) {
                return AVIF;
            }
            if (Bytes.starts(b, at, "hei") || Bytes.starts(b, at, "hev")) {
                return HEIC;
            }
        }
        return null;
    }

    /** What these bytes are instead, where that can be told, for the error message. */
    static String describe(byte[] b) {
        if (Bytes.starts(b, 4, "ftyp")) {
            return "is a video or another media file, not a picture; give a PNG, JPEG, WebP, AVIF, HEIC, GIF, BMP or TIFF";
        }
        if (Bytes.starts(b, 0, "\u00ff\n") || Bytes.starts(b, 4, "JXL ")) {
            return "is a JPEG XL picture, which Fovea cannot decode; convert it to PNG or JPEG";
        }
        if (Bytes.starts(b, 0, "%PDF")) {
            return "is a PDF document, not a picture; save a page of it as PNG first";
        }
        return "is not a picture that Fovea can decode; give a PNG, JPEG, WebP, AVIF, HEIC, GIF, BMP or TIFF";
    }
}

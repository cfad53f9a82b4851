package dev.fovea.core.image;

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
        return Bytes.starts(b, 0, "RIFF") && Bytes.starts(b, 8, "WEBP") ? WEBP : null;
    }

    /** What these bytes are instead, where that can be told, for the error message. */
    static String describe(byte[] b) {
        if (Bytes.starts(b, 4, "ftypavif") || Bytes.starts(b, 4, "ftypavis")) {
            return "is an AVIF picture, which Fovea cannot decode; convert it to PNG or JPEG";
        }
        if (Bytes.starts(b, 4, "ftyphei")
                || Bytes.starts(b, 4, "ftyphev")
                || Bytes.starts(b, 4, "ftypmif1")
                || Bytes.starts(b, 4, "ftypmsf1")) {
            return "is a HEIC picture, which Fovea cannot decode; convert it to JPEG or PNG";
        }
        if (Bytes.starts(b, 4, "ftyp")) {
            return "is a video or another media file, not a picture; give a PNG, JPEG, WebP, GIF, BMP or TIFF";
        }
        if (Bytes.starts(b, 0, "\u00ff\n") || Bytes.starts(b, 4, "JXL ")) {
            return "is a JPEG XL picture, which Fovea cannot decode; convert it to PNG or JPEG";
        }
        if (Bytes.starts(b, 0, "%PDF")) {
            return "is a PDF document, not a picture; save a page of it as PNG first";
        }
        return "is not a picture that Fovea can decode; give a PNG, JPEG, WebP, GIF, BMP or TIFF";
    }
}

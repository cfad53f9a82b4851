package dev.fovea.core.image;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a file may say how it is to be turned.
 *
 * @param exif a TIFF structure, perhaps behind {@code Exif\0\0}, or null
 * @param xmp an XMP packet, one byte a character, or null
 */
record Metadata(byte @Nullable [] exif, @Nullable String xmp) {
    static final Metadata NONE = new Metadata(null, null);

    private static final String EXIF = "Exif\0\0";
    private static final Pattern XMP_ORIENTATION = Pattern.compile("tiff:Orientation(?:=\"|>)([0-9])");

    /**
     * The orientation in PIL's order of precedence: EXIF if it has the tag at all, else XMP; 1 (as stored) if neither
     * says anything sensible. Damaged metadata does not make the pixels unreadable.
     */
    int orientation() {
        TiffDirectory tags = exif == null ? null : TiffDirectory.read(withoutPrefix(exif));
        return tags != null && tags.has(TiffDirectory.ORIENTATION)
                ? sensible(tags.number(TiffDirectory.ORIENTATION, 1))
                : xmp == null ? 1 : inXmp(xmp);
    }

    static int inXmp(String xmp) {
        Matcher found = XMP_ORIENTATION.matcher(xmp);
        return found.find() ? sensible(found.group(1).charAt(0) - '0') : 1;
    }

    static int sensible(long orientation) {
        return orientation >= 1 && orientation <= 8 ? (int) orientation : 1;
    }

    private static byte[] withoutPrefix(byte[] exif) {
        int at = 0;
        while (at < 2 * EXIF.length() && Bytes.starts(exif, at, EXIF)) {
            at += EXIF.length();
        }
        return at == 0 ? exif : Bytes.cut(exif, at, exif.length);
    }
}

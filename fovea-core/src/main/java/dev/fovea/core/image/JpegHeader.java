package dev.fovea.core.image;

import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * What the markers before the first scan of a JPEG say.
 *
 * @param width pixels in a row
 * @param height rows; 0 where the file leaves that to a later marker
 * @param components 1 grey, 3 colour, 4 CMYK
 * @param adobe the transform of the Adobe marker (0 none, 1 YCbCr, 2 YCCK), or -1 without such a marker
 * @param exif whether there is an EXIF segment
 * @param colourProfile whether there is an ICC profile
 */
record JpegHeader(int width, int height, int components, int adobe, boolean exif, boolean colourProfile) {
    private static final int START_OF_SCAN = 0xda;
    private static final int APP1 = 0xe1;
    private static final int APP2 = 0xe2;
    private static final int APP14 = 0xee;

    private static final String EXIF = "Exif\0\0";
    private static final String ICC = "ICC_PROFILE\0";

    /** One marker segment: {@code b[begin]} is the 0xff of its marker, {@code end} the byte after it. */
    private record Segment(int marker, int begin, int payload, int end) {}

    /** Reads the markers, or null if the file ends or breaks before its frame header. */
    static @Nullable JpegHeader read(byte[] b) {
        int adobe = -1;
        boolean exif = false;
        boolean profile = false;
        @Nullable JpegHeader frame = null;
        for (Segment s = next(b, 2); s != null && s.marker != START_OF_SCAN; s = next(b, s.end)) {
            if (s.marker == APP1) {
                exif |= PictureFormat.starts(b, s.payload, EXIF);
            } else if (s.marker == APP2) {
                profile |= PictureFormat.starts(b, s.payload, ICC);
            } else if (s.marker == APP14 && PictureFormat.starts(b, s.payload, "Adobe") && s.end - s.payload >= 12) {
                adobe = b[s.payload + 11] & 0xff;
            } else if (isFrame(s.marker) && s.end - s.payload >= 6) {
                frame = new JpegHeader(
                        u16(b, s.payload + 3), u16(b, s.payload + 1), b[s.payload + 5] & 0xff, -1, false, false);
            }
        }
        return frame == null ? null : new JpegHeader(frame.width, frame.height, frame.components, adobe, exif, profile);
    }

    /**
     * The file without its ICC profile. PIL hands out the numbers as stored; the JDK's decoder would convert them by
     * the profile (and stumble over broken ones).
     */
    static byte[] withoutProfile(byte[] b) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(b.length);
        int copied = 0;
        for (Segment s = next(b, 2); s != null && s.marker != START_OF_SCAN; s = next(b, s.end)) {
            if (s.marker == APP2 && PictureFormat.starts(b, s.payload, ICC)) {
                out.write(b, copied, s.begin - copied);
                copied = s.end;
            }
        }
        out.write(b, copied, b.length - copied);
        return out.toByteArray();
    }

    private static @Nullable Segment next(byte[] b, int from) {
        int at = from;
        while (at + 3 < b.length && (b[at] & 0xff) == 0xff && (b[at + 1] & 0xff) == 0xff) {
            at++; // fill bytes
        }
        if (at + 3 >= b.length || (b[at] & 0xff) != 0xff) {
            return null;
        }
        int length = u16(b, at + 2);
        int end = at + 2 + length;
        return length < 2 || end > b.length ? null : new Segment(b[at + 1] & 0xff, at, at + 4, end);
    }

    /** SOF0 to SOF15 without DHT, JPG and DAC, which lie among them. */
    private static boolean isFrame(int marker) {
        return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    }

    private static int u16(byte[] b, int at) {
        return ((b[at] & 0xff) << 8) | (b[at + 1] & 0xff);
    }
}

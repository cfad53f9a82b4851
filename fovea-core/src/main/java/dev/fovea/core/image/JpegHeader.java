package dev.fovea.core.image;

import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * What the markers of a JPEG say, those before the first scan as in PIL.
 *
 * @param width pixels in a row
 * @param height rows; 0 where the file leaves that to a later marker
 * @param components 1 grey, 3 colour, 4 CMYK
 * @param precision bits a sample
 * @param process the low byte of the frame's marker: 0xc0 baseline, 0xc2 progressive, from 0xc9 on arithmetic coding
 * @param adobe the transform of the Adobe marker (0 none, 1 YCbCr, 2 YCCK), or -1 without such a marker
 * @param colourProfile whether there is an ICC profile
 * @param blocks of 8x8 samples in all components
 * @param scans how often the decoder goes over the picture
 */
record JpegHeader(
        int width,
        int height,
        int components,
        int precision,
        int process,
        int adobe,
        boolean colourProfile,
        long blocks,
        int scans,
        Metadata metadata) {
    private static final int START_OF_SCAN = 0xda;
    private static final int END_OF_IMAGE = 0xd9;
    private static final int APP1 = 0xe1;
    private static final int APP2 = 0xe2;
    private static final int APP14 = 0xee;

    private static final String EXIF = "Exif\0\0";
    private static final String XMP = "http://ns.adobe.com/xap/1.0/\0";
    private static final String ICC = "ICC_PROFILE\0";

    /** One marker segment: {@code b[begin]} is the 0xff of its marker, {@code end} the byte after it. */
    private record Segment(int marker, int begin, int payload, int end) {}

    /** Reads the markers, or null if the file ends or breaks before its frame header. */
    static @Nullable JpegHeader read(byte[] b) {
        int adobe = -1;
        boolean profile = false;
        @Nullable Segment frame = null;
        ByteArrayOutputStream exif = new ByteArrayOutputStream();
        @Nullable String xmp = null;
        Segment s = next(b, 2);
        for (; s != null && s.marker != START_OF_SCAN; s = next(b, s.end)) {
            if (s.marker == APP1 && Bytes.starts(b, s.payload, EXIF)) {
                // What does not fit into one segment goes on in the next.
                exif.write(b, s.payload + EXIF.length(), Math.max(0, s.end - s.payload - EXIF.length()));
            } else if (s.marker == APP1 && Bytes.starts(b, s.payload, XMP)) {
                xmp = Bytes.latin1(b, Math.min(s.end, s.payload + XMP.length()), s.end);
            } else if (s.marker == APP2) {
                profile |= Bytes.starts(b, s.payload, ICC);
            } else if (s.marker == APP14 && Bytes.starts(b, s.payload, "Adobe") && s.end - s.payload >= 12) {
                adobe = b[s.payload + 11] & 0xff;
            } else if (isFrame(s.marker) && s.end - s.payload >= 6) {
                frame = s;
            }
        }
        if (frame == null) {
            return null;
        }
        int at = frame.payload;
        return new JpegHeader(
                Bytes.big16(b, at + 3),
                Bytes.big16(b, at + 1),
                b[at + 5] & 0xff,
                b[at] & 0xff,
                frame.marker,
                adobe,
                profile,
                blocks(b, frame),
                scans(b, s),
                new Metadata(exif.size() == 0 ? null : exif.toByteArray(), xmp));
    }

    /** Counts start-of-scan markers from the first on, up to the end of the picture. */
    private static int scans(byte[] b, @Nullable Segment first) {
        int count = 0;
        int at = first == null ? b.length : first.begin;
        while (at + 1 < b.length) {
            int marker = b[at + 1] & 0xff;
            if (b[at] != (byte) 0xff || marker == 0 || marker == 0xff || marker >= 0xd0 && marker <= 0xd7) {
                at++; // coded data, a stuffed 0xff, or a restart
                continue;
            }
            if (marker == END_OF_IMAGE) {
                break;
            }
            count += marker == START_OF_SCAN ? 1 : 0;
            Segment segment = next(b, at);
            at = segment == null ? at + 2 : segment.end;
        }
        return count;
    }

    /** Whether so few bytes can be all the pixels. */
    boolean canBeWhole(int bytes) {
        boolean progressive = process == 0xc2;
        return blocks * (progressive ? 1 : 2) <= 8L * bytes;
    }

    /** Blocks of 8x8 samples in all components. Each takes a bit at least, and another where scans are not split. */
    private static long blocks(byte[] b, Segment frame) {
        int components = Math.min(b[frame.payload + 5] & 0xff, (frame.end - frame.payload - 6) / 3);
        int mostAcross = 1;
        int mostDown = 1;
        for (int i = 0; i < components; i++) {
            int sampling = b[frame.payload + 7 + 3 * i];
            mostAcross = Math.max(mostAcross, sampling >> 4 & 0xf);
            mostDown = Math.max(mostDown, sampling & 0xf);
        }
        long blocks = 0;
        for (int i = 0; i < components; i++) {
            int sampling = b[frame.payload + 7 + 3 * i];
            long across = Bytes.big16(b, frame.payload + 3) * (sampling >> 4 & 0xf) / mostAcross / 8;
            long down = Bytes.big16(b, frame.payload + 1) * (sampling & 0xf) / mostDown / 8;
            blocks += across * down;
        }
        return blocks;
    }

    /**
     * The file without its ICC profile. PIL hands out the numbers as stored; the JDK's decoder would convert them by
     * the profile (and stumble over broken ones).
     */
    static byte[] withoutProfile(byte[] b) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(b.length);
        int copied = 0;
        for (Segment s = next(b, 2); s != null && s.marker != START_OF_SCAN; s = next(b, s.end)) {
            if (s.marker == APP2 && Bytes.starts(b, s.payload, ICC)) {
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
        int length = Bytes.big16(b, at + 2);
        int end = at + 2 + length;
        return length < 2 || end > b.length ? null : new Segment(b[at + 1] & 0xff, at, at + 4, end);
    }

    /** SOF0 to SOF15 without DHT, JPG and DAC, which lie among them. */
    private static boolean isFrame(int marker) {
        return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    }
}

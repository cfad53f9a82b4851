package dev.fovea.core.image;

import java.util.Arrays;
import java.util.Set;

/**
 * What the first directory of a TIFF says about its pixels, with PIL's defaults for what it leaves out. Everything that
 * decides how much memory or work the pixels take is checked here, before the decoder sees the file.
 *
 * @param photometric 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 5 CMYK, 6 YCbCr, 8 Lab
 * @param bits of every sample
 * @param samples of every pixel
 * @param format 1 unsigned, 2 signed, 3 floating point
 * @param premultiplied whether the first extra sample is an alpha that the colours were multiplied by
 */
record TiffPicture(
        TiffDirectory tags,
        long width,
        long height,
        int compression,
        int photometric,
        int bits,
        int samples,
        int format,
        boolean planar,
        boolean premultiplied) {
    static final int CMYK = 5;
    static final int YCBCR = 6;
    static final int LAB = 8;
    static final int XMP = 700;

    private static final int OLD_JPEG = 6;
    private static final int JPEG = 7;
    private static final Set<Integer> COMPRESSIONS = Set.of(1, 2, 3, 4, 5, 6, 7, 8, 32946, 32773);
    private static final Set<Integer> PHOTOMETRICS = Set.of(0, 1, 2, 3, CMYK, YCBCR, LAB);
    private static final Set<Integer> BITS = Set.of(1, 2, 4, 8, 12, 16, 32, 64);
    private static final int MOST_SAMPLES = 8;

    /** Tiles may reach this many pixels beyond what the picture needs. */
    private static final long SPARE_PIXELS = 1 << 26;

    /** Tags of the pixels that the decoder gets as they stand, beside those that are written anew. */
    private static final int[] PASSED_ON = {266, 273, 279, 292, 293, 322, 323, 324, 325, 347, 512, 513, 514, 515, 517};

    private static final int[] PASSED_ON_FOR_JPEG = {518, 519, 520, 521, 529, 530, 531, 532};

    /**
     * Reads and checks the tags.
     *
     * @throws UnsupportedPictureException for a kind of TIFF that is sound but cannot be decoded; says which
     * @throws IllegalArgumentException for a directory that cannot be right
     */
    static TiffPicture of(TiffDirectory tags, SizeLimit limit) {
        int compression = (int) tags.number(259, 1);
        int photometric = compression == OLD_JPEG ? YCBCR : (int) tags.number(262, 0);
        long[] extra = tags.numbers(338);
        long samples = tags.number(277, compression == OLD_JPEG ? 3 : 1);
        long[] bits = tags.has(258) ? tags.numbers(258) : new long[] {1};
        long[] formats = tags.has(339) ? tags.numbers(339) : new long[] {1};
        TiffPicture picture = new TiffPicture(
                tags,
                tags.number(256, 0),
                tags.number(257, 0),
                compression,
                photometric,
                (int) bits[0],
                (int) Math.min(samples, Integer.MAX_VALUE),
                (int) formats[0],
                tags.number(284, 1) == 2,
                extra.length > 0 && extra[0] == 1);
        picture.checkKind(bits, formats);
        picture.checkSizes(limit);
        return picture;
    }

    private void checkKind(long[] allBits, long[] formats) {
        if (!COMPRESSIONS.contains(compression)) {
            throw new UnsupportedPictureException("a TIFF with " + compressionName(compression));
        }
        if (!PHOTOMETRICS.contains(photometric)) {
            throw new UnsupportedPictureException("a TIFF of the colour kind " + photometric);
        }
        int colours = photometric == CMYK ? 4 : photometric == 2 || photometric >= YCBCR ? 3 : 1;
        if (samples < 1 || samples < colours && photometric != YCBCR) {
            throw new IllegalArgumentException("too few samples");
        }
        if (samples > MOST_SAMPLES) {
            throw new UnsupportedPictureException("a TIFF with " + samples + " samples a pixel");
        }
        boolean mixed = Arrays.stream(allBits).anyMatch(b -> b != bits)
                || Arrays.stream(formats).anyMatch(f -> f != format);
        boolean real = format == 3;
        if (mixed || !BITS.contains(bits) || real && bits < 32 || !real && bits == 64 || format < 1 || format > 3) {
            throw new UnsupportedPictureException("a TIFF with samples of " + Arrays.toString(allBits) + " bits");
        }
        if (photometric == 3 && bits > 8) {
            throw new UnsupportedPictureException("a TIFF with a palette of " + bits + " bits");
        }
    }

    private void checkSizes(SizeLimit limit) {
        if (width < 1 || height < 1 || width > Integer.MAX_VALUE || height > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("no size");
        }
        limit.check(width, height);
        boolean tiled = tags.has(324);
        long across = tiled || tags.has(322) ? tags.number(322, 0) : width;
        long down = tiled || tags.has(323) ? tags.number(323, 0) : Math.min(height, tags.number(278, height));
        if (across < 1 || down < 1) {
            throw new IllegalArgumentException("empty tiles");
        }
        long blocks = Math.ceilDiv(width, across) * Math.ceilDiv(height, down);
        if (compression == OLD_JPEG) {
            return;
        }
        if (tags.numbers(tiled ? 324 : 273).length < blocks * (planar ? samples : 1)) {
            throw new IllegalArgumentException("fewer strips or tiles than needed");
        }
        long most = width * height * 4 + SPARE_PIXELS;
        if (across > most || down > most || across * down > most || across * down * blocks > most) {
            throw new UnsupportedPictureException("a TIFF with tiles of " + across + "x" + down + " pixels");
        }
    }

    private static String compressionName(int compression) {
        return switch (compression) {
            case 34925 -> "LZMA compression";
            case 50000 -> "Zstandard compression";
            case 50001 -> "WebP compression";
            case 33003, 33005, 34712 -> "JPEG 2000 compression";
            default -> "the compression " + compression;
        };
    }

    boolean isJpeg() {
        return compression == JPEG || compression == OLD_JPEG;
    }

    /** Whether chroma is stored for blocks of pixels, which the decoder spreads before it hands out samples. */
    private boolean subsampled() {
        long[] steps = tags.numbers(530);
        return photometric == YCBCR && samples == 3 && !(steps.length == 2 && steps[0] == 1 && steps[1] == 1);
    }

    /**
     * A directory with nothing but what the pixels need, so that no profile, thumbnail or further page of an untrusted
     * file is ever looked at. Colours are described as plain grey or RGB samples, which a decoder hands out untouched;
     * what they mean is {@link TiffColours}' business. Only JPEG data keep their meaning, because JPEG decoders ask.
     */
    TiffDirectory plain() {
        TiffDirectory plain = TiffDirectory.empty(tags.order());
        for (int tag : PASSED_ON) {
            plain.copy(tags, tag);
        }
        boolean meaning = isJpeg() || subsampled();
        if (meaning) {
            for (int tag : PASSED_ON_FOR_JPEG) {
                plain.copy(tags, tag);
            }
        }
        int described = meaning ? photometric : samples >= 3 ? 2 : 1;
        long[] depth = new long[samples];
        Arrays.fill(depth, bits);
        plain.put(256, width);
        plain.put(257, height);
        plain.put(258, depth);
        plain.put(259, compression);
        plain.put(262, described);
        plain.put(277, samples);
        plain.put(278, Math.min(height, tags.number(278, height)));
        plain.put(284, planar ? 2 : 1);
        plain.put(317, tags.number(317, 1));
        plain.put(339, format == 3 ? 3 : 1);
        int opaque = described == CMYK ? 4 : described == 2 || described == YCBCR ? 3 : 1;
        if (samples > opaque) {
            long[] extra = new long[samples - opaque];
            extra[0] = 2;
            plain.put(338, extra);
        }
        return plain;
    }
}

package dev.fovea.core.image;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One file being decoded: its headers are checked, its pixels decoded, and whatever goes wrong said in a sentence. */
final class PictureDecoding {
    /** Bytes a pixel of the result, and again that of the decoder's own picture, at least. */
    private static final long LEAST_BYTES_PER_PIXEL = 6;

    /** Pixels times scans that any JPEG may ask for; about two seconds. */
    private static final long FREE_SCAN_WORK = 250_000_000;

    /** Further pixels times scans for each byte of the file: honest scans have at least that much to say. */
    private static final long SCAN_WORK_PER_BYTE = 250;

    private final String name;
    private final PictureFormat format;
    private final byte[] bytes;
    private final PictureLimits limits;
    private final Watch watch;
    private final List<String> notes = new ArrayList<>();
    private long width;
    private long height;

    PictureDecoding(String name, PictureFormat format, byte[] bytes, PictureLimits limits) {
        this.name = name;
        this.format = format;
        this.bytes = bytes;
        this.limits = limits;
        this.watch = new Watch(name, limits.time());
    }

    Picture run() {
        try {
            watch.check();
            RgbImage image = decode();
            watch.check();
            return new Picture(image, notes);
        } catch (PictureException e) {
            throw e;
        } catch (UnsupportedPictureException e) {
            throw new PictureException(
                    name + " is " + e.getMessage() + ", which Fovea cannot decode; save it as PNG or JPEG", e);
        } catch (OutOfMemoryError e) {
            throw tooLargeForMemory(e);
        } catch (UnsatisfiedLinkError | NoClassDefFoundError | ExceptionInInitializerError e) {
            throw new PictureException(
                    name + " cannot be decoded because the native " + format
                            + " decoder does not load on this machine; save it as PNG or JPEG",
                    e);
        } catch (Exception | StackOverflowError e) {
            // Decoders answer damaged files with whatever the damage leads to, and an interruption likewise.
            watch.check();
            if (causedByMemory(e)) {
                throw tooLargeForMemory(e);
            }
            throw damaged(e);
        }
    }

    private static boolean causedByMemory(Throwable e) {
        for (Throwable t = e; t != null; t = t.getCause()) {
            if (t instanceof OutOfMemoryError) {
                return true;
            }
        }
        return false;
    }

    private RgbImage decode() throws Exception {
        return switch (format) {
            case JPEG -> jpeg();
            case PNG -> png();
            case WEBP -> webp();
            case TIFF -> tiff();
            case AVIF, HEIC -> heif();
            case BMP -> bmp();
            case GIF -> imageIo().decode(bytes);
        };
    }

    private ImageIoDecoder imageIo() {
        return new ImageIoDecoder(format, watch, this::check, this::noteFrames);
    }

    private RgbImage jpeg() throws Exception {
        JpegHeader header = JpegHeader.read(bytes);
        if (header == null) {
            throw damaged(null);
        }
        check(header.width(), header.height());
        checkScans(header);
        if (!header.canBeWhole(bytes.length)) {
            throw damaged(null);
        }
        if (header.process() >= 0xc9) {
            throw new UnsupportedPictureException("a JPEG with arithmetic coding");
        }
        if (header.precision() != 8 && header.process() != 0xc3) {
            throw new UnsupportedPictureException("a JPEG with " + header.precision() + " bits a sample");
        }
        RgbImage stored = imageIo().decode(bytes, header);
        return Orientation.apply(stored, header.metadata().orientation());
    }

    /** A progressive JPEG goes over the whole picture in every scan, and an empty scan takes a few bytes only. */
    private void checkScans(JpegHeader header) {
        if (header.scans() > limits.scans()) {
            throw new PictureException(name + " is a JPEG with " + header.scans() + " scans, more than the limit of "
                    + limits.scans() + "; save it anew first");
        }
        long work = (long) header.width() * header.height() * header.scans();
        if (header.scans() > 1 && work > FREE_SCAN_WORK + SCAN_WORK_PER_BYTE * bytes.length) {
            throw new PictureException(name + " is a JPEG whose " + header.scans() + " scans of " + header.width() + "x"
                    + header.height() + " pixels hold next to nothing; save it anew first");
        }
    }

    private RgbImage png() throws Exception {
        PngFile png = PngFile.read(bytes, limits.metadataBytes());
        if (png == null) {
            throw damaged(null);
        }
        check(png.width(), png.height());
        if (!png.canBeWhole()) {
            throw damaged(null);
        }
        RgbImage stored = imageIo().decode(bytes);
        noteFrames(png.frames());
        return Orientation.apply(stored, png.metadata().orientation());
    }

    private RgbImage bmp() throws Exception {
        BmpHeader bmp = BmpHeader.read(bytes);
        if (bmp == null) {
            throw damaged(null);
        }
        check(bmp.width(), bmp.height());
        if (!bmp.canBeWhole(bytes.length)) {
            throw damaged(null);
        }
        return imageIo().decode(bytes);
    }

    private RgbImage webp() throws Exception {
        WebpFile webp = WebpFile.read(bytes);
        if (webp == null) {
            throw damaged(null);
        }
        check(webp.width(), webp.height());
        RgbImage stored = WebpDecoder.decode(webp, bytes, watch);
        noteFrames(webp.frames());
        return Orientation.apply(stored, webp.metadata().orientation());
    }

    private RgbImage heif() throws Exception {
        boolean cropped = format == PictureFormat.HEIC;
        HeifDecoder decoder = new HeifDecoder(bytes, cropped, this::check, limits.pixels(), watch);
        return watch.away(decoder::decode);
    }

    private RgbImage tiff() throws Exception {
        TiffDirectory tags = TiffDirectory.read(bytes);
        if (tags == null) {
            throw damaged(null);
        }
        TiffPicture tiff = TiffPicture.of(tags, this::check);
        RgbImage stored = new TiffDecoder(tiff, bytes, watch).decode();
        if (tags.more()) {
            notes.add(name + " has several pages; only the first is used");
        }
        byte[] xmp = tags.bytes(TiffPicture.XMP);
        int orientation = tags.has(TiffDirectory.ORIENTATION)
                ? Metadata.sensible(tags.number(TiffDirectory.ORIENTATION, 1))
                : xmp == null ? 1 : Metadata.inXmp(Bytes.latin1(xmp, 0, xmp.length));
        return Orientation.apply(stored, orientation);
    }

    private void check(long claimedWidth, long claimedHeight) {
        width = claimedWidth;
        height = claimedHeight;
        if (height > 0 && width > limits.pixels() / height) {
            throw new PictureException(name + " claims " + width + "x" + height + " pixels, more than the limit of "
                    + limits.pixels() + "; scale it down first");
        }
        if (width * height * LEAST_BYTES_PER_PIXEL > Runtime.getRuntime().maxMemory()) {
            throw tooLargeForMemory(null);
        }
    }

    private void noteFrames(long frames) {
        if (frames > 1) {
            notes.add(name + " has " + frames + " frames; only the first is used");
        }
    }

    private PictureException tooLargeForMemory(@Nullable Throwable cause) {
        long megabytes = Runtime.getRuntime().maxMemory() >> 20;
        return new PictureException(
                name + " (" + width + "x" + height + " pixels) does not fit into the memory of " + megabytes
                        + " MB; give the JVM more (-Xmx) or scale the picture down",
                cause);
    }

    private PictureException damaged(@Nullable Throwable cause) {
        return new PictureException(
                name + " is a truncated or damaged " + format + " picture; save or download it again", cause);
    }
}

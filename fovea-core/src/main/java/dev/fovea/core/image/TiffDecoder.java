package dev.fovea.core.image;

import com.twelvemonkeys.imageio.plugins.tiff.TIFFImageReaderSpi;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/** The first page of a TIFF. Samples come from the TIFF library, their meaning from {@link TiffColours}. */
final class TiffDecoder {
    private final TiffPicture picture;
    private final byte[] file;
    private final Watch watch;

    TiffDecoder(TiffPicture picture, byte[] file, Watch watch) {
        this.picture = picture;
        this.file = file;
        this.watch = watch;
    }

    RgbImage decode() throws IOException {
        byte[] padding = new byte[file.length & 1];
        int at = Math.addExact(file.length, padding.length);
        TiffDirectory plain = picture.plain();
        byte[] directory = plain.write(at);
        byte[] tail = new byte[padding.length + directory.length];
        System.arraycopy(directory, 0, tail, padding.length, directory.length);
        ImageReader reader = new TIFFImageReaderSpi().createReaderInstance(null);
        try (ImageInputStream input = new FileInput(plain.header(at), file, tail, watch)) {
            watch.follow(reader);
            reader.setInput(input, false, true);
            return read(reader);
        } finally {
            reader.dispose();
        }
    }

    private RgbImage read(ImageReader reader) throws IOException {
        if (picture.isJpeg() && picture.photometric() != TiffPicture.CMYK) {
            BufferedImage image = reader.read(0);
            watch.check();
            return Rasters.toRgb(image);
        }
        // What is described as plain grey or RGB comes untouched either way, and read() makes no second copy; but it
        // clamps floating-point values to 0..1.
        boolean touched = picture.photometric() == TiffPicture.YCBCR || picture.isJpeg() || picture.format() == 3;
        Raster raster = touched ? reader.readRaster(0, null) : reader.read(0).getRaster();
        watch.check();
        return TiffColours.toRgb(picture, raster);
    }
}

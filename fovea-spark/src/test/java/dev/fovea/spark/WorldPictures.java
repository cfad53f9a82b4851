package dev.fovea.spark;

import dev.fovea.core.image.RgbImage;
import dev.fovea.eval.suite.Item;
import dev.fovea.eval.suite.WorldSuite;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;

/** Pictures of the world as files, and peek, which knows it. */
final class WorldPictures {
    static final Path ROOT = Path.of("").toAbsolutePath().resolve("..").normalize();
    static final String PEEK = ROOT.resolve("models/peek").toString();

    private WorldPictures() {}

    /** Questions about pictures of the world; several may be about one. */
    static List<Item> questions(int count) {
        List<Item> all = new ArrayList<>();
        new WorldSuite(3).forEach(count, all::add);
        return all;
    }

    static byte[] png(RgbImage picture) {
        BufferedImage image = new BufferedImage(picture.width(), picture.height(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < picture.height(); y++) {
            for (int x = 0; x < picture.width(); x++) {
                int at = 3 * (y * picture.width() + x);
                byte[] rgb = picture.rgb();
                image.setRGB(x, y, (rgb[at] & 0xff) << 16 | (rgb[at + 1] & 0xff) << 8 | rgb[at + 2] & 0xff);
            }
        }
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ImageIO.write(image, "png", out);
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path write(Path file, byte[] bytes) {
        try {
            return Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

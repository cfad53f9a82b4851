package dev.fovea.eval.report;

import dev.fovea.eval.EvalException;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Base64;
import javax.imageio.ImageIO;

/** Pictures inside of a page, which then needs no other file. */
public final class Inline {
    private Inline() {}

    /**
     * A picture as a JPEG in an address, no wider than the page shows it.
     *
     * @param widest in pixels
     */
    public static String jpeg(BufferedImage image, int widest) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(reduced(image, widest), "jpg", bytes);
        } catch (IOException e) {
            throw EvalException.output("A picture cannot be encoded: " + e.getMessage(), e);
        }
        return "data:image/jpeg;base64," + Base64.getEncoder().encodeToString(bytes.toByteArray());
    }

    /** Without transparency, which JPEG has not. */
    private static BufferedImage reduced(BufferedImage image, int widest) {
        int width = Math.min(image.getWidth(), widest);
        int height = Math.max(1, image.getHeight() * width / image.getWidth());
        BufferedImage out = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = out.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
        graphics.drawImage(image, 0, 0, width, height, null);
        graphics.dispose();
        return out;
    }
}

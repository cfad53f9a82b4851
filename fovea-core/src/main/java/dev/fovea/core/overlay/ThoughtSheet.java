package dev.fovea.core.overlay;

import dev.fovea.core.generate.ThoughtMap;
import dev.fovea.core.image.RgbImage;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.List;

/** A picture, and beside it what a thought about it holds: dark where a map is 0, white where it is 1. */
public final class ThoughtSheet {
    private static final int SIDE = 224;
    private static final int ACROSS = 4;
    private static final int GAP = 8;

    private ThoughtSheet() {}

    /** The picture and its maps in their order, row by row, four in a row, all of the picture's proportions. */
    public static BufferedImage draw(RgbImage picture, List<ThoughtMap> maps) {
        double scale = (double) SIDE / Math.max(picture.width(), picture.height());
        int width = Math.max(1, (int) Math.round(scale * picture.width()));
        int height = Math.max(1, (int) Math.round(scale * picture.height()));
        int panels = maps.size() + 1;
        int columns = Math.min(ACROSS, panels);
        int rows = (panels + columns - 1) / columns;
        BufferedImage sheet = new BufferedImage(
                columns * (width + GAP) - GAP, rows * (height + GAP) - GAP, BufferedImage.TYPE_3BYTE_BGR);
        Graphics2D g = sheet.createGraphics();
        try {
            for (int p = 0; p < panels; p++) {
                boolean seen = p == 0;
                g.setRenderingHint(
                        RenderingHints.KEY_INTERPOLATION,
                        seen
                                ? RenderingHints.VALUE_INTERPOLATION_BICUBIC
                                : RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
                g.drawImage(
                        seen ? picture.toBufferedImage() : grey(maps.get(p - 1)),
                        p % columns * (width + GAP),
                        p / columns * (height + GAP),
                        width,
                        height,
                        null);
            }
        } finally {
            g.dispose();
        }
        return sheet;
    }

    private static BufferedImage grey(ThoughtMap map) {
        BufferedImage image = new BufferedImage(map.columns(), map.rows(), BufferedImage.TYPE_3BYTE_BGR);
        for (int i = 0; i < map.values().length; i++) {
            int tone = Math.round(255 * Math.clamp(map.values()[i], 0f, 1f));
            image.setRGB(i % map.columns(), i / map.columns(), tone << 16 | tone << 8 | tone);
        }
        return image;
    }
}

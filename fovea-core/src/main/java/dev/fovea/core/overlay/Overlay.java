package dev.fovea.core.overlay;

import dev.fovea.core.file.OutputFile;
import dev.fovea.core.image.Geometry;
import dev.fovea.core.image.Resampling;
import dev.fovea.core.image.Resizer;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Part;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.stream.FileImageOutputStream;

/**
 * Draws what became of every patch of a picture: what reached the language model stays bright, what was dropped is grey
 * and dark but still to be recognised, what the model never saw (outside its crop) is darker yet; patches that were
 * merged share an outline of one colour, and groups that touch differ. With {@link Style#HEAT} the scores lie over the
 * picture in colour and the kept patches are outlined in white. A strip below says how many tokens are left.
 *
 * <p>Small pictures are enlarged and huge ones reduced, so that a patch can be made out and the file stays handy; lines
 * and letters grow with the picture.
 */
public final class Overlay {
    /** Pictures are enlarged by a whole factor until their longer side has this many pixels. */
    private static final int SMALLEST = 640;

    /** The longer side of an overlay has at most this many pixels. */
    private static final int LARGEST = 4096;

    private Overlay() {}

    /** What to show. */
    public enum Style {
        /** Kept, dropped and merged patches. */
        TOKENS,
        /** The same with the last score of every patch as a heat map. */
        HEAT
    }

    /**
     * Draws the overlay of one picture.
     *
     * @param picture the original, upright
     * @param geometry how it was prepared for the encoder
     * @param patchSize side of a patch of the prepared picture, in pixels
     * @param ledger what happened
     * @param image which of the ledger's pictures this is
     * @throws IllegalArgumentException if the geometry is that of another picture, or the ledger has no such picture
     */
    public static BufferedImage draw(
            RgbImage picture, Geometry geometry, int patchSize, Ledger ledger, int image, Style style) {
        if (image < 0 || image >= ledger.images().size()) {
            throw new IllegalArgumentException("There is no picture " + image + " in a ledger of "
                    + ledger.images().size() + " pictures");
        }
        return panel(picture, Collections.nCopies(image + 1, geometry), patchSize, ledger, List.of(image), style);
    }

    /**
     * Draws the overlay of one picture that may have been cut into tiles: these lie on one canvas, and what else the
     * encoder saw of it (an overview, the moments of a video) follows below.
     *
     * @param geometry for each image of the ledger how it was prepared
     * @param tokenPixels side of the square of prepared pixels that a visual token stands for
     * @param index which of the prompt's pictures this is
     * @throws IllegalArgumentException if the geometry is that of another picture, or the ledger has no such picture
     */
    public static BufferedImage draw(
            RgbImage picture, List<Geometry> geometry, int tokenPixels, Ledger ledger, int index, Style style) {
        List<Integer> tiles = new ArrayList<>();
        List<List<Integer>> panels = new ArrayList<>();
        for (int image = 0; image < ledger.images().size(); image++) {
            Ledger.Grid grid = ledger.images().get(image);
            if (grid.picture() == index && grid.part() instanceof Part.Tile) {
                tiles.add(image);
            } else if (grid.picture() == index) {
                panels.add(List.of(image));
            }
        }
        if (!tiles.isEmpty()) {
            panels.addFirst(tiles);
        }
        if (panels.isEmpty()) {
            throw new IllegalArgumentException("There is no picture " + index + " in this ledger");
        }
        return below(panels.stream()
                .map(images -> panel(picture, geometry, tokenPixels, ledger, images, style))
                .toList());
    }

    /** Some images of one picture on one canvas. */
    private static BufferedImage panel(
            RgbImage picture,
            List<Geometry> geometry,
            int tokenPixels,
            Ledger ledger,
            List<Integer> images,
            Style style) {
        Geometry first = geometry.get(images.getFirst());
        if (first.originalWidth() != picture.width() || first.originalHeight() != picture.height()) {
            throw new IllegalArgumentException("The geometry is that of a picture of " + first.originalWidth() + "x"
                    + first.originalHeight() + " pixels, not " + picture.width() + "x" + picture.height());
        }
        RgbImage canvas = scaled(picture);
        PatchMap patches = PatchMap.of(ledger, images, geometry, tokenPixels, canvas.width(), canvas.height());
        Painter painter = new Painter(canvas, patches, style);
        painter.paint();
        int total = images.stream().mapToInt(ledger::plainTotal).sum();
        return new Legend(patches, style, tokensOf(ledger, images), total).under(canvas);
    }

    private static BufferedImage below(List<BufferedImage> panels) {
        if (panels.size() == 1) {
            return panels.getFirst();
        }
        int height = panels.stream().mapToInt(BufferedImage::getHeight).sum();
        BufferedImage all = new BufferedImage(panels.getFirst().getWidth(), height, BufferedImage.TYPE_3BYTE_BGR);
        Graphics2D g = all.createGraphics();
        int top = 0;
        for (BufferedImage panel : panels) {
            g.drawImage(panel, 0, top, null);
            top += panel.getHeight();
        }
        g.dispose();
        return all;
    }

    /**
     * Writes a picture as PNG: beside the target first, then moved into place.
     *
     * @throws OverlayException if it cannot be written; nothing is left behind
     */
    public static void write(BufferedImage picture, Path target) {
        try {
            OutputFile.write(target, file -> {
                try (FileImageOutputStream out = new FileImageOutputStream(file.toFile())) {
                    ImageIO.write(picture, "png", out);
                }
            });
        } catch (IOException e) {
            throw new OverlayException(OutputFile.sentence(target, e), e);
        }
    }

    /** Survivors that hold something of these images. */
    private static int tokensOf(Ledger ledger, List<Integer> images) {
        int n = 0;
        for (Ledger.Group group : ledger.survivors()) {
            int owner = group.anchor();
            for (int i = 0; owner < 0 && i < group.members().length; i++) {
                owner = group.members()[i];
            }
            boolean only = ledger.images().size() == images.size();
            n += only
                            || (owner >= 0
                                    && images.contains(
                                            ledger.tokens().get(owner).image()))
                    ? 1
                    : 0;
        }
        return n;
    }

    private static RgbImage scaled(RgbImage picture) {
        int longer = Math.max(picture.width(), picture.height());
        if (longer > LARGEST) {
            double scale = (double) LARGEST / longer;
            return Resizer.resize(
                    picture,
                    Math.max(1, (int) Math.round(picture.width() * scale)),
                    Math.max(1, (int) Math.round(picture.height() * scale)),
                    Resampling.BICUBIC);
        }
        int factor = (SMALLEST + longer - 1) / longer;
        if (factor <= 1) {
            return new RgbImage(picture.width(), picture.height(), picture.rgb().clone());
        }
        return Resizer.resize(picture, picture.width() * factor, picture.height() * factor, Resampling.BICUBIC);
    }
}

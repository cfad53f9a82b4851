package dev.fovea.world;

import java.util.Arrays;

/**
 * For each patch of a picture the truth that a per-patch objective needs, row by row. Classes are 0 where no object
 * owns the patch and otherwise 1 plus the place of the attribute in its list ({@link Shape}, {@link Colour},
 * {@link Size}, {@link Texture}); text is {@link Words#textClass}, which is also 0 on objects without text.
 *
 * @param columns patches in a row
 * @param rows rows of patches
 * @param owner the object with most of the patch's pixels if it has at least a quarter of them, otherwise -1
 * @param shape class of the owner's shape
 * @param colour class of the owner's colour
 * @param size class of the owner's size
 * @param texture class of the owner's texture
 * @param text class of the owner's text
 * @param dx from the patch's centre to the centre of the owner's visible box, in patches, rightwards; 0 without owner
 * @param dy the same downwards
 * @param centre the object whose visible box has its centre in this patch, or -1; each object is named exactly once
 */
@SuppressWarnings("ArrayRecordComponent") // plain carriers for tensors; never compared
public record PatchLabels(
        int columns,
        int rows,
        int[] owner,
        int[] shape,
        int[] colour,
        int[] size,
        int[] texture,
        int[] text,
        float[] dx,
        float[] dy,
        int[] centre) {

    /** Number of shape classes, 0 included. */
    public static final int SHAPES = Shape.ALL.size() + 1;
    /** Number of colour classes, 0 included. */
    public static final int COLOURS = Colour.ALL.size() + 1;
    /** Number of size classes, 0 included. */
    public static final int SIZES = Size.ALL.size() + 1;
    /** Number of texture classes, 0 included. */
    public static final int TEXTURES = Texture.ALL.size() + 1;
    /** Number of text classes, 0 included. */
    public static final int TEXTS = Words.ALL.size() + 1;

    /** The labels of a picture cut into square patches of {@code patch} pixels; both sides must be multiples of it. */
    public static PatchLabels of(Scene scene, Picture picture, int patch) {
        if (patch < 1 || picture.width() % patch != 0 || picture.height() % patch != 0) {
            throw new IllegalArgumentException("A picture of " + picture.width() + " by " + picture.height()
                    + " pixels cannot be cut into patches of " + patch + "; choose a divisor of both sides.");
        }
        int columns = picture.width() / patch;
        int rows = picture.height() / patch;
        int n = columns * rows;
        PatchLabels labels = new PatchLabels(
                columns,
                rows,
                owners(scene, picture, patch, columns),
                new int[n],
                new int[n],
                new int[n],
                new int[n],
                new int[n],
                new float[n],
                new float[n],
                new int[n]);
        labels.describe(scene, picture, patch);
        return labels;
    }

    private static int[] owners(Scene scene, Picture picture, int patch, int columns) {
        int kinds = scene.objects().size();
        int rows = picture.height() / patch;
        int[] owner = new int[columns * rows];
        int[] counts = new int[columns * kinds];
        byte[] pixels = picture.owner();
        for (int row = 0; row < rows; row++) {
            Arrays.fill(counts, 0);
            for (int y = row * patch; y < (row + 1) * patch; y++) {
                int at = y * picture.width();
                for (int column = 0, base = 0; column < columns; column++, base += kinds) {
                    for (int end = at + patch; at < end; at++) {
                        int index = pixels[at];
                        if (index >= 0) {
                            counts[base + index]++;
                        }
                    }
                }
            }
            for (int column = 0; column < columns; column++) {
                owner[row * columns + column] = most(counts, column * kinds, kinds, patch * patch);
            }
        }
        return owner;
    }

    private static int most(int[] counts, int from, int kinds, int pixels) {
        int best = -1;
        int bestCount = 0;
        for (int i = 0; i < kinds; i++) {
            if (counts[from + i] > bestCount) {
                best = i;
                bestCount = counts[from + i];
            }
        }
        return 4 * bestCount >= pixels ? best : -1;
    }

    private void describe(Scene scene, Picture picture, int patch) {
        for (int i = 0; i < owner.length; i++) {
            if (owner[i] < 0) {
                continue;
            }
            SceneObject o = scene.objects().get(owner[i]);
            Box box = picture.visibleBox(owner[i]);
            shape[i] = Shape.ALL.indexOf(o.shape()) + 1;
            colour[i] = Colour.ALL.indexOf(o.colour()) + 1;
            size[i] = Size.ALL.indexOf(o.size()) + 1;
            texture[i] = Texture.ALL.indexOf(o.texture()) + 1;
            text[i] = Words.textClass(o.text());
            int row = i / columns;
            dx[i] = (float) (box.centreX() / patch - (i % columns + 0.5));
            dy[i] = (float) (box.centreY() / patch - (row + 0.5));
        }
        Arrays.fill(centre, -1);
        for (SceneObject o : scene.objects()) {
            Box box = picture.visibleBox(o.index());
            int row = (int) (box.centreY() / patch);
            int column = (int) (box.centreX() / patch);
            centre[row * columns + column] = o.index();
        }
    }
}

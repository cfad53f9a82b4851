package dev.fovea.world;

import java.util.List;

/**
 * A drawn scene with its exact truth.
 *
 * @param width columns
 * @param height rows
 * @param rgb the pixels, row by row, red, green, blue: {@code 3 × width × height} bytes
 * @param owner for each pixel the index of the object whose body covers its centre in front of all others, or -1:
 *     {@code width × height} bytes
 * @param extents where each object lies, by index
 */
@SuppressWarnings("ArrayRecordComponent") // the arrays are the picture; pictures are never compared
public record Picture(int width, int height, byte[] rgb, byte[] owner, List<Extent> extents) {
    /**
     * Where one object lies.
     *
     * @param full the box of its whole body, hidden parts included
     * @param visible the box of its visible pixels
     * @param fullArea pixels of its whole body
     * @param visibleArea pixels that are visible
     */
    public record Extent(Box full, Box visible, int fullArea, int visibleArea) {}

    /** Keeps its own copy of the list. */
    public Picture {
        extents = List.copyOf(extents);
    }

    /** The box of the object's whole body. */
    public Box fullBox(int index) {
        return extents.get(index).full();
    }

    /** The box of the object's visible pixels. */
    public Box visibleBox(int index) {
        return extents.get(index).visible();
    }

    /** Visible pixels over all pixels of the object's body, 0 to 1. */
    public double visibleFraction(int index) {
        Extent extent = extents.get(index);
        return extent.fullArea() == 0 ? 0 : (double) extent.visibleArea() / extent.fullArea();
    }

    /** The object's visible pixels: {@code width × height}, row by row. */
    public boolean[] mask(int index) {
        boolean[] mask = new boolean[owner.length];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = owner[i] == index;
        }
        return mask;
    }

    /** Middle of the visible box, x, from 0 to 1. */
    public double centreX(int index) {
        return visibleBox(index).centreX() / width;
    }

    /** Middle of the visible box, y, from 0 to 1. */
    public double centreY(int index) {
        return visibleBox(index).centreY() / height;
    }
}

package dev.fovea.core.overlay;

import dev.fovea.core.image.RgbImage;
import java.util.List;

/** Paints patches into the pixels of a canvas. Every edge lies on a pixel, so nothing here needs antialiasing. */
final class Painter {
    private static final int WHITE = 0xFFFFFF;
    private static final int NIGHT = 0x101014;

    private final int width;
    private final int height;
    private final byte[] rgb;
    private final PatchMap patches;
    private final Overlay.Style style;
    private final int line;

    /** @param canvas painted over */
    Painter(RgbImage canvas, PatchMap patches, Overlay.Style style) {
        this.width = canvas.width();
        this.height = canvas.height();
        this.rgb = canvas.rgb();
        this.patches = patches;
        this.style = style;
        this.line = lineWidth(width, height, patches);
    }

    /** Two pixels at 640, thirteen at 4,096; never more than an eighth of a patch. */
    private static int lineWidth(int width, int height, PatchMap patches) {
        int patch = Math.min(
                (patches.x()[patches.cols()] - patches.x()[0]) / patches.cols(),
                (patches.y()[patches.rows()] - patches.y()[0]) / patches.rows());
        return Math.max(1, Math.min(Math.round(Math.max(width, height) / 320f), patch / 8));
    }

    void paint() {
        dimUnseen();
        float[] heat =
                style == Overlay.Style.HEAT ? HeatScale.of(patches.score()).values() : new float[0];
        for (int row = 0; row < patches.rows(); row++) {
            for (int col = 0; col < patches.cols(); col++) {
                int cell = patches.cell(row, col);
                if (style == Overlay.Style.HEAT && !Float.isNaN(heat[cell])) {
                    tint(row, col, HeatRamp.colour(heat[cell]));
                } else if (!patches.kept()[cell]) {
                    dim(row, col);
                }
            }
        }
        outline();
    }

    private void dimUnseen() {
        int left = patches.x()[0];
        int right = patches.x()[patches.cols()];
        int top = patches.y()[0];
        int bottom = patches.y()[patches.rows()];
        shade(0, 0, width, top, 0.16, 8);
        shade(0, bottom, width, height, 0.16, 8);
        shade(0, top, left, bottom, 0.16, 8);
        shade(right, top, width, bottom, 0.16, 8);
    }

    private void dim(int row, int col) {
        shade(patches.x()[col], patches.y()[row], patches.x()[col + 1], patches.y()[row + 1], 0.34, 22);
    }

    /** Grey, darker, and a little lifted so that dark pictures do not vanish. */
    private void shade(int left, int top, int right, int bottom, double share, int lift) {
        for (int y = top; y < bottom; y++) {
            for (int x = left; x < right; x++) {
                int at = 3 * (y * width + x);
                byte grey = (byte) Math.min(255, (int) (share * luma(at)) + lift);
                rgb[at] = grey;
                rgb[at + 1] = grey;
                rgb[at + 2] = grey;
            }
        }
    }

    /** The colour of a score over the picture in grey, whose shapes stay visible. */
    private void tint(int row, int col, int colour) {
        for (int y = patches.y()[row]; y < patches.y()[row + 1]; y++) {
            for (int x = patches.x()[col]; x < patches.x()[col + 1]; x++) {
                int at = 3 * (y * width + x);
                double shade = 0.62 + 0.38 * luma(at) / 255;
                rgb[at] = (byte) (shade * (colour >> 16 & 255));
                rgb[at + 1] = (byte) (shade * (colour >> 8 & 255));
                rgb[at + 2] = (byte) (shade * (colour & 255));
            }
        }
    }

    private double luma(int at) {
        return 0.2126 * (rgb[at] & 255) + 0.7152 * (rgb[at + 1] & 255) + 0.0722 * (rgb[at + 2] & 255);
    }

    /** Merged groups in their colours; single kept patches in white where something beside them is gone. */
    private void outline() {
        List<GroupColours.Pen> pens =
                GroupColours.assign(patches.group(), patches.rows(), patches.cols(), patches.groups());
        boolean somethingGone = patches.keptPatches() < patches.kept().length;
        for (int row = 0; row < patches.rows(); row++) {
            for (int col = 0; col < patches.cols(); col++) {
                int cell = patches.cell(row, col);
                int group = patches.group()[cell];
                if (group >= 0) {
                    edges(row, col, pens.get(group).rgb(), pens.get(group).broken());
                } else if (patches.kept()[cell] && somethingGone) {
                    edges(row, col, WHITE, false);
                }
            }
        }
    }

    private void edges(int row, int col, int colour, boolean broken) {
        int left = patches.x()[col];
        int right = patches.x()[col + 1];
        int top = patches.y()[row];
        int bottom = patches.y()[row + 1];
        for (int pass = 0; pass < 2; pass++) {
            // A dark line inside the bright one keeps it visible on bright pictures.
            int w = pass == 0 ? line + Math.max(1, line / 2) : line;
            int paint = pass == 0 ? NIGHT : colour;
            int gapX = broken && pass == 1 ? (right - left) / 3 : 0;
            int gapY = broken && pass == 1 ? (bottom - top) / 3 : 0;
            if (border(row, col, -1, 0)) {
                across(left, right, top, Math.min(bottom, top + w), gapX, paint);
            }
            if (border(row, col, 1, 0)) {
                across(left, right, Math.max(top, bottom - w), bottom, gapX, paint);
            }
            if (border(row, col, 0, -1)) {
                down(left, Math.min(right, left + w), top, bottom, gapY, paint);
            }
            if (border(row, col, 0, 1)) {
                down(Math.max(left, right - w), right, top, bottom, gapY, paint);
            }
            corners(row, col, w, paint);
        }
    }

    /** Where two sides go on but the patch across the corner is another's, the outline turns inside this patch. */
    private void corners(int row, int col, int w, int paint) {
        for (int down = -1; down <= 1; down += 2) {
            for (int across = -1; across <= 1; across += 2) {
                if (!border(row, col, down, 0) && !border(row, col, 0, across) && border(row, col, down, across)) {
                    int x = across < 0 ? patches.x()[col] : Math.max(patches.x()[col], patches.x()[col + 1] - w);
                    int y = down < 0 ? patches.y()[row] : Math.max(patches.y()[row], patches.y()[row + 1] - w);
                    fill(x, y, Math.min(x + w, patches.x()[col + 1]), Math.min(y + w, patches.y()[row + 1]), paint);
                }
            }
        }
    }

    /** Whether what lies in this direction looks different: another group, or kept against gone. */
    private boolean border(int row, int col, int down, int across) {
        if (!patches.has(row + down, col + across)) {
            return true;
        }
        int here = patches.cell(row, col);
        int there = patches.cell(row + down, col + across);
        return patches.group()[here] != patches.group()[there] || patches.kept()[here] != patches.kept()[there];
    }

    private void across(int left, int right, int top, int bottom, int gap, int colour) {
        fill(left, top, left + (right - left - gap) / 2, bottom, colour);
        fill(right - (right - left - gap + 1) / 2, top, right, bottom, colour);
    }

    private void down(int left, int right, int top, int bottom, int gap, int colour) {
        fill(left, top, right, top + (bottom - top - gap) / 2, colour);
        fill(left, bottom - (bottom - top - gap + 1) / 2, right, bottom, colour);
    }

    private void fill(int left, int top, int right, int bottom, int colour) {
        for (int y = top; y < bottom; y++) {
            for (int x = left; x < right; x++) {
                int at = 3 * (y * width + x);
                rgb[at] = (byte) (colour >> 16);
                rgb[at + 1] = (byte) (colour >> 8);
                rgb[at + 2] = (byte) colour;
            }
        }
    }
}

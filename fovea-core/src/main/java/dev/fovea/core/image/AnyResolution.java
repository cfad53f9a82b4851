package dev.fovea.core.image;

import dev.fovea.core.path.Part;
import dev.fovea.core.path.Seen;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;

/**
 * How LLaVA-NeXT and LLaVA-OneVision cut a picture: it is scaled into the best of some canvases, lies in its middle, and
 * each tile of the canvas is a view of its own. What of a tile is padding becomes no visual token. Where still more is left
 * than {@code most} tiles have, the canvas is interpolated to about that many ({@code anyres_max_9}; LLaVA-OneVision, arXiv
 * 2408.03326, section 3.2; the published processors).
 *
 * @param canvases heights and widths to choose from, in pixels, multiples of the tile's side
 * @param tile side of a tile in pixels
 * @param patch side of a patch in pixels, a visual token each
 * @param most tiles whose tokens are all kept, or 0 where there is no limit
 */
record AnyResolution(List<DynamicSize.Size> canvases, int tile, int patch, int most) {
    /** How far a canvas may be above the limit without being interpolated. */
    private static final double TOLERATED = 1.1;

    /** Digits behind the point to which the reference rounds before it cuts. */
    private static final int DIGITS = 7;

    AnyResolution {
        canvases = List.copyOf(canvases);
    }

    /**
     * A picture on its canvas.
     *
     * @param canvas size of the canvas
     * @param picture size of the picture on it
     * @param views the tiles that show anything of the picture, row by row
     */
    record Cut(DynamicSize.Size canvas, DynamicSize.Size picture, List<View> views) {
        /** Where the picture begins on the canvas, in pixels. */
        int left() {
            return Math.floorDiv(canvas.width() - picture.width(), 2);
        }

        int top() {
            return Math.floorDiv(canvas.height() - picture.height(), 2);
        }
    }

    /** One tile of a canvas. */
    record View(Part.Tile part, Seen seen) {}

    /** The part of the canvas that is no padding, in tokens. */
    private record Window(int top, int left, int rows, int cols) {}

    /**
     * How a picture of {@code width} by {@code height} pixels is cut.
     *
     * @throws PictureException if it is so elongated that it is less than a token wide
     */
    Cut of(int width, int height) {
        DynamicSize.Size canvas = best(width, height);
        Window window = window(canvas, width, height);
        DynamicSize.Size total = total(window);
        List<View> views = new ArrayList<>();
        for (int row = 0; row < canvas.height() / tile; row++) {
            for (int column = 0; column < canvas.width() / tile; column++) {
                Seen seen = seen(window, total, row, column);
                if (seen.tokenRows() > 0 && seen.tokenCols() > 0) {
                    views.add(new View(new Part.Tile(row, column), seen));
                }
            }
        }
        if (views.isEmpty()) {
            throw new PictureException(
                    "A picture of " + width + "x" + height
                            + " pixels is so elongated that nothing of it would be seen on this model's canvases; crop it first");
        }
        return new Cut(canvas, scaled(canvas, width, height), views);
    }

    /** The canvas on which most of the picture's pixels survive, and of these the one with least padding. */
    private DynamicSize.Size best(int width, int height) {
        DynamicSize.Size best = canvases.getFirst();
        long mostKept = 0;
        long leastWasted = Long.MAX_VALUE;
        for (DynamicSize.Size canvas : canvases) {
            double scale = Math.min((double) canvas.width() / width, (double) canvas.height() / height);
            long scaled = (long) (width * scale) * (long) (height * scale);
            long kept = Math.min(scaled, (long) width * height);
            long wasted = (long) canvas.width() * canvas.height() - kept;
            if (kept > mostKept || (kept == mostKept && wasted < leastWasted)) {
                best = canvas;
                mostKept = kept;
                leastWasted = wasted;
            }
        }
        return best;
    }

    private static DynamicSize.Size scaled(DynamicSize.Size canvas, int width, int height) {
        double across = (double) canvas.width() / width;
        double down = (double) canvas.height() / height;
        return across < down
                ? new DynamicSize.Size(canvas.width(), (int) Math.min(Math.ceil(height * across), canvas.height()))
                : new DynamicSize.Size((int) Math.min(Math.ceil(width * down), canvas.width()), canvas.height());
    }

    private Window window(DynamicSize.Size canvas, int width, int height) {
        int rows = canvas.height() / tile * side();
        int cols = canvas.width() / tile * side();
        if ((double) width / height > (double) cols / rows) {
            int padding = (rows - whole(height * ((double) cols / width))) / 2;
            return new Window(padding, 0, rows - 2 * padding, cols);
        }
        int padding = (cols - whole(width * ((double) rows / height))) / 2;
        return new Window(0, padding, rows, cols - 2 * padding);
    }

    private static int whole(double tokens) {
        return new BigDecimal(tokens).setScale(DIGITS, RoundingMode.HALF_EVEN).intValue();
    }

    /** Tokens along a tile's side. */
    int side() {
        return tile / patch;
    }

    /** Columns and rows of the tokens of the whole picture. */
    private DynamicSize.Size total(Window window) {
        double ratio =
                most == 0 ? 0 : Math.sqrt((double) window.rows * window.cols / ((double) most * side() * side()));
        return ratio > TOLERATED
                ? new DynamicSize.Size(floorDiv(window.cols, ratio), floorDiv(window.rows, ratio))
                : new DynamicSize.Size(window.cols, window.rows);
    }

    /** As Python divides: the quotient of what is left when the remainder has been taken off. */
    private static int floorDiv(double a, double b) {
        return (int) Math.rint((a - a % b) / b);
    }

    private Seen seen(Window window, DynamicSize.Size total, int row, int column) {
        Stretch down = Stretch.of(row * side(), side(), window.top, window.rows, total.height());
        Stretch across = Stretch.of(column * side(), side(), window.left, window.cols, total.width());
        boolean blends = total.height() != window.rows || total.width() != window.cols;
        Seen.Blend blend = !blends
                ? null
                : new Seen.Blend(
                        window.rows,
                        window.cols,
                        total.height(),
                        total.width(),
                        down.at,
                        across.at,
                        down.from,
                        across.from,
                        down.tokens,
                        across.tokens);
        return new Seen(down.skipped, across.skipped, down.count, across.count, blend);
    }

    /**
     * One axis of a tile.
     *
     * @param skipped places of the tile before the window
     * @param count places of the tile in the window
     * @param at where they begin in the window
     * @param from the first interpolated place whose centre lies among them
     * @param tokens interpolated places whose centres do
     */
    private record Stretch(int skipped, int count, int at, int from, int tokens) {
        static Stretch of(int tileFrom, int side, int windowFrom, int windowCount, int total) {
            int first = Math.clamp(tileFrom - windowFrom, 0, windowCount);
            int behind = Math.clamp(tileFrom + side - windowFrom, 0, windowCount);
            int from = firstBehind(first, windowCount, total);
            int to = firstBehind(behind, windowCount, total);
            return new Stretch(windowFrom + first - tileFrom, behind - first, first, from, to - from);
        }

        /** The first interpolated place whose centre is at or behind a place of before. */
        private static int firstBehind(int place, int before, int after) {
            return (int) Math.ceil((double) place * after / before - 0.5);
        }
    }
}

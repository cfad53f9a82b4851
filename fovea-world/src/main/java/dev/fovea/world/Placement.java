package dev.fovea.world;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The canvas while a scene is being arranged: a raster of owners at the default size, so that what each new object
 * would hide is counted, not guessed.
 */
final class Placement {
    private static final int SIDE = Renderer.DEFAULT_SIZE;
    /** Least visible share that the generator accepts; a little above the promised 0.65 so that other sizes keep it. */
    private static final double VISIBLE = 0.68;
    /** Least distance along x or y between the visible centres of two objects: more than a patch of 14 pixels. */
    private static final double CENTRES = 16;

    private static final double GAP = 3.0 / SIDE;

    private final int width;
    private final int height;
    private final byte[] owner;
    private final boolean[] writing;
    private final List<Body> bodies = new ArrayList<>();
    private final int[] full = new int[Byte.MAX_VALUE];
    private final int[] visible = new int[Byte.MAX_VALUE];
    private int[] touched = new int[4096];

    Placement(Canvas canvas) {
        width = canvas.columns(SIDE);
        height = canvas.rows(SIDE);
        owner = new byte[width * height];
        writing = new boolean[width * height];
        Arrays.fill(owner, (byte) -1);
    }

    /** Puts the object in front of those already there if the rules allow it; otherwise changes nothing. */
    boolean add(SceneObject object, boolean apart) {
        Body body = new Body(object);
        for (Body other : bodies) {
            if (apart ? tooClose(body, other) : tooDeep(body, other)) {
                return false;
            }
        }
        int count = cover(body);
        if (count < 0) {
            return false;
        }
        for (int i = 0; i < count; i++) {
            int pixel = touched[i] >> 1;
            if (owner[pixel] >= 0) {
                visible[owner[pixel]]--;
            }
            owner[pixel] = (byte) object.index();
            writing[pixel] = (touched[i] & 1) != 0;
        }
        full[object.index()] = count;
        visible[object.index()] = count;
        bodies.add(body);
        return true;
    }

    private static boolean tooClose(Body a, Body b) {
        return Math.abs(a.object.cx() - b.object.cx()) < a.halfWidth + b.halfWidth + GAP
                && Math.abs(a.object.cy() - b.object.cy()) < a.halfHeight + b.halfHeight + GAP;
    }

    private static boolean tooDeep(Body a, Body b) {
        double dx = (a.object.cx() - b.object.cx()) / (a.halfWidth + b.halfWidth);
        double dy = (a.object.cy() - b.object.cy()) / (a.halfHeight + b.halfHeight);
        return dx * dx + dy * dy < 0.25;
    }

    /** The pixels of the body, each times two plus one where it is writing; -1 if it would hide what must be seen. */
    private int cover(Body body) {
        SceneObject o = body.object;
        int left = Math.max((int) Math.floor((o.cx() - body.halfWidth) * SIDE), 0);
        int right = Math.min((int) Math.ceil((o.cx() + body.halfWidth) * SIDE), width);
        int top = Math.max((int) Math.floor((o.cy() - body.halfHeight) * SIDE), 0);
        int bottom = Math.min((int) Math.ceil((o.cy() + body.halfHeight) * SIDE), height);
        int most = (right - left) * (bottom - top);
        if (touched.length < most) {
            touched = new int[most];
        }
        double[] across = body.across(SIDE, left, right);
        double[] down = body.down(SIDE, top, bottom);
        int[] taken = new int[bodies.size()];
        int count = 0;
        for (int py = top; py < bottom; py++) {
            double dy = down[py - top];
            for (int px = left; px < right; px++) {
                double dx = across[px - left];
                double x = dx * body.cos + dy * body.sin;
                double y = dy * body.cos - dx * body.sin;
                if (body.distance(x, y) >= 0) {
                    continue;
                }
                int pixel = py * width + px;
                int below = owner[pixel];
                if (below >= 0 && (writing[pixel] || visible[below] - ++taken[below] < VISIBLE * full[below])) {
                    return -1;
                }
                touched[count++] = pixel << 1 | (body.nearText(x, y) ? 1 : 0);
            }
        }
        return count;
    }

    /** Whether the visible centres of all objects are far enough from each other to be told apart. */
    boolean centresApart() {
        int n = bodies.size();
        Box[] boxes = new Box[n];
        for (int i = 0; i < n; i++) {
            boxes[i] = visibleBox(i);
        }
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < i; j++) {
                double dx = Math.abs(boxes[i].centreX() - boxes[j].centreX());
                double dy = Math.abs(boxes[i].centreY() - boxes[j].centreY());
                if (Math.max(dx, dy) < CENTRES) {
                    return false;
                }
            }
        }
        return true;
    }

    private Box visibleBox(int index) {
        Body body = bodies.get(index);
        SceneObject o = body.object;
        int left = Math.max((int) ((o.cx() - body.halfWidth) * SIDE) - 1, 0);
        int right = Math.min((int) ((o.cx() + body.halfWidth) * SIDE) + 2, width);
        int top = Math.max((int) ((o.cy() - body.halfHeight) * SIDE) - 1, 0);
        int bottom = Math.min((int) ((o.cy() + body.halfHeight) * SIDE) + 2, height);
        return Box.around(owner, width, (byte) index, new Box(left, top, right, bottom));
    }
}

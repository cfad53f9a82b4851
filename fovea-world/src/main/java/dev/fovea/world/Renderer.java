package dev.fovea.world;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Draws scenes at any size. Edges are smooth: a pixel's share of a shape is read from the signed distance of its centre
 * to the outline. Only arithmetic that every machine does alike is used.
 */
public final class Renderer {
    /** The size that the world is made for, in pixels. */
    public static final int DEFAULT_SIZE = 224;

    private static final int LARGEST = 8192;

    private final int size;
    private final int width;
    private final int height;
    private final byte[] rgb;
    private final byte[] owner;

    private Renderer(Canvas canvas, int size) {
        this.size = size;
        width = canvas.columns(size);
        height = canvas.rows(size);
        rgb = new byte[3 * width * height];
        owner = new byte[width * height];
        Arrays.fill(owner, (byte) -1);
    }

    /**
     * Draws the scene.
     *
     * @param size pixels along a side of the usual canvas, 16 to 8192; no side of the picture has more than that
     */
    public static Picture render(Scene scene, int size) {
        if (size < 16 || Math.round(size * scene.canvas().longer()) > LARGEST) {
            throw new IllegalArgumentException(
                    "A picture of " + Math.round(size * scene.canvas().longer())
                            + " pixels was asked for; choose a size from 16 to " + LARGEST + ".");
        }
        Renderer renderer = new Renderer(scene.canvas(), size);
        Backdrop.paint(scene.background(), scene.canvas(), size, renderer.rgb);
        Box[] full = new Box[scene.objects().size()];
        int[] area = new int[full.length];
        for (SceneObject object : scene.objects()) {
            renderer.paint(new Body(object), full, area);
        }
        return new Picture(renderer.width, renderer.height, renderer.rgb, renderer.owner, renderer.extents(full, area));
    }

    private List<Picture.Extent> extents(Box[] full, int[] area) {
        List<Picture.Extent> extents = new ArrayList<>(full.length);
        for (int i = 0; i < full.length; i++) {
            Box body = full[i];
            Box visible = Box.around(owner, width, (byte) i, body);
            int count = 0;
            for (int y = visible.top(); y < visible.bottom(); y++) {
                for (int x = visible.left(); x < visible.right(); x++) {
                    if (owner[y * width + x] == i) {
                        count++;
                    }
                }
            }
            extents.add(new Picture.Extent(body, visible, area[i], count));
        }
        return extents;
    }

    private void paint(Body body, Box[] full, int[] areas) {
        SceneObject o = body.object;
        int left = Math.max((int) Math.floor((o.cx() - body.halfWidth) * size) - 1, 0);
        int right = Math.min((int) Math.ceil((o.cx() + body.halfWidth) * size) + 1, width);
        int top = Math.max((int) Math.floor((o.cy() - body.halfHeight) * size) - 1, 0);
        int bottom = Math.min((int) Math.ceil((o.cy() + body.halfHeight) * size) + 1, height);
        Surface surface = new Surface(body, size);
        double radius = o.radius() * size;
        double[] across = body.across(size, left, right);
        double[] down = body.down(size, top, bottom);
        int minX = width;
        int minY = height;
        int maxX = 0;
        int maxY = 0;
        int area = 0;
        for (int py = top; py < bottom; py++) {
            double dy = down[py - top];
            for (int px = left; px < right; px++) {
                double dx = across[px - left];
                double x = dx * body.cos + dy * body.sin;
                double y = dy * body.cos - dx * body.sin;
                double distance = body.distance(x, y) * radius;
                if (distance >= 0.5) {
                    continue;
                }
                int pixel = py * width + px;
                blend(pixel, surface.tone(x, y, distance), Math.min(0.5 - distance, 1));
                if (distance < 0) {
                    owner[pixel] = (byte) o.index();
                    area++;
                    minX = Math.min(minX, px);
                    maxX = Math.max(maxX, px + 1);
                    minY = Math.min(minY, py);
                    maxY = py + 1;
                }
            }
        }
        full[o.index()] = area == 0 ? new Box(0, 0, 0, 0) : new Box(minX, minY, maxX, maxY);
        areas[o.index()] = area;
    }

    private void blend(int pixel, int tone, double share) {
        int at = 3 * pixel;
        int result = share >= 1
                ? tone
                : Tones.blend((rgb[at] & 255) << 16 | (rgb[at + 1] & 255) << 8 | (rgb[at + 2] & 255), tone, share);
        rgb[at] = (byte) (result >> 16);
        rgb[at + 1] = (byte) (result >> 8);
        rgb[at + 2] = (byte) result;
    }
}

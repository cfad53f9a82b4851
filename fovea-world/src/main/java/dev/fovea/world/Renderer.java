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
    private static final int DARK_INK = 0x101010;
    private static final int LIGHT_INK = 0xFAFAFA;
    private static final double STRIPE_PERIOD = 0.46;
    private static final double DOT_PERIOD = 0.46;
    private static final double DOT_RADIUS = 0.145;
    private static final double ROOT_HALF = 0.7071067811865476;

    private final int size;
    private final byte[] rgb;
    private final byte[] owner;

    private Renderer(int size) {
        this.size = size;
        rgb = new byte[3 * size * size];
        owner = new byte[size * size];
        Arrays.fill(owner, (byte) -1);
    }

    /** Draws the scene on a square canvas of {@code size} pixels, 16 to 8192. */
    public static Picture render(Scene scene, int size) {
        if (size < 16 || size > LARGEST) {
            throw new IllegalArgumentException(
                    "A picture of " + size + " pixels was asked for; choose a size from 16 to " + LARGEST + ".");
        }
        Renderer renderer = new Renderer(size);
        Backdrop.paint(scene.background(), size, renderer.rgb);
        Box[] full = new Box[scene.objects().size()];
        int[] area = new int[full.length];
        for (SceneObject object : scene.objects()) {
            renderer.paint(new Body(object), full, area);
        }
        return new Picture(size, size, renderer.rgb, renderer.owner, renderer.extents(full, area));
    }

    private List<Picture.Extent> extents(Box[] full, int[] area) {
        List<Picture.Extent> extents = new ArrayList<>(full.length);
        for (int i = 0; i < full.length; i++) {
            Box body = full[i];
            Box visible = Box.around(owner, size, (byte) i, body);
            int count = 0;
            for (int y = visible.top(); y < visible.bottom(); y++) {
                for (int x = visible.left(); x < visible.right(); x++) {
                    if (owner[y * size + x] == i) {
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
        Surface surface = new Surface(body, size);
        double radius = o.radius() * size;
        int left = Math.max((int) Math.floor((o.cx() - body.halfWidth) * size) - 1, 0);
        int right = Math.min((int) Math.ceil((o.cx() + body.halfWidth) * size) + 1, size);
        int top = Math.max((int) Math.floor((o.cy() - body.halfHeight) * size) - 1, 0);
        int bottom = Math.min((int) Math.ceil((o.cy() + body.halfHeight) * size) + 1, size);
        int minX = size;
        int minY = size;
        int maxX = 0;
        int maxY = 0;
        int area = 0;
        for (int py = top; py < bottom; py++) {
            double dy = ((py + 0.5) / size - o.cy()) / o.radius();
            for (int px = left; px < right; px++) {
                double dx = ((px + 0.5) / size - o.cx()) / o.radius();
                double x = dx * body.cos + dy * body.sin;
                double y = dy * body.cos - dx * body.sin;
                double distance = body.distance(x, y) * radius;
                if (distance >= 0.5) {
                    continue;
                }
                int pixel = py * size + px;
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
                : Tones.blend((rgb[at] & 255) << 16 | (rgb[at + 1] & 255) << 8 | rgb[at + 2] & 255, tone, share);
        rgb[at] = (byte) (result >> 16);
        rgb[at + 1] = (byte) (result >> 8);
        rgb[at + 2] = (byte) result;
    }

    /** The tones of one object: fill, texture, outline and ink. */
    private static final class Surface {
        private final Body body;
        private final Texture texture;
        private final double radius;
        private final double border;
        private final int fill;
        private final int second;
        private final int edge;
        private final int ink;

        Surface(Body body, int size) {
            this.body = body;
            SceneObject o = body.object;
            radius = o.radius() * size;
            texture = o.texture();
            fill = o.rgb();
            second = o.colour().second(fill);
            boolean sign = o.shape() == Shape.SIGN;
            border = Math.max((sign ? 0.14 : 0.05) * radius, 0.004 * size);
            edge = sign
                    ? 0x303030
                    : o.colour() == Colour.BLACK
                            ? Tones.blend(fill, 0xFFFFFF, 0.35)
                            : Tones.blend(fill, 0x000000, o.colour() == Colour.WHITE ? 0.55 : 0.4);
            ink = Tones.luma(fill) > 120 ? DARK_INK : LIGHT_INK;
        }

        /** The tone at a point of the object's frame whose distance to the outline is known in pixels. */
        int tone(double x, double y, double distance) {
            double pattern = pattern(x, y);
            double writing = Double.MAX_VALUE;
            if (body.hasText()) {
                writing = body.ink(x, y) * radius;
                pattern *= Math.clamp(writing - 1.0, 0.0, 1.0);
            }
            int tone = pattern > 0 ? Tones.blend(fill, second, pattern) : fill;
            double rim = Math.clamp(distance + border + 0.5, 0.0, 1.0);
            tone = rim > 0 ? Tones.blend(tone, edge, rim) : tone;
            double inked = Math.clamp(0.5 - writing, 0.0, 1.0);
            return inked > 0 ? Tones.blend(tone, ink, inked) : tone;
        }

        private double pattern(double x, double y) {
            return switch (texture) {
                case PLAIN -> 0;
                case STRIPED -> {
                    double across = (x + y) * ROOT_HALF / STRIPE_PERIOD;
                    double phase = Math.abs(across - Math.floor(across) - 0.5) - 0.25;
                    yield Math.clamp(0.5 - phase * STRIPE_PERIOD * radius, 0.0, 1.0);
                }
                case DOTTED -> {
                    double column = x / DOT_PERIOD + 0.5;
                    double row = y / DOT_PERIOD + 0.5;
                    double dx = (column - Math.floor(column) - 0.5) * DOT_PERIOD;
                    double dy = (row - Math.floor(row) - 0.5) * DOT_PERIOD;
                    yield Math.clamp(0.5 - (Math.sqrt(dx * dx + dy * dy) - DOT_RADIUS) * radius, 0.0, 1.0);
                }
            };
        }
    }
}

package dev.fovea.world;

/**
 * Signed distances to the shapes' outlines: negative inside, positive outside, in units of the object's radius, with x
 * rightwards and y downwards from the object's centre before it is turned.
 */
final class Silhouettes {
    /** No shape but the sign reaches farther along x or y than this from its centre, however it is turned. */
    static final double REACH = 1.13;

    private static final double SIN36 = 0.5877852522924731;
    private static final double COS36 = 0.8090169943749475;
    private static final double ROOT_HALF = 0.7071067811865476;
    private static final double[] TRIANGLE = {0, -1.0, 0.98, 0.76, -0.98, 0.76};
    private static final double[] ARROW = {
        1.05, 0, 0.05, 0.88, 0.05, 0.36, -1.0, 0.36, -1.0, -0.36, 0.05, -0.36, 0.05, -0.88
    };

    private Silhouettes() {}

    /** The distance for every shape but the sign, whose plate depends on its word: see {@link #box}. */
    static double distance(Shape shape, double x, double y) {
        return switch (shape) {
            case CIRCLE -> length(x, y) - 0.95;
            case SQUARE -> box(x, y, 0.84, 0.84);
            case TRIANGLE -> polygon(TRIANGLE, x, y);
            case STAR -> star(x, y - 0.04);
            case HEART -> heart(x, y);
            case CROSS -> Math.min(box(x, y, 0.95, 0.36), box(x, y, 0.36, 0.95));
            case RING -> Math.abs(length(x, y) - 0.72) - 0.25;
            case DIAMOND -> diamond(x, y);
            case MOON -> Math.max(length(x + 0.12, y) - 0.95, 0.80 - length(x - 0.42, y));
            case ARROW -> polygon(ARROW, x, y);
            case SIGN -> throw new IllegalArgumentException("A sign's plate depends on its word.");
        };
    }

    private static double length(double x, double y) {
        return Math.sqrt(x * x + y * y);
    }

    /** A rectangle with half sides {@code halfWidth} and {@code halfHeight} around the origin. */
    static double box(double x, double y, double halfWidth, double halfHeight) {
        double dx = Math.abs(x) - halfWidth;
        double dy = Math.abs(y) - halfHeight;
        double outside = length(Math.max(dx, 0), Math.max(dy, 0));
        return outside + Math.min(Math.max(dx, dy), 0);
    }

    /** A rhombus, taller than wide so that no turned square looks like it. */
    private static double diamond(double x, double y) {
        return edge(Math.abs(x), -Math.abs(y), 0, -1.08, 0.72, 0);
    }

    /** Five points; mirrored into the one wedge of 36° that holds half of a point, where the outline is one edge. */
    private static double star(double x, double y) {
        double u = Math.abs(x);
        double v = -y;
        for (int fold = 0; fold < 2; fold++) {
            double beyond = Math.max(u * COS36 - v * SIN36, 0);
            u = Math.abs(u - 2 * beyond * COS36);
            v += 2 * beyond * SIN36;
        }
        return edge(u, -v, 0, -1.08, 0.52 * SIN36, -0.52 * COS36);
    }

    /** A square standing on its corner with a half disc on each of its upper sides. */
    private static double heart(double x, double y) {
        double side = 1.66;
        double px = Math.abs(x) / side;
        double py = (0.95 - y) / side;
        double distance;
        if (px + py > 1) {
            distance = length(px - 0.25, py - 0.75) - 0.5 * ROOT_HALF;
        } else {
            double along = Math.max(px + py, 0) / 2;
            double toNotch = length(px, py - 1);
            double toSide = length(px - along, py - along);
            distance = px > py ? Math.min(toNotch, toSide) : -Math.min(toNotch, toSide);
        }
        return distance * side;
    }

    /** Signed distance to the edge from (ax, ay) to (bx, by), positive to its right as one looks along it upwards. */
    private static double edge(double x, double y, double ax, double ay, double bx, double by) {
        double ex = bx - ax;
        double ey = by - ay;
        double px = x - ax;
        double py = y - ay;
        double along = Math.clamp((px * ex + py * ey) / (ex * ex + ey * ey), 0.0, 1.0);
        double distance = length(px - along * ex, py - along * ey);
        return ex * py - ey * px < 0 ? distance : -distance;
    }

    private static double polygon(double[] points, double x, double y) {
        double nearest = Double.MAX_VALUE;
        boolean inside = false;
        int n = points.length;
        for (int i = 0, j = n - 2; i < n; j = i, i += 2) {
            double ax = points[j];
            double ay = points[j + 1];
            double bx = points[i];
            double by = points[i + 1];
            double ex = bx - ax;
            double ey = by - ay;
            double px = x - ax;
            double py = y - ay;
            double along = Math.clamp((px * ex + py * ey) / (ex * ex + ey * ey), 0.0, 1.0);
            double dx = px - along * ex;
            double dy = py - along * ey;
            nearest = Math.min(nearest, dx * dx + dy * dy);
            if ((ay > y) != (by > y) && x < ax + (y - ay) / ey * ex) {
                inside = !inside;
            }
        }
        double distance = Math.sqrt(nearest);
        return inside ? -distance : distance;
    }
}

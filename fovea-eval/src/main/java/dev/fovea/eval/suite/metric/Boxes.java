package dev.fovea.eval.suite.metric;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Rectangles {@code {left, top, right, bottom}} as shares of the picture. */
public final class Boxes {
    private static final String NUMBER = "\\s*(-?\\d+(?:\\.\\d+)?)\\s*";
    private static final Pattern BOX =
            Pattern.compile("\\[" + NUMBER + "," + NUMBER + "," + NUMBER + "," + NUMBER + "]");

    private Boxes() {}

    /** The first four numbers in square brackets; four zeros if there are none. */
    public static double[] find(String answer) {
        Matcher m = BOX.matcher(answer);
        double[] box = new double[4];
        if (m.find()) {
            for (int i = 0; i < 4; i++) {
                box[i] = Double.parseDouble(m.group(i + 1));
            }
        }
        return box;
    }

    /** From {@code {left, top, width, height}} in pixels, as COCO writes boxes. */
    public static double[] ofCoco(double[] box, int width, int height) {
        return new double[] {box[0] / width, box[1] / height, (box[0] + box[2]) / width, (box[1] + box[3]) / height};
    }

    /** Intersection over union; 0 where neither has an area. */
    public static double overlap(double[] a, double[] b) {
        double width = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
        double height = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
        double common = width * height;
        double all = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common;
        return all <= 0 ? 0 : common / all;
    }
}

package dev.fovea.core.overlay;

import dev.fovea.core.image.RgbImage;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/**
 * The strip under an overlay: how many tokens are left and, with a heat map, which score has which colour.
 *
 * @param patches the grid
 * @param style what the picture shows
 * @param kept visual tokens left of this picture
 * @param total visual tokens of this picture
 */
record Legend(PatchMap patches, Overlay.Style style, int kept, int total) {
    private static final Color NIGHT = new Color(0x17171C);
    private static final Color PAPER = new Color(0xF2F2EE);

    /** Below this a text is only a smudge. */
    private static final double LEGIBLE = 6;

    /** The canvas with the strip under it. */
    BufferedImage under(RgbImage canvas) {
        int width = canvas.width();
        int strip = Math.max(24, Math.round(Math.max(width, canvas.height()) / 20f));
        BufferedImage out = new BufferedImage(width, canvas.height() + strip, BufferedImage.TYPE_3BYTE_BGR);
        Graphics2D g = out.createGraphics();
        try {
            g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            g.drawImage(canvas.toBufferedImage(), 0, 0, null);
            g.setColor(NIGHT);
            g.fillRect(0, canvas.height(), width, strip);
            write(g, width, canvas.height(), strip);
        } finally {
            g.dispose();
        }
        return out;
    }

    private void write(Graphics2D g, int width, int top, int strip) {
        HeatScale scale = HeatScale.of(patches.score());
        boolean heat = style == Overlay.Style.HEAT && !scale.isEmpty();
        String count = kept + " of " + total + " visual tokens" + (kept < total ? " kept" : "");
        String low = heat ? "score " + number(scale.low()) : "";
        String high = heat ? number(scale.high()) : "";
        double text = 0.42 * strip;
        double gap = 0.5 * strip;
        double needed = 2 * gap + StrokeFont.width(count, text);
        if (heat) {
            needed += 3 * gap + 3 * strip + StrokeFont.width(low, text) + StrokeFont.width(high, text);
        }
        double fit = Math.min(1, width / needed);
        text *= fit;
        gap *= fit;
        if (text < LEGIBLE) {
            return;
        }
        double y = top + (strip - text) / 2;
        g.setColor(PAPER);
        StrokeFont.draw(g, count, gap, y, text);
        if (heat) {
            double x = width - gap - StrokeFont.width(high, text);
            StrokeFont.draw(g, high, x, y, text);
            int bar = (int) (3 * strip * fit);
            x -= gap / 2 + bar;
            ramp(g, (int) x, (int) y, bar, (int) Math.ceil(text));
            g.setColor(PAPER);
            StrokeFont.draw(g, low, x - gap / 2 - StrokeFont.width(low, text), y, text);
        }
    }

    private static void ramp(Graphics2D g, int left, int top, int width, int height) {
        for (int x = 0; x < width; x++) {
            g.setColor(new Color(HeatRamp.colour(x / Math.max(1.0, width - 1))));
            g.fillRect(left + x, top, 1, height);
        }
    }

    /** Three digits, with an exponent only where the number would be long. */
    static String number(float value) {
        if (value == 0) {
            return "0";
        }
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(3)).stripTrailingZeros();
        String plain = rounded.toPlainString();
        return plain.length() <= 8 ? plain : String.format(Locale.ROOT, "%.1e", value);
    }
}

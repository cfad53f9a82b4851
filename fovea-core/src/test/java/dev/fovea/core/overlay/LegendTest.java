package dev.fovea.core.overlay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LegendTest {

    @ParameterizedTest
    @CsvSource({"0,0", "0.0123456,0.0123", "-2.5,-2.5", "17.26,17.3", "1234567,1230000", "3.21e-7,3.2e-07"})
    void numbersAreShort(float value, String text) {
        assertThat(Legend.number(value)).isEqualTo(text);
    }

    @Test
    void everyLetterDrawsInk() {
        for (char c : "0123456789.-acdefghiklmnoprstuv".toCharArray()) {
            BufferedImage image = new BufferedImage(40, 60, BufferedImage.TYPE_BYTE_GRAY);
            Graphics2D g = image.createGraphics();
            g.setColor(Color.WHITE);
            StrokeFont.draw(g, String.valueOf(c), 4, 4, 36);
            g.dispose();
            int ink = 0;
            for (int i = 0; i < 40 * 60; i++) {
                ink += image.getRaster().getSample(i % 40, i / 40, 0) > 128 ? 1 : 0;
            }
            assertThat(ink).as("ink of %s", c).isBetween(10, 700);
        }
    }

    @Test
    void anUnknownLetterIsAnError() {
        Graphics2D g = new BufferedImage(9, 9, BufferedImage.TYPE_BYTE_GRAY).createGraphics();
        assertThatThrownBy(() -> StrokeFont.draw(g, "ß", 0, 0, 5)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aFewGreatScoresDoNotHideTheRest() {
        float[] scores = new float[200];
        for (int i = 0; i < 199; i++) {
            scores[i] = i;
        }
        scores[199] = 1e6f;
        HeatScale scale = HeatScale.of(scores);
        assertThat(scale.values()[100]).isBetween(0.4f, 0.6f);
        assertThat(scale.values()[199]).isEqualTo(1f);
        assertThat(HeatScale.of(new float[] {Float.NaN}).isEmpty()).isTrue();
    }
}

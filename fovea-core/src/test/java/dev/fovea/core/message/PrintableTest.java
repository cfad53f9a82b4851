package dev.fovea.core.message;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrintableTest {
    @Test
    void plainTextStaysAsItIs() {
        assertThat(Printable.of("model.layers.0 ▁été 🙂 中")).isEqualTo("model.layers.0 ▁été 🙂 中");
        assertThat(Printable.of(null)).isEqualTo("null");
        assertThat(Printable.of("👩\u200d🚀"))
                .as("a joiner inside a picture of several")
                .isEqualTo("👩\u200d🚀");
    }

    @ParameterizedTest
    @CsvSource({
        "1b, \\u001b", // begins the commands of a terminal
        "9b, \\u009b", // the same in one byte
        "07, \\u0007",
        "00, \\u0000",
        "7f, \\u007f",
        "0a, \\n",
        "0d, \\r",
        "09, \\t",
        "202e, \\u202e", // turns the reading direction
        "2066, \\u2066",
        "200b, \\u200b",
        "feff, \\ufeff",
        "2028, \\u2028",
        "d800, \\ud800" // half of a character
    })
    void whatCannotBeSeenIsSpelled(String hex, String expected) {
        String text = "a" + (char) Integer.parseInt(hex, 16) + "b";
        assertThat(Printable.of(text)).isEqualTo("a" + expected + "b");
        assertThat(Printable.sentence(text)).isEqualTo("a" + expected + "b");
    }

    @Test
    void longTextIsCutBetweenCharacters() {
        assertThat(Printable.of("x".repeat(80))).hasSize(80);
        assertThat(Printable.of("x".repeat(81))).isEqualTo("x".repeat(80) + "…");
        assertThat(Printable.of("🙂".repeat(50), 5)).isEqualTo("🙂🙂…");
        assertThat(Printable.of("\u001b".repeat(50), 13)).isEqualTo("\\u001b\\u001b…");
        assertThat(Printable.sentence("y".repeat(1_000_000))).hasSize(1_201);
    }
}

package dev.fovea.core.technique;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CardTest {
    private static final String TEXT = """
            id          some-technique
            title       A Title That Is So Long: It Runs
                        Over Two Lines
            arxiv       2403.06764
            summary     Does something.
            stations    encoder, decoder
            budget      Tokens left.
            full        acts with r
            knob        r = auto, whole 0..4096: Tokens; auto: by budget.
            knob        alpha = 0.5, -1..2.5: A weight,
                        over two lines.
            knob        beta = 1, share: A share.
            knob        rope = on | off: A flag.
            knob        k = 2/32 decoder layers from 0: A depth.
            substitute  class-attention
            trained     yes
            note        One.
            note        Two.
            """;

    @Test
    void everyFieldIsRead() {
        Card card = Card.of(TEXT);
        assertThat(card)
                .isEqualTo(new Card(
                        "some-technique",
                        "A Title That Is So Long: It Runs Over Two Lines",
                        "2403.06764",
                        "Does something.",
                        List.of("encoder", "decoder"),
                        "Tokens left.",
                        new Card.AtFull(true, List.of("r")),
                        List.of(
                                new Knob("r", "auto", new Values.Numbers(true, 0, 4096), "Tokens; auto: by budget."),
                                new Knob(
                                        "alpha",
                                        "0.5",
                                        new Values.Numbers(false, -1, 2.5),
                                        "A weight, over two lines."),
                                new Knob("beta", "1", new Values.Numbers(false, 0, 1), "A share."),
                                new Knob("rope", "on", new Values.Choice(List.of("on", "off")), "A flag."),
                                new Knob("k", "2/32", new Depth(2, 32, Depth.Part.DECODER, 0), "A depth.")),
                        List.of(Substitute.CLASS_ATTENTION),
                        true,
                        List.of("One.", "Two.")));
        assertThat(card.knobs().stream().map(Knob::range))
                .containsExactly("0..4096", "-1..2.5", "0..1", "on | off", "0..L-1 of L decoder layers");
    }

    @Test
    void leastFields() {
        Card card = Card.of("""
                id        full
                title     Plain
                summary   Nothing.
                stations  none
                budget    Not read.
                """);
        assertThat(card.arxiv()).isEmpty();
        assertThat(card.stations()).isEmpty();
        assertThat(card.trained()).isFalse();
        assertThat(card.actsAtFull(Knobs.defaults(card))).isFalse();
        assertThat(card.full().text()).isEqualTo("changes nothing");
    }

    @Test
    void actsAtFullOnlyWithItsKnobs() {
        Card card = Card.of(TEXT);
        assertThat(card.actsAtFull(Knobs.defaults(card))).isFalse();
        assertThat(card.actsAtFull(Knobs.of(card, Map.of("r", "0")))).isTrue();
        assertThat(card.full().text()).isEqualTo("acts only with r");
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            quoteCharacter = '"',
            value = {
                "summary     Does something. => sumary     Does something. => no field 'sumary' (did you mean 'summary'?)",
                "arxiv       2403.06764 => arxiv       2403.6764 => '2403.6764' is no arxiv",
                "id          some-technique => id          Some => 'Some' is no id",
                "summary     Does something. => summary     Does something => must end with a full stop",
                "budget      Tokens left. => note        Tokens left. => the field 'budget' is missing",
                "arxiv       2403.06764 => title       Another => the field 'title' is there twice",
                "trained     yes => trained     perhaps => 'trained' must be 'yes'",
                "note        One. => note => the field 'note' is empty",
                "encoder, decoder => encoder, decodre => no station 'decodre' (did you mean 'decoder'?)",
                "encoder, decoder => decoder, encoder => path order",
                "acts with r => acts with k => 'k', which is no knob that is auto by default",
                "acts with r => sometimes => must be 'full acts' or",
                "class-attention => class-atention => no substitute 'class-atention'",
                "knob        beta => knob        alpha => the knob 'alpha' is there twice",
                "0.5, -1..2.5 => 2.6, -1..2.5 => its default must be in -1..2.5, got 2.6",
                "0.5, -1..2.5 => 0.5, 2.5..-1 => its range is empty",
                "0.5, -1..2.5 => 0x1p-1, -1..2.5 => its default must be a number in -1..2.5",
                "auto, whole 0..4096 => 1.5, whole 0..4096 => its default must be a whole number in 0..4096",
                "auto, whole 0..4096 => 1, whole 0..4096.5 => '4096.5' is no whole number",
                "on | off => on => neither a number with its range, nor a layer, nor two or more different words",
                "on | off => on | on => neither",
                "2/32 decoder => 32/32 decoder => its default lies outside 0..L-1 of L decoder layers",
                "A flag. => A flag => it must have the form",
            })
    void mistakesAreExplained(String right, String wrong, String message) {
        assertThat(TEXT).contains(right);
        assertThatThrownBy(() -> Card.of(TEXT.replace(right, wrong)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("The card of ")
                .hasMessageContaining(message)
                .hasMessageEndingWith(".");
    }

    @Test
    void aLineThatContinuesNothing() {
        assertThatThrownBy(() -> Card.of("  id x\n")).hasMessageContaining("'id x' continues no field");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0x10", "1.5", "1e1", "\u0663", "\u2167", "+3", "1 0", "", "4.0", "NaN", "1_000"})
    void wholeNumbersRefuseEverythingElse(String value) {
        Card card = Card.of(TEXT);
        assertThatThrownBy(() -> Knobs.of(card, Map.of("r", value)))
                .hasMessage("Knob 'r' of technique 'some-technique' must be a whole number in 0..4096, got '" + value
                        + "'.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0x1p-1", "0.5d", "0.5f", "\u0660.\u0665", "NaN", "Infinity", "", "0,5", "half"})
    void numbersAreDecimal(String value) {
        Card card = Card.of(TEXT);
        assertThatThrownBy(() -> Knobs.of(card, Map.of("alpha", value)))
                .hasMessage(
                        "Knob 'alpha' of technique 'some-technique' must be a number in -1..2.5, got '" + value + "'.");
    }

    @Test
    void numbersInEveryDecimalSpelling() {
        Card card = Card.of(TEXT);
        for (String half : List.of("0.5", ".5", "5e-1", "00.50", "5.E-1")) {
            assertThat(Knobs.of(card, Map.of("alpha", half)).number("alpha")).isEqualTo(0.5);
        }
        assertThat(Knobs.of(card, Map.of("alpha", "-1")).number("alpha")).isEqualTo(-1);
        assertThat(Knobs.of(card, Map.of("r", "007")).integer("r")).isEqualTo(7);
        assertThatThrownBy(() -> Knobs.of(card, Map.of("alpha", "2.6")))
                .hasMessage("Knob 'alpha' of technique 'some-technique' must be in -1..2.5, got 2.6.");
        assertThatThrownBy(() -> Knobs.of(card, Map.of("r", "99999999999")))
                .hasMessage("Knob 'r' of technique 'some-technique' must be in 0..4096, got 99999999999.");
        assertThatThrownBy(() -> Knobs.of(card, Map.of("rope", "onn"))).hasMessageContaining("did you mean 'on'?");
    }

    @Test
    void budgetsAreDecimalToo() {
        for (String wrong : List.of("0x10", "\u0666\u0664", "0x1p3%", "25d%", "NaN%", "6.4", "+64", "99999999999")) {
            assertThatThrownBy(() -> Budget.parse(wrong)).as(wrong).hasMessageContaining("Cannot read the budget");
        }
        assertThat(Budget.parse(" 12.5 % ")).isEqualTo(Budget.share(0.125));
    }
}

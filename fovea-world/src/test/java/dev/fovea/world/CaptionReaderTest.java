package dev.fovea.world;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Collectors;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CaptionReaderTest {
    private static String read(String caption) {
        return CaptionReader.read(caption).stream().map(Mention::words).collect(Collectors.joining(", "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a red star | 1 red star",
                "A picture of two red stars, a blue ring with the digit 7 and a sign with the word STOP."
                        + " | 2 red star, 1 blue ring, 1 sign",
                "3 objects. row 1 column 3: small striped red star with the letter B. row 2 column 1: large plain blue"
                        + " circle. row 2 column 2: medium dotted pink cross. | 1 red star, 1 blue circle, 1 pink cross",
                "There are three crosses | 3 cross",
                "red circles | 2 red circle",
                "several stars and a couple of blue moons | 2 star, 2 blue moon",
                "a single, large, striped orange diamond | 1 orange diamond",
                "I see a lovely red star | 1 red star",
                "A golden crescent and a violet rhombus | 1 yellow moon, 1 purple diamond",
                "a crescent moon | 1 moon",
                "a red plus sign | 1 red cross",
                "a red star plus a blue ring | 1 red star, 1 blue ring",
                "a diamond ring | 1 ring",
                "a red star-shaped object and a heart shaped sign | 1 red star, 1 sign",
                "a circular green thing | 1 green circle",
            })
    void whatIsNamedIsRead(String caption, String read) {
        assertThat(read(caption)).isEqualTo(read);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a red and a blue star | 1 red star, 1 blue star",
                "two red and three blue stars | 2 red star, 3 blue star",
                "red, blue and green stars | 1 red star, 1 blue star, 1 green star",
                "three red and blue stars | 1 red star, 1 blue star, 1 star",
                "a red and blue star | 1 other",
                "a red or orange star | 1 star",
                "The star is red and the circle is blue. | 1 red star, 1 blue circle",
                "a star that is red | 1 red star",
                "There is a star. It is red. | 1 red star",
                "There is a circle and it is not red. | 1 circle",
                "a star and some red ones | 1 star, 2 red object",
                "The colour of the circle is red | 1 red circle",
                "what you see are red and blue stars | 1 red star, 1 blue star",
            })
    void coloursFindTheirNouns(String caption, String read) {
        assertThat(read(caption)).isEqualTo(read);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "There is a red star. The red star is left of the blue ring. | 1 red star, 1 blue ring",
                "two red stars; the stars are large | 2 red star",
                "a red star and another red star | 1 red star, 1 red star",
                "a red star, the red one is big | 1 red star",
                "the two red stars | 2 red star",
                "one of the circles is red | 2 circle",
            })
    void whatIsNamedAgainIsNotCountedAgain(String caption, String read) {
        assertThat(read(caption)).isEqualTo(read);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "no red star | ''",
                "There are no circles, stars or hearts, two rings and a moon | 2 ring, 1 moon",
                "There is no circle but a red star | 1 red star",
                "neither a star nor a circle; a ring | 1 ring",
                "a ring without a star. A moon. | 1 ring, 1 moon",
                "0 stars and 2 rings | 2 ring",
                "a blue ring with the letter A | 1 blue ring",
                "a ring with A on it and a moon with 3 on it | 1 ring, 1 moon",
                "a sign saying \"RED STAR\" | 1 sign",
                "a sign that says 'TWO STARS' and a moon | 1 sign, 1 moon",
                "a green background with red stripes | ''",
                "a red star with blue dots on a square canvas | 1 red star",
                "five objects in the picture | ''",
                "two red objects | 2 red object",
                "a grey star and a red hexagon | 1 other, 1 red other",
                "two dogs chase a cat | 2 other, 1 other",
                "I cannot help with that. | ''",
                "'' | ''",
            })
    void whatIsNotThereIsNotRead(String caption, String read) {
        assertThat(read(caption)).isEqualTo(read);
    }

    /** Whatever a model says, there is an end to it. */
    @Test
    void endlessAndBrokenTextsAreRead() {
        assertThat(CaptionReader.read("a red ".repeat(20_000))).isEmpty();
        assertThat(CaptionReader.read("a red star, ".repeat(2_000))).hasSize(2_000);
        assertThat(CaptionReader.read("99999999999999999999 stars"))
                .extracting(Mention::count)
                .containsExactly(999);
        assertThat(CaptionReader.read("\"\"'“ \u0000 \uD800 %&$ and and, , of the"))
                .isEmpty();
    }

    /** The world's own captions name every object once, in either form. */
    @RepeatedTest(200)
    void theWorldsCaptionsAreTrueAndComplete(RepetitionInfo trial) {
        Scene scene = Scenes.generate(7_000 + trial.getCurrentRepetition(), SceneOptions.defaults());
        Picture picture = Renderer.render(scene, 56);
        int n = scene.objects().size();
        for (String caption : new String[] {
            Captions.full(scene, picture), Captions.brief(scene, picture, trial.getCurrentRepetition())
        }) {
            Told told = Told.of(scene, caption);
            assertThat(told.things()).as(caption).hasSize(n);
            assertThat(told.count(Told.Truth.FOUND)).as(caption).isEqualTo(n);
            assertThat(told.found()).isEqualTo(n);
            assertThat(told.objects()).isEqualTo(n);
        }
    }
}

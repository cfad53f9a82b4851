package dev.fovea.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GradingTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            PRESENCE     | yes            | Yes.                     | true
            PRESENCE     | yes            | no                       | false
            COLOUR       | red            | It is red.               | true
            COLOUR       | red            | the colour red           | false
            SHAPE        | star           | A star                   | true
            SHAPE        | moon           | a crescent               | true
            COUNT        | 3              | three                    | true
            COUNT        | 3              | There are 3              | true
            COUNT        | 3              | 4                        | false
            COUNT        | 0              | zero                     | true
            LOCATION     | top left       | Upper-left               | true
            LOCATION     | top left       | left top                 | true
            LOCATION     | centre         | the middle               | true
            LOCATION     | top            | top center               | true
            LOCATION     | left           | centre left              | true
            LOCATION     | top left       | top                      | false
            LOCATION     | row 2 column 3 | row two, column three    | true
            LOCATION     | row 2 column 3 | row 3 column 2           | false
            READING      | STOP           | "Stop"                   | true
            READING      | A              | A                        | true
            READING      | A              | the letter A             | true
            READING      | A              |                          | false
            READING      | 7              | digit 7                  | true
            UNANSWERABLE | not there      | There is no heart.       | true
            UNANSWERABLE | not there      | not there                | true
            UNANSWERABLE | not there      | red                      | false
            """)
    void answersAreLevelled(Skill skill, String answer, String given, boolean right) {
        Question question = new Question(skill, "test", "?", answer);
        assertThat(Grading.correct(question, given == null ? "" : given)).isEqualTo(right);
    }

    @Test
    void acceptedAnswersCount() {
        Question question = new Question(Skill.COMPARISON, "which", "?", "red star", List.of("star"));
        assertThat(Grading.correct(question, "the star")).isTrue();
        assertThat(Grading.correct(question, "the red star")).isTrue();
        assertThat(Grading.correct(question, "red")).isFalse();
    }

    @Test
    void boxesAreHeldAgainstTheTrueOne() {
        Question.TrueBox box = new Question.TrueBox(10, 20, 30, 40);
        Question question = new Question(Skill.LOCATION, "box", "?", "10 20 30 40", List.of(), box);
        assertThat(Grading.correct(question, "10 20 30 40")).isTrue();
        assertThat(Grading.correct(question, "[12, 21, 33, 40]")).isTrue();
        assertThat(Grading.correct(question, "20 20 40 40")).isFalse();
        assertThat(Grading.correct(question, "10 20 30")).isFalse();
        assertThat(Grading.correct(question, "30 40 10 20")).isFalse();
        assertThat(Grading.correct(question, "top left")).isFalse();
        assertThat(Grading.overlap(box, "20 20 40 40")).isCloseTo(1 / 3.0, within(1e-9));
    }
}

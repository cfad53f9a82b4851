package dev.fovea.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PagesTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "1,3-5; 1 3 4 5",
                "5,1; 1 5",
                " 2 - 3 , 3 ; 2 3",
                "4-; 4 5",
                "1-3,2-5; 1 2 3 4 5",
            })
    void choosesEachPageOnceInOrder(String text, String expected) {
        int[] chosen = Pages.parse(text).of("x.pdf", 5, 5);
        assertThat(chosen)
                .containsExactly(java.util.Arrays.stream(expected.split(" "))
                        .mapToInt(Integer::parseInt)
                        .toArray());
    }

    @Test
    void withoutAChoiceAllPagesAreTaken() {
        assertThat(Pages.all().of("x.pdf", 3, 3)).containsExactly(1, 2, 3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "0x1", "1;2", "-3", "1--2", "1,,2", "1.5", "99999999999"})
    void whatNamesNoPagesIsRefused(String text) {
        assertThatThrownBy(() -> Pages.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("names no pages; write them like 1,3-5 or 7-.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "3-2", "0-4"})
    void pagesCountFromOneTheSmallerFirst(String text) {
        assertThatThrownBy(() -> Pages.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("pages count from 1, the smaller first");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "6| x.pdf has 5 pages, and no page 6",
                "2-9| x.pdf has 5 pages, and no page 9",
                "7-| x.pdf has 5 pages, and no page 7",
                "1-4| Of x.pdf 4 pages are chosen, more than the 3 that are read at once; choose some, for example 1-3",
                "1-2,4-5| Of x.pdf 4 pages are chosen, more than the 3 that are read at once; choose some, for example 1-3",
            })
    void whatIsNotThereOrTooMuchIsSaid(String text, String sentence) {
        assertThatThrownBy(() -> Pages.parse(text).of("x.pdf", 5, 3))
                .isInstanceOf(DocumentException.class)
                .hasMessage(sentence);
    }
}

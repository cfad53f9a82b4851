package dev.fovea.core.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class StopStringsTest {
    /** What comes out, piece by piece, with the rest at the end. */
    private static List<String> run(List<String> stops, String... pieces) {
        StopStrings filter = new StopStrings(stops);
        List<String> out = new ArrayList<>();
        for (String piece : pieces) {
            out.add(filter.accept(piece));
        }
        out.add(filter.finish());
        return out;
    }

    @Test
    void aStopStringOverSeveralPiecesIsCutExactly() {
        assertThat(run(List.of("USER:"), "Four. U", "SE", "R: next")).containsExactly("Four. ", "", "", "");
        assertThat(run(List.of("USER:"), "Four. U", "SA", " wins")).containsExactly("Four. ", "USA", " wins", "");
    }

    @Test
    void whatCouldHaveBecomeAStopStringComesAtTheEnd() {
        assertThat(run(List.of("###"), "a#", "#")).containsExactly("a", "", "##");
    }

    @Test
    void overlappingBeginningsAreNotLost() {
        assertThat(String.join("", run(List.of("aab"), "a", "a", "a", "b", "c")))
                .isEqualTo("a");
        assertThat(String.join("", run(List.of("abab c"), "ab", "ab", "ab c"))).isEqualTo("ab");
    }

    @Test
    void theOneThatIsCompleteFirstCounts() {
        assertThat(String.join("", run(List.of("bcde", "cd"), "abcdef"))).isEqualTo("ab");
        assertThat(String.join("", run(List.of("cd", "bcd"), "abcdef"))).isEqualTo("a");
    }

    @Test
    void withoutStopStringsEverythingPasses() {
        assertThat(run(List.of(), "a", "b")).containsExactly("a", "b", "");
    }

    @Test
    void emptyStopStringsAreRefused() {
        assertThatThrownBy(() -> new StopStrings(List.of("a", ""))).hasMessageContaining("must not be empty");
    }

    @RepeatedTest(1000)
    void theResultDoesNotDependOnThePieces(RepetitionInfo trial) {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        String text = letters(random, random.nextInt(31));
        List<String> stops = new ArrayList<>();
        for (int count = random.nextInt(4); count > 0; count--) {
            stops.add(letters(random, random.nextInt(1, 5)));
        }
        List<String> pieces = new ArrayList<>();
        String rest = text;
        for (int cuts = random.nextInt(9); cuts > 0; cuts--) {
            int at = random.nextInt(rest.length() + 1);
            pieces.add(rest.substring(0, at));
            rest = rest.substring(at);
        }
        pieces.add(rest);
        assertThat(String.join("", run(stops, pieces.toArray(String[]::new)))).isEqualTo(expected(text, stops));
    }

    private static String letters(SplittableRandom random, int length) {
        return random.ints(length, 'a', 'd')
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /** By trying every end: the first end at which some stop string is complete. */
    private static String expected(String text, List<String> stops) {
        for (int end = 1; end <= text.length(); end++) {
            String so = text.substring(0, end);
            int longest = stops.stream()
                    .filter(so::endsWith)
                    .mapToInt(String::length)
                    .max()
                    .orElse(0);
            if (longest > 0) {
                return so.substring(0, end - longest);
            }
        }
        return text;
    }
}

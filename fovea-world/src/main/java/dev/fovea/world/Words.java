package dev.fovea.world;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The closed lists of everything that can be written in the world. */
public final class Words {
    /** The words of signs. */
    public static final List<String> SIGNS = List.of(
            "STOP", "EXIT", "OPEN", "CAFE", "TAXI", "SHOP", "PARK", "BANK", "FOOD", "HELP", "SALE", "FREE", "ZOO",
            "BUS", "ART", "GYM", "SPA", "MAP", "TEA", "BAR");

    /** The capital letters. */
    public static final List<String> LETTERS =
            IntStream.rangeClosed('A', 'Z').mapToObj(Character::toString).toList();

    /** The digits. */
    public static final List<String> DIGITS =
            IntStream.rangeClosed('0', '9').mapToObj(Character::toString).toList();

    /** Letters, then digits, then the words of signs: the order of {@link #textClass}. */
    public static final List<String> ALL =
            Stream.of(LETTERS, DIGITS, SIGNS).flatMap(List::stream).toList();

    private Words() {}

    /** 0 for no text, otherwise 1 plus the text's place in {@link #ALL}. */
    public static int textClass(@Nullable String text) {
        return text == null ? 0 : ALL.indexOf(text) + 1;
    }
}

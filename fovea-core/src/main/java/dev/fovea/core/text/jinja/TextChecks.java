package dev.fovea.core.text.jinja;

import java.util.function.IntPredicate;

/** The questions that Python's str answers about its characters. */
final class TextChecks {
    private TextChecks() {}

    static boolean apply(String s, String name, Limits limits) {
        limits.lookedAt(s.length());
        return switch (name) {
            case "isdigit" -> all(s, Characters::isDigit);
            case "isdecimal" -> all(s, Character::isDigit);
            case "isnumeric" -> all(s, Characters::isNumeric);
            case "isalpha" -> all(s, Character::isLetter);
            case "isalnum" -> all(s, Characters::isAlphanumeric);
            case "isascii" -> s.chars().allMatch(c -> c < 0x80);
            case "isspace" -> all(s, Characters::isSpace);
            case "isprintable" -> s.codePoints().allMatch(Characters::isPrintable);
            case "isupper" -> cased(s, Character::isUpperCase);
            case "islower" -> cased(s, Character::isLowerCase);
            case "istitle" -> isTitle(s);
            case "isidentifier" -> isIdentifier(s);
            default -> throw new TemplateException("the method '" + name + "' is not known");
        };
    }

    private static boolean all(String s, IntPredicate test) {
        return !s.isEmpty() && s.codePoints().allMatch(test);
    }

    private static boolean cased(String s, IntPredicate wanted) {
        return s.codePoints().anyMatch(wanted)
                && s.codePoints().allMatch(c -> wanted.test(c) || !Characters.isCased(c));
    }

    private static boolean isTitle(String s) {
        boolean any = false;
        boolean inWord = false;
        for (int i = 0; i < s.length(); i += Character.charCount(s.codePointAt(i))) {
            int c = s.codePointAt(i);
            boolean upper = Character.isUpperCase(c) || Character.isTitleCase(c);
            if (upper && inWord || Character.isLowerCase(c) && !inWord) {
                return false;
            }
            inWord = upper || Character.isLowerCase(c);
            any |= inWord;
        }
        return any;
    }

    static boolean isIdentifier(String s) {
        if (s.isEmpty() || !(Character.isUnicodeIdentifierStart(s.codePointAt(0)) || s.charAt(0) == '_')) {
            return false;
        }
        return s.codePoints()
                .allMatch(c -> Character.isUnicodeIdentifierPart(c) && !Character.isIdentifierIgnorable(c));
    }
}

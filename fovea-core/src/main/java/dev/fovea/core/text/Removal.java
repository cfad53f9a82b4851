package dev.fovea.core.text;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a normalizer may remove from a text. An added token of which nothing is left would be found everywhere, also in
 * the middle of a character, which the native library does not survive.
 */
final class Removal {
    private final List<Charsmap> maps = new ArrayList<>();
    private boolean unseen;
    private final List<String> replacements = new ArrayList<>();
    private boolean underlines;

    void add(Charsmap map) {
        maps.add(map);
    }

    /** Strip, StripAccents, BertNormalizer or Nmt. */
    void addKind(String kind) {
        unseen = true;
        underlines |= kind.equals("Nmt");
    }

    /** What is put in another's place may vanish later. */
    void addReplacement(String content) {
        replacements.add(content);
    }

    /** Whether nothing may be left of this; a doubt is a yes. */
    boolean mayRemove(String content) {
        if (replacements.stream().anyMatch(this::mayVanish)) {
            return true;
        }
        if (!maps.isEmpty()) {
            return IntStream.range(0, content.length()).noneMatch(i -> lastsInMaps(content, i));
        }
        return unseen && content.codePoints().noneMatch(Removal::lasts);
    }

    private boolean mayVanish(String replacement) {
        return replacement.codePoints().allMatch(c -> vanishes(c) || (c == '▁' && underlines));
    }

    /** Maps may replace a character together with the marks behind it. */
    private boolean lastsInMaps(String content, int i) {
        char c = content.charAt(i);
        boolean alone = i + 1 == content.length() || content.charAt(i + 1) < 0x7f;
        return c > ' ' && c < 0x7f && alone && maps.stream().noneMatch(map -> map.removes(c));
    }

    private static boolean vanishes(int c) {
        return isBlank(c) || Character.isISOControl(c) || isMark(c) || !Character.isDefined(c) || c == 0xfffd;
    }

    private static boolean isMark(int c) {
        int type = Character.getType(c);
        return type == Character.NON_SPACING_MARK
                || type == Character.COMBINING_SPACING_MARK
                || type == Character.ENCLOSING_MARK
                || type == Character.FORMAT
                || type == Character.PRIVATE_USE;
    }

    /** Blanks as regular expressions understand them. */
    static boolean isBlank(int c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
    }

    /** Characters of old that no table takes for a mark, a blank or a control. */
    private static boolean lasts(int c) {
        boolean old = c <= 0x52f || (c >= 0x3041 && c <= 0x9fff) || (c >= 0xac00 && c <= 0xd7a3);
        return (c > ' ' && c < 0x7f) || (old && Character.isLetterOrDigit(c));
    }
}

package dev.fovea.core.text;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How a tokenizer's special tokens are written, and where a text could be taken for them. */
final class SpecialSpellings {
    private final Map<String, Integer> ids = new LinkedHashMap<>();
    private final Map<Character, List<String>> byFirst = new HashMap<>();
    private final boolean behindNormalizer;

    /** Tokens that the file marks as special, and those with a role. */
    SpecialSpellings(TokenizerFile file, SpecialTokens roles) {
        Collection<String> named = Stream.of(
                        roles.beginning(), roles.end(), roles.padding(), roles.unknown(), roles.image())
                .filter(Objects::nonNull)
                .toList();
        boolean normalized = false;
        for (AddedToken token : file.added()) {
            Integer id = file.ids().get(token.content());
            if (id != null && (token.special() || named.contains(token.content()))) {
                ids.put(token.content(), id);
                normalized |= token.normalized();
            }
        }
        this.behindNormalizer = normalized;
        for (String text : ids.keySet()) {
            byFirst.computeIfAbsent(text.charAt(0), c -> new ArrayList<>()).add(text);
        }
        byFirst.values()
                .forEach(list ->
                        list.sort(Comparator.comparingInt(String::length).reversed()));
    }

    Set<String> all() {
        return ids.keySet();
    }

    boolean isSpecial(int id) {
        return ids.containsValue(id);
    }

    /** Whether other writings than these may be special too: those that a normalizer turns into them. */
    boolean behindNormalizer() {
        return behindNormalizer;
    }

    /** A special token in a text. */
    record Place(int begin, String text, int id) {}

    /** All of them from the left, the longest at each place, as the tokenizer finds them. */
    List<Place> find(String text) {
        List<Place> places = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            String found = startingAt(text, at);
            if (found == null) {
                at++;
            } else {
                places.add(new Place(at, found, Objects.requireNonNull(ids.get(found))));
                at += found.length();
            }
        }
        return places;
    }

    private @Nullable String startingAt(String text, int at) {
        for (String special : byFirst.getOrDefault(text.charAt(at), List.of())) {
            if (text.startsWith(special, at)) {
                return special;
            }
        }
        return null;
    }

    /** Whether a text spells one, or could with what stands before or behind it. */
    boolean mayArise(String text) {
        if (text.isEmpty()) {
            return false;
        }
        return !find(text).isEmpty() || ids.keySet().stream().anyMatch(special -> touches(text, special));
    }

    /** Whether the text ends as the special token begins, or begins as it ends. */
    private static boolean touches(String text, String special) {
        for (int length = 1; length < special.length(); length++) {
            if (text.regionMatches(text.length() - length, special, 0, length)
                    || text.startsWith(special.substring(special.length() - length))) {
                return true;
            }
        }
        return false;
    }
}

package dev.fovea.core.text;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.message.Printable;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a {@code tokenizer.json} around its model, held against what the native library (version 0.21 of
 * {@code tokenizers}) does with them: a part of another form would end the process there instead of being refused.
 */
final class TokenizerParts {
    private static final int MOST_PARTS = 64;
    private static final int LONGEST_TEXT = 1_000;

    /** How much longer all parts together may make a text. */
    private static final long MOST_GROWTH = 4_096;

    /** What each kind must hold, and what each key is; {@code ?} stands before keys that may be missing. */
    private static final Map<String, String> NORMALIZERS = Map.ofEntries(
            Map.entry("BertNormalizer", "clean_text:flag handle_chinese_chars:flag ?strip_accents:flag lowercase:flag"),
            Map.entry("Strip", "strip_left:flag strip_right:flag"),
            Map.entry("StripAccents", ""),
            Map.entry("NFC", ""),
            Map.entry("NFD", ""),
            Map.entry("NFKC", ""),
            Map.entry("NFKD", ""),
            Map.entry("Lowercase", ""),
            Map.entry("Nmt", ""),
            Map.entry("ByteLevel", ""),
            Map.entry("Sequence", "normalizers:parts"),
            Map.entry("Precompiled", "precompiled_charsmap:charsmap"),
            Map.entry("Replace", "pattern:pattern content:text"),
            Map.entry("Prepend", "prepend:some"));

    private static final String BYTE_LEVEL = "add_prefix_space:flag trim_offsets:flag ?use_regex:flag";
    private static final String METASPACE =
            "replacement:character ?add_prefix_space:flag ?prepend_scheme:scheme ?split:flag ?str_rep:text";

    private static final Map<String, String> PRE_TOKENIZERS = Map.ofEntries(
            Map.entry("BertPreTokenizer", ""),
            Map.entry("Whitespace", ""),
            Map.entry("WhitespaceSplit", ""),
            Map.entry("UnicodeScripts", ""),
            Map.entry("ByteLevel", BYTE_LEVEL),
            Map.entry("CharDelimiterSplit", "delimiter:character"),
            Map.entry("Metaspace", METASPACE),
            Map.entry("Split", "pattern:pattern behavior:behavior invert:flag"),
            Map.entry("Punctuation", "?behavior:behavior"),
            Map.entry("Digits", "individual_digits:flag"),
            Map.entry("FixedLength", "?length:count"),
            Map.entry("Sequence", "pretokenizers:parts"));

    private static final Map<String, String> DECODERS = Map.ofEntries(
            Map.entry("BPEDecoder", "suffix:text"),
            Map.entry("ByteLevel", BYTE_LEVEL),
            Map.entry("WordPiece", "prefix:text cleanup:flag"),
            Map.entry("Metaspace", METASPACE),
            Map.entry("CTC", "pad_token:text word_delimiter_token:text cleanup:flag"),
            Map.entry("Fuse", ""),
            Map.entry("ByteFallback", ""),
            Map.entry("Replace", "pattern:pattern content:text"),
            // Cutting from the end takes a step too many where a token is shorter than the cut.
            Map.entry("Strip", "content:character start:count0 stop:zero"),
            Map.entry("Sequence", "decoders:parts"));

    private static final Map<String, String> POST_PROCESSORS = Map.ofEntries(
            Map.entry("RobertaProcessing", "sep:token cls:token trim_offsets:flag add_prefix_space:flag"),
            Map.entry("BertProcessing", "sep:token cls:token"),
            Map.entry("ByteLevel", BYTE_LEVEL),
            Map.entry("TemplateProcessing", "single:list pair:list special_tokens:object"),
            Map.entry("Sequence", "processors:parts"));

    private static final Set<String> BEHAVIORS =
            Set.of("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous");

    private final String role;
    private final Map<String, String> kinds;
    private int parts;
    private long growth = 1;
    private final Removal removal = new Removal();
    private int templates;

    private TokenizerParts(String role, Map<String, String> kinds) {
        this.role = role;
        this.kinds = kinds;
    }

    /**
     * Checks one of the four roles.
     *
     * @param part its value; null and missing are nothing
     * @return what it may remove from a text
     */
    static Removal check(String role, JsonNode part) {
        Map<String, String> kinds = switch (role) {
            case "normalizer" -> NORMALIZERS;
            case "pre_tokenizer" -> PRE_TOKENIZERS;
            case "post_processor" -> POST_PROCESSORS;
            default -> DECODERS;
        };
        requirePlain(part);
        if (part.isMissingNode() || part.isNull()) {
            return new Removal();
        }
        TokenizerParts check = new TokenizerParts(role, kinds);
        check.part(part, 0);
        return check.removal;
    }

    private void part(JsonNode part, int depth) {
        JsonNode type = part.path("type");
        String kind = type.asText("");
        String keys = kinds.get(kind);
        if (!type.isTextual() || keys == null) {
            throw new Fault("has a " + role + " of the type '" + Printable.of(type.isTextual() ? kind : type)
                    + "', which Fovea does not know (it knows "
                    + String.join(", ", kinds.keySet().stream().sorted().toList())
                    + ")");
        }
        if (++parts > MOST_PARTS || depth > 8) {
            throw new Fault("has a " + role + " of more parts than any model's");
        }
        for (String entry : keys.isEmpty() ? new String[0] : keys.split(" ", -1)) {
            boolean optional = entry.startsWith("?");
            String key = entry.substring(optional ? 1 : 0, entry.indexOf(':'));
            JsonNode value = part.path(key);
            boolean absent = value.isMissingNode() || (value.isNull() && !key.equals("prepend_scheme"));
            if (!(optional && absent)) {
                value(kind, key, entry.substring(entry.indexOf(':') + 1), value, depth);
            }
        }
        grow(kind, part);
        if (kind.equals("TemplateProcessing")) {
            template(part);
        }
    }

    private void value(String kind, String key, String what, JsonNode value, int depth) {
        boolean right = switch (what) {
            case "flag" -> value.isBoolean();
            case "text" -> value.isTextual() && value.textValue().length() <= LONGEST_TEXT;
            case "some" ->
                value.isTextual()
                        && !value.textValue().isEmpty()
                        && value.textValue().length() <= LONGEST_TEXT;
            case "character" ->
                value.isTextual()
                        && value.textValue().codePointCount(0, value.textValue().length()) == 1;
            case "count" -> isCount(value) && value.intValue() > 0;
            case "count0" -> isCount(value);
            case "zero" -> isCount(value) && value.intValue() == 0;
            case "scheme" -> Set.of("first", "never", "always").contains(value.asText(""));
            case "behavior" -> value.isTextual() && BEHAVIORS.contains(value.textValue());
            case "token" -> value.isArray() && value.size() == 2 && value.get(0).isTextual() && isCount(value.get(1));
            case "list" -> value.isArray() && value.size() <= MOST_PARTS;
            case "object" -> value.isObject();
            case "pattern" -> pattern(value);
            case "charsmap" -> charsmap(value);
            default -> value.isArray();
        };
        if (!right) {
            throw new Fault("has a " + role + " '" + kind + "' whose '" + key + "' is " + Printable.of(value, 40)
                    + ", which cannot be");
        }
        if (what.equals("parts")) {
            value.forEach(inner -> part(inner, depth + 1));
        }
    }

    private static boolean isCount(JsonNode value) {
        return value.isIntegralNumber() && value.canConvertToInt() && value.intValue() >= 0;
    }

    private boolean pattern(JsonNode value) {
        if (!value.isObject() || value.size() != 1) {
            return false;
        }
        JsonNode regex = value.path("Regex");
        // Text put in where nothing was leaves the offsets of a normalizer behind.
        boolean mayBeEmpty = !role.equals("normalizer");
        if (!regex.isTextual()) {
            String literal = value.path("String").asText();
            return value.path("String").isTextual()
                    && literal.length() <= LONGEST_TEXT
                    && (mayBeEmpty || !literal.isEmpty());
        }
        String fault = PatternCheck.fault(regex.textValue(), mayBeEmpty);
        if (fault != null) {
            throw new Fault("has a " + role + " whose pattern " + fault);
        }
        return true;
    }

    private boolean charsmap(JsonNode value) {
        try {
            byte[] blob = value.isTextual() && value.textValue().length() % 4 == 0
                    ? Base64.getDecoder().decode(value.textValue())
                    : new byte[0];
            Charsmap map = Charsmap.of(blob);
            if (map != null) {
                removal.add(map);
                growth = Math.max(growth, growth * Math.max(1, map.longest()));
            }
            return map != null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Parts that each double a text would fill the memory after thirty. */
    private void grow(String kind, JsonNode part) {
        int factor = switch (kind) {
            case "Replace" -> {
                JsonNode literal = part.path("pattern").path("String");
                String content = part.path("content").asText();
                removal.addReplacement(content);
                // An empty pattern matches between all characters.
                int matched = literal.isTextual() ? literal.textValue().length() : 1;
                yield matched == 0 ? content.length() + 1 : (content.length() + matched - 1) / matched;
            }
            case "BPEDecoder" -> part.path("suffix").asText().isEmpty() ? 2 : 1;
            case "CTC" -> part.path("word_delimiter_token").asText().isEmpty() ? 2 : 1;
            case "ByteLevel" -> role.endsWith("izer") ? 2 : 1;
            case "Strip", "StripAccents", "BertNormalizer", "Nmt" -> {
                removal.addKind(kind);
                yield 1;
            }
            default -> 1;
        };
        growth *= Math.max(1, factor);
        if (growth > MOST_GROWTH) {
            throw new Fault("has a " + role + " that makes texts more than " + MOST_GROWTH + " times as long");
        }
    }

    private void template(JsonNode part) {
        if (++templates > 1) {
            throw new Fault("has a post_processor of two templates, one behind the other");
        }
        Set<String> known = new HashSet<>();
        for (Map.Entry<String, JsonNode> entry : part.path("special_tokens").properties()) {
            JsonNode token = entry.getValue();
            JsonNode ids = token.path("ids");
            JsonNode tokens = token.path("tokens");
            boolean whole = token.path("id").isTextual() && ids.isArray() && tokens.isArray();
            if (!whole || ids.size() != tokens.size() || !all(ids, true) || !all(tokens, false)) {
                throw new Fault("has a post_processor whose special token '" + Printable.of(entry.getKey())
                        + "' has not as many ids as texts");
            }
            known.add(entry.getKey());
        }
        for (String side : List.of("single", "pair")) {
            part.path(side).forEach(piece -> piece(piece, known, side.equals("pair")));
        }
    }

    private static boolean all(JsonNode list, boolean numbers) {
        List<Boolean> each = new ArrayList<>();
        list.forEach(n -> each.add(numbers ? isCount(n) : n.isTextual()));
        return !each.contains(false);
    }

    private static void piece(JsonNode piece, Set<String> known, boolean pair) {
        JsonNode special = piece.path("SpecialToken");
        JsonNode text = piece.path("Sequence");
        JsonNode either = special.isMissingNode() ? text : special;
        String id = either.path("id").asText("");
        if (piece.size() != 1 || !either.path("id").isTextual() || !isCount(either.path("type_id"))) {
            throw new Fault("has a post_processor with the piece " + Printable.of(piece)
                    + ", which is neither a special token nor a text");
        }
        if (special.isMissingNode() ? !(id.equals("A") || (pair && id.equals("B"))) : !known.contains(id)) {
            throw new Fault("has a post_processor that puts in '" + Printable.of(id) + "', which it does not define");
        }
    }

    /** Text without halves of characters. */
    static String requirePlain(@Nullable String text) {
        String known = String.valueOf(text);
        for (int i = 0; i < known.length(); i++) {
            char c = known.charAt(i);
            boolean pair = Character.isHighSurrogate(c)
                    && i + 1 < known.length()
                    && Character.isLowSurrogate(known.charAt(i + 1));
            if (Character.isSurrogate(c) && !pair) {
                throw new Fault("holds half of a character in '" + Printable.of(known) + "'");
            }
            i += pair ? 1 : 0;
        }
        return known;
    }

    /** Numbers that another reader of JSON could stumble over, and texts with halves of characters. */
    static void requirePlain(JsonNode tree) {
        if (tree.isTextual()) {
            requirePlain(tree.textValue());
        } else if (tree.isNumber() && !Double.isFinite(tree.doubleValue())) {
            throw new Fault("holds a number that is out of range");
        } else if (tree.isObject()) {
            tree.properties().forEach(entry -> {
                requirePlain(entry.getKey());
                requirePlain(entry.getValue());
            });
        } else {
            tree.forEach(TokenizerParts::requirePlain);
        }
    }
}

package dev.fovea.core.generate.json;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.message.Printable;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a JSON schema as a grammar: the subset that OpenAI documents for structured outputs, and lengths of strings,
 * members that are not required, and objects of any members. What would not be enforced is refused. Members come in the
 * order of the schema; members that an object does not name are never written.
 */
final class SchemaReader {
    private static final int DEEPEST = 40;
    private static final int MOST_MEMBERS = 2_000;
    private static final int MOST_OPTIONAL = 100;
    private static final int MOST_CHOICES = 1_000;
    private static final int MOST_WAYS = 100;
    private static final int MOST_CHARACTERS = 120_000;
    private static final int MOST_ITEMS = 100_000;

    /** What says nothing about values. */
    private static final Set<String> REMARKS = Set.of(
            "title",
            "description",
            "default",
            "examples",
            "example",
            "$schema",
            "$id",
            "$comment",
            "deprecated",
            "readOnly",
            "writeOnly",
            "$defs",
            "definitions",
            "strict");

    private static final Map<String, Set<String>> KEYWORDS = Map.of(
            "object", Set.of("properties", "required", "additionalProperties"),
            "array", Set.of("items", "minItems", "maxItems"),
            "string", Set.of("minLength", "maxLength", "pattern", "format"),
            "number", Set.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
            "integer", Set.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
            "boolean", Set.of(),
            "null", Set.of());

    private final JsonNode root;
    private final Map<String, Reference> references = new HashMap<>();
    private final Deque<Map.Entry<String, Reference>> unread = new ArrayDeque<>();
    private int members;
    private int choices;
    private int characters;

    private SchemaReader(JsonNode root) {
        this.root = root;
    }

    /** @throws SchemaException in one sentence, if answers cannot be held to the schema */
    static Part read(JsonNode schema) {
        SchemaReader reader = new SchemaReader(schema);
        Part all = reader.value(schema, "", 0);
        while (!reader.unread.isEmpty()) {
            Map.Entry<String, Reference> next = reader.unread.remove();
            String place = next.getKey();
            JsonNode target = place.isEmpty() ? schema : schema.at(place);
            if (target.isMissingNode()) {
                throw new SchemaException(
                        "The schema refers to '#" + Printable.of(place) + "', and there is no such place in it.");
            }
            next.getValue().to(reader.value(target, place, 0));
        }
        checkWays(all);
        reader.references.values().forEach(SchemaReader::checkWays);
        return all;
    }

    private Part value(JsonNode schema, String place, int depth) {
        if (depth > DEEPEST) {
            throw fault(place, "is nested deeper than " + DEEPEST + " levels");
        }
        if (schema.isBoolean() && schema.booleanValue()) {
            return new AnyValue(AnyValue.DEEPEST);
        }
        if (!schema.isObject()) {
            throw fault(place, "is no schema: it must be an object");
        }
        if (schema.has("$ref")) {
            only(schema, place, Set.of("$ref"));
            return reference(schema.get("$ref"), place);
        }
        if (schema.has("enum") || schema.has("const")) {
            return listed(schema, place);
        }
        if (schema.has("anyOf")) {
            only(schema, place, Set.of("anyOf"));
            return anyOf(schema.get("anyOf"), place, depth);
        }
        return typed(schema, place, depth);
    }

    private Part typed(JsonNode schema, String place, int depth) {
        JsonNode type = schema.path("type");
        if (type.isMissingNode()) {
            if (schema.has("properties")) {
                return object(schema, place, depth);
            }
            only(schema, place, Set.of());
            return new AnyValue(AnyValue.DEEPEST);
        }
        if (!type.isArray()) {
            only(schema, place, keywords(type, place));
            return ofType(type.asText(), schema, place, depth);
        }
        Set<String> known = new HashSet<>();
        List<Part> ways = new ArrayList<>();
        for (JsonNode one : type) {
            known.addAll(keywords(one, place));
        }
        only(schema, place, known);
        for (JsonNode one : type) {
            ways.add(ofType(one.asText(), schema, place, depth));
        }
        if (ways.isEmpty()) {
            throw fault(place, "names no type");
        }
        return new Either(ways);
    }

    private static Set<String> keywords(JsonNode type, String place) {
        Set<String> known = type.isTextual() ? KEYWORDS.get(type.asText()) : null;
        if (known == null) {
            throw fault(
                    place,
                    "has the type '" + Printable.of(type.asText())
                            + "'; types are string, number, integer, boolean, null, object and array");
        }
        Set<String> all = new HashSet<>(known);
        all.add("type");
        return all;
    }

    private Part ofType(String type, JsonNode schema, String place, int depth) {
        return switch (type) {
            case "object" -> object(schema, place, depth);
            case "array" -> array(schema, place, depth);
            case "string" -> sequence(Members.QUOTE, string(schema, place));
            case "number" -> number(schema, place, false);
            case "integer" -> number(schema, place, true);
            case "boolean" -> new Either(List.of(Literal.of("true"), Literal.of("false")));
            default -> Literal.of("null");
        };
    }

    /** Two pieces as one. */
    private static Part sequence(Part first, Part second) {
        return new Sequence(List.of(first, second));
    }

    /** Pieces one behind the other; the same only if it is one. */
    private static final class Sequence implements Part.Fork {
        private final List<List<Part>> only;

        Sequence(List<Part> parts) {
            this.only = List.of(parts);
        }

        @Override
        public List<List<Part>> alternatives() {
            return only;
        }
    }

    private Part object(JsonNode schema, String place, int depth) {
        JsonNode properties = schema.path("properties");
        JsonNode more = schema.path("additionalProperties");
        if (!properties.isMissingNode() && !properties.isObject()) {
            throw fault(place, "has 'properties' that are no object");
        }
        Set<String> required = new HashSet<>();
        for (JsonNode name : schema.path("required")) {
            if (!name.isTextual() || !properties.has(name.asText())) {
                throw fault(place, "requires '" + Printable.of(name.asText()) + "', which is none of its properties");
            }
            required.add(name.asText());
        }
        boolean open = properties.isEmpty() && !(more.isBoolean() && !more.booleanValue());
        if (open) {
            Part value = more.isObject()
                    ? value(more, place + "/additionalProperties", depth + 1)
                    : new AnyValue(AnyValue.DEEPEST);
            return sequence(Members.OPEN, new Entries(value, true));
        }
        if (more.isObject()) {
            throw fault(
                    place,
                    "names some properties and has a schema for others, which is not supported; set"
                            + " additionalProperties to false");
        }
        List<Members.Member> all = new ArrayList<>();
        int optional = 0;
        for (Map.Entry<String, JsonNode> one : properties.properties()) {
            boolean needed = required.contains(one.getKey());
            optional += needed ? 0 : 1;
            count(one.getKey().length());
            if (++members > MOST_MEMBERS || optional > MOST_OPTIONAL) {
                throw fault(
                        place,
                        "has too many properties: at most " + MOST_MEMBERS + " in all, and in one object "
                                + MOST_OPTIONAL + " that are not required");
            }
            all.add(new Members.Member(
                    Literal.of(JsonText.of(one.getKey()) + ":"),
                    value(one.getValue(), place + "/properties/" + one.getKey(), depth + 1),
                    needed));
        }
        return sequence(Members.OPEN, new Members(new Members.Shape(all), 0));
    }

    private Part array(JsonNode schema, String place, int depth) {
        int least = whole(schema, "minItems", place, 0);
        int most = whole(schema, "maxItems", place, -1);
        if (most >= 0 && most < least) {
            throw fault(place, "has a maxItems below its minItems");
        }
        JsonNode items = schema.path("items");
        Part item = items.isMissingNode() ? new AnyValue(AnyValue.DEEPEST) : value(items, place + "/items", depth + 1);
        return sequence(Items.OPEN, new Items(item, least, most, true));
    }

    private Text string(JsonNode schema, String place) {
        int least = whole(schema, "minLength", place, 0);
        int most = whole(schema, "maxLength", place, -1);
        if (most >= 0 && most < least) {
            throw fault(place, "has a maxLength below its minLength");
        }
        String pattern = pattern(schema, place);
        if (pattern == null) {
            return Text.of(Text.Rule.of(least, most));
        }
        if (schema.has("minLength") || schema.has("maxLength")) {
            throw fault(
                    place, "has a length beside a pattern or format, which is not supported; put it into the pattern");
        }
        count(pattern.length());
        return Text.of(new Text.Rule(0, Integer.MAX_VALUE, RegexParser.parse(pattern)));
    }

    private static @Nullable String pattern(JsonNode schema, String place) {
        JsonNode pattern = schema.path("pattern");
        JsonNode format = schema.path("format");
        if (!pattern.isMissingNode() && !format.isMissingNode()) {
            throw fault(place, "has a pattern and a format; give one of them");
        }
        if (!format.isMissingNode()) {
            String known = Formats.PATTERNS.get(format.asText());
            if (known == null) {
                throw fault(
                        place,
                        "has the format '" + Printable.of(format.asText()) + "'; supported are "
                                + String.join(", ", Formats.PATTERNS.keySet()));
            }
            return known;
        }
        if (!pattern.isMissingNode() && !pattern.isTextual()) {
            throw fault(place, "has a pattern that is no text");
        }
        return pattern.isMissingNode() ? null : pattern.asText();
    }

    private Part number(JsonNode schema, String place, boolean whole) {
        BigDecimal multiple = decimal(schema, "multipleOf", place);
        BigDecimal least = decimal(schema, "minimum", place);
        BigDecimal most = decimal(schema, "maximum", place);
        BigDecimal above = decimal(schema, "exclusiveMinimum", place);
        BigDecimal below = decimal(schema, "exclusiveMaximum", place);
        if (multiple == null && least == null && most == null && above == null && below == null) {
            return whole ? PlainNumber.BEGIN_WHOLE : PlainNumber.BEGIN;
        }
        if (multiple != null
                && (multiple.signum() <= 0
                        || (whole && multiple.stripTrailingZeros().scale() > 0))) {
            throw fault(place, "has a multipleOf that is not " + (whole ? "a whole number above 0" : "above 0"));
        }
        BigDecimal step = NumberText.Rule.of(whole, null, null, multiple).step();
        // A number above a bound is at least the next step behind it.
        least = larger(least, above == null ? null : nextStep(above, step));
        most = smaller(
                most, below == null ? null : nextStep(below.negate(), step).negate());
        NumberText.Rule rule = NumberText.Rule.of(whole, least, most, multiple);
        if (!rule.possible()) {
            throw fault(place, "allows no number at all");
        }
        return NumberText.of(rule);
    }

    private static BigDecimal nextStep(BigDecimal bound, BigDecimal step) {
        return bound.divide(step, 0, RoundingMode.FLOOR).add(BigDecimal.ONE).multiply(step);
    }

    private static @Nullable BigDecimal larger(@Nullable BigDecimal a, @Nullable BigDecimal b) {
        return a == null ? b : b == null ? a : a.max(b);
    }

    private static @Nullable BigDecimal smaller(@Nullable BigDecimal a, @Nullable BigDecimal b) {
        return a == null ? b : b == null ? a : a.min(b);
    }

    private Part listed(JsonNode schema, String place) {
        only(schema, place, Set.of("enum", "const", "type"));
        List<Part> values = new ArrayList<>();
        List<JsonNode> all = new ArrayList<>();
        if (schema.has("const")) {
            all.add(schema.get("const"));
        } else if (schema.get("enum").isArray()) {
            schema.get("enum").forEach(all::add);
        }
        for (JsonNode value : all) {
            String text = JsonText.of(value);
            count(text.length());
            values.add(Literal.of(text));
        }
        choices += values.size();
        if (values.isEmpty() || choices > MOST_CHOICES) {
            throw fault(place, "lists no values, or the schema more than " + MOST_CHOICES + " in all");
        }
        return values.size() == 1 ? values.getFirst() : new Either(values);
    }

    private Part anyOf(JsonNode options, String place, int depth) {
        if (!options.isArray() || options.isEmpty()) {
            throw fault(place, "has an anyOf that is no list of schemas");
        }
        List<Part> ways = new ArrayList<>();
        for (int i = 0; i < options.size(); i++) {
            ways.add(value(options.get(i), place + "/anyOf/" + i, depth + 1));
        }
        return new Either(ways);
    }

    private Part reference(JsonNode target, String place) {
        String text = target.asText();
        if (!target.isTextual() || !text.matches("#(/.*)?")) {
            throw fault(
                    place, "refers to '" + Printable.of(text) + "'; references must stay inside the schema ('#/...')");
        }
        String to = text.substring(1);
        return references.computeIfAbsent(to, t -> {
            Reference unknown = new Reference();
            unread.add(Map.entry(t, unknown));
            return unknown;
        });
    }

    /** How many values a choice leads to before any byte is read must be bounded, and a schema not be itself. */
    private static void checkWays(Part part) {
        if (ways(part, new HashSet<>()) > MOST_CHOICES) {
            throw new SchemaException("The schema leaves more than " + MOST_WAYS
                    + " ways open at one place; use fewer alternatives in anyOf.");
        }
    }

    private static int ways(Part part, Set<Part> above) {
        if (!(part instanceof Either) && !(part instanceof Reference)) {
            return part instanceof Literal ? 1 : MOST_CHOICES / MOST_WAYS;
        }
        if (!above.add(part)) {
            throw new SchemaException("The schema refers to itself without anything in between.");
        }
        int sum = 0;
        for (List<Part> alternative : ((Part.Fork) part).alternatives()) {
            sum += ways(alternative.getFirst(), above);
            if (sum > MOST_CHOICES) {
                break;
            }
        }
        above.remove(part);
        return sum;
    }

    private static void only(JsonNode schema, String place, Set<String> known) {
        for (Map.Entry<String, JsonNode> one : schema.properties()) {
            if (!known.contains(one.getKey()) && !REMARKS.contains(one.getKey())) {
                throw fault(
                        place, "has the keyword '" + Printable.of(one.getKey()) + "', which cannot be enforced there");
            }
        }
    }

    private static int whole(JsonNode schema, String key, String place, int otherwise) {
        JsonNode value = schema.path(key);
        if (value.isMissingNode()) {
            return otherwise;
        }
        if (!value.isIntegralNumber()
                || !value.canConvertToInt()
                || value.intValue() < 0
                || value.intValue() > MOST_ITEMS) {
            throw fault(place, "has a " + key + " that is no whole number from 0 to " + MOST_ITEMS);
        }
        return value.intValue();
    }

    private static @Nullable BigDecimal decimal(JsonNode schema, String key, String place) {
        JsonNode value = schema.path(key);
        if (value.isMissingNode()) {
            return null;
        }
        BigDecimal number =
                value.isNumber() && !(value.isFloatingPointNumber() && !Double.isFinite(value.doubleValue()))
                        ? value.decimalValue().stripTrailingZeros()
                        : null;
        if (number == null || number.scale() > 12 || number.precision() - number.scale() > 20) {
            throw fault(place, "has a " + key + " that is no number of at most 20 digits and 12 decimals");
        }
        return number;
    }

    private void count(int length) {
        characters += length;
        if (characters > MOST_CHARACTERS) {
            throw new SchemaException(
                    "The names, values and patterns of the schema have more than " + MOST_CHARACTERS + " characters.");
        }
    }

    private static SchemaException fault(String place, String what) {
        return new SchemaException(
                (place.isEmpty() ? "The schema " : "The schema at '" + Printable.of(place) + "' ") + what + ".");
    }
}

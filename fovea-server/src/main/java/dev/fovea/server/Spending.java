package dev.fovea.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.message.Printable;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.TechniqueSpec;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a request wants its visual tokens spent, and what it wants to know about it: its {@code fovea} object.
 *
 * @param techniques as typed on a command line
 * @param budget of the whole prompt
 * @param ledger whether the answer brings what became of every visual token
 * @param attention whether it brings how each of its tokens looks at them
 */
record Spending(List<String> techniques, Budget budget, boolean ledger, boolean attention) {
    private static final Set<String> KNOWN = Fields.names(
            Set.of("technique", "techniques", "knobs", "budget", "ledger", "attention"), DocumentFields.NAMES);

    /** What the request says, and the server's own choice where it says nothing. */
    static Spending of(Fields request, ServerOptions options) {
        Fields fovea = request.object("fovea");
        if (fovea == null) {
            return new Spending(options.techniques(), options.budget(), false, false);
        }
        fovea.only(KNOWN);
        List<String> techniques = techniques(fovea);
        Budget budget = budget(fovea);
        return new Spending(
                techniques.isEmpty() ? options.techniques() : techniques,
                budget != null ? budget : techniques.isEmpty() ? options.budget() : Budget.full(),
                fovea.flag("ledger"),
                fovea.flag("attention"));
    }

    private static List<String> techniques(Fields fovea) {
        String name = fovea.get("technique") != null ? "technique" : "techniques";
        if (name.equals("technique") && fovea.get("techniques") != null) {
            throw ApiException.invalid(
                    "fovea.technique", "'fovea' names 'technique' and 'techniques'; give one of them.");
        }
        JsonNode given = fovea.get(name);
        List<String> all = new ArrayList<>();
        if (given != null) {
            (given.isArray() ? given : List.of(given)).forEach(one -> all.add(technique(one, "fovea." + name)));
        }
        Fields knobs = fovea.object("knobs");
        if (knobs != null) {
            if (all.size() != 1) {
                throw ApiException.invalid(
                        "fovea.knobs",
                        "'fovea.knobs' are those of one technique, and the request names " + all.size() + ".");
            }
            all.set(0, withKnobs(all.getFirst(), knobs));
        }
        return all;
    }

    /** {@code "id:knob=value"}, or {@code {"id": ..., "knobs": {...}}}. */
    private static String technique(JsonNode given, String path) {
        if (given.isTextual()) {
            return safe(given.textValue(), path);
        }
        if (!given.isObject()) {
            throw ApiException.invalid(
                    path, "'" + path + "' must be a text such as \"hiprune\", an object with its id, or a list.");
        }
        Fields fields = new Fields(given, path + ".");
        fields.only(Set.of("id", "knobs"));
        String id = fields.text("id");
        if (id == null) {
            throw ApiException.invalid(path, "'" + path + "' has no 'id'.");
        }
        Fields knobs = fields.object("knobs");
        return knobs == null ? safe(id, path) : withKnobs(safe(id, path), knobs);
    }

    private static String withKnobs(String spec, Fields knobs) {
        StringBuilder out = new StringBuilder(spec);
        char next = spec.contains(":") ? ',' : ':';
        for (Map.Entry<String, JsonNode> one : knobs.object().properties()) {
            String at = knobs.path() + one.getKey();
            if (!one.getValue().isValueNode() || !one.getKey().matches("[a-z0-9-]{1,60}")) {
                throw ApiException.invalid(
                        knobs.path(), "'" + Printable.of(at) + "' is no knob with a number or a word.");
            }
            String value = one.getValue().asText();
            if (one.getKey().equals("weights")) {
                throw ApiException.invalid(knobs.path(), "'" + at + "' cannot name files.");
            }
            if (value.contains(",")) {
                throw ApiException.invalid(knobs.path(), "'" + Printable.of(at) + "' must be one value.");
            }
            out.append(next).append(one.getKey()).append('=').append(safe(value, at));
            next = ',';
        }
        return out.toString();
    }

    /** On a command line a technique may name files; here they would be the server's. */
    private static String safe(String text, String path) {
        try {
            TechniqueSpec.refuseFiles(text);
        } catch (IllegalArgumentException e) {
            throw ApiException.invalid(path, "'" + path + "': " + Printable.sentence(String.valueOf(e.getMessage())));
        }
        return text;
    }

    private static @Nullable Budget budget(Fields fovea) {
        JsonNode given = fovea.get("budget");
        if (given == null) {
            return null;
        }
        try {
            boolean share = given.isFloatingPointNumber() && given.doubleValue() > 0 && given.doubleValue() < 1;
            if (share) {
                return Budget.share(given.doubleValue());
            }
            return Budget.parse(given.isValueNode() ? given.asText() : "");
        } catch (IllegalArgumentException e) {
            throw ApiException.invalid("fovea.budget", Printable.sentence(String.valueOf(e.getMessage())));
        }
    }

    /** How the budget is written: {@code 64}, {@code 25%} or {@code full}. */
    String budgetText() {
        return switch (budget) {
            case Budget.Count count -> Integer.toString(count.tokens());
            case Budget.Share share -> trimmed(100 * share.share()) + "%";
            case Budget.Full ignored -> "full";
        };
    }

    private static String trimmed(double percent) {
        return BigDecimal.valueOf(percent).stripTrailingZeros().toPlainString();
    }

    /** The ids of the techniques, which logs and metrics may show. */
    String ids() {
        StringBuilder out = new StringBuilder();
        for (String spec : techniques) {
            out.append(out.isEmpty() ? "" : "+")
                    .append(TechniqueSpec.parse(spec).id());
        }
        return out.isEmpty() ? "full" : out.toString();
    }
}

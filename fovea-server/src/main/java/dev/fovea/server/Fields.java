package dev.fovea.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.message.Printable;
import dev.fovea.core.message.Suggest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one object of a request, each read with its type and range. What is null is not there, as OpenAI's
 * clients write it.
 *
 * @param object the object
 * @param path where it stands, with a point behind it; empty for the request itself
 */
record Fields(JsonNode object, String path) {

    /** @throws ApiException if it is no object */
    static Fields of(JsonNode node, String name) {
        if (!node.isObject()) {
            throw ApiException.invalid(
                    name.isEmpty() ? null : name,
                    name.isEmpty() ? "The body must be a JSON object." : "'" + name + "' must be an object.");
        }
        return new Fields(node, name.isEmpty() ? "" : name + ".");
    }

    /** Refuses fields that nobody reads, so that a typing error is not taken for a wish. */
    void only(Set<String> known) {
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            if (!known.contains(field.getKey())) {
                throw ApiException.invalid(
                        path + Printable.of(field.getKey()),
                        "There is no field '" + path + Printable.of(field.getKey()) + "'"
                                + Suggest.nearest(Printable.of(field.getKey()), known) + ".");
            }
        }
    }

    /** The value of a field, or null if it is not there. */
    @Nullable
    JsonNode get(String name) {
        JsonNode value = object.get(name);
        return value == null || value.isNull() ? null : value;
    }

    private ApiException wrong(String name, String must, JsonNode value) {
        return ApiException.invalid(
                path + name, "'" + path + name + "' must be " + must + ", not " + Printable.of(value, 40) + ".");
    }

    @Nullable
    String text(String name) {
        JsonNode value = get(name);
        if (value != null && !value.isTextual()) {
            throw wrong(name, "a text", value);
        }
        return value == null ? null : value.textValue();
    }

    boolean flag(String name) {
        JsonNode value = get(name);
        if (value != null && !value.isBoolean()) {
            throw wrong(name, "true or false", value);
        }
        return value != null && value.booleanValue();
    }

    /** A whole number within bounds. */
    @Nullable
    Long whole(String name, long least, long most) {
        JsonNode value = get(name);
        if (value == null) {
            return null;
        }
        boolean fits = value.isIntegralNumber()
                && value.canConvertToLong()
                && value.longValue() >= least
                && value.longValue() <= most;
        if (!fits) {
            throw wrong(name, "a whole number from " + least + " to " + most, value);
        }
        return value.longValue();
    }

    /** A number within bounds. */
    double number(String name, double least, double most, double otherwise) {
        JsonNode value = get(name);
        if (value == null) {
            return otherwise;
        }
        if (!value.isNumber() || !(value.doubleValue() >= least && value.doubleValue() <= most)) {
            throw wrong(name, "a number from " + least + " to " + most, value);
        }
        return value.doubleValue();
    }

    /** An object, or null if it is not there. */
    @Nullable
    Fields object(String name) {
        JsonNode value = get(name);
        return value == null ? null : of(value, path + name);
    }

    /** The elements of a list; none if it is not there. */
    List<JsonNode> list(String name) {
        JsonNode value = get(name);
        if (value == null) {
            return List.of();
        }
        if (!value.isArray()) {
            throw wrong(name, "a list", value);
        }
        List<JsonNode> all = new ArrayList<>();
        value.forEach(all::add);
        return all;
    }

    /** One text or several. */
    List<String> texts(String name) {
        JsonNode value = get(name);
        if (value == null) {
            return List.of();
        }
        if (value.isTextual()) {
            return List.of(value.textValue());
        }
        List<String> all = new ArrayList<>();
        for (JsonNode one : list(name)) {
            if (!one.isTextual()) {
                throw wrong(name, "a text or a list of texts", value);
            }
            all.add(one.textValue());
        }
        return all;
    }

    /** Refuses a wish that cannot be fulfilled, unless it asks for nothing. */
    void refuse(String name, String sentence) {
        JsonNode value = get(name);
        boolean nothing = value == null
                || (value.isContainerNode() && value.isEmpty())
                || (value.isNumber() && value.doubleValue() == 0)
                || (value.isBoolean() && !value.booleanValue());
        if (!nothing) {
            throw ApiException.invalid(path + name, sentence);
        }
    }

    /** The union of several sets of names. */
    @SafeVarargs
    static Set<String> names(Set<String>... sets) {
        Set<String> all = new HashSet<>();
        for (Set<String> one : sets) {
            all.addAll(one);
        }
        return all;
    }
}

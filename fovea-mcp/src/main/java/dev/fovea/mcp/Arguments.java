package dev.fovea.mcp;

import dev.fovea.core.message.Printable;
import dev.fovea.core.message.Suggest;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of a call, which come from a language model: read strictly, so that it is told what it got wrong and can
 * put it right.
 *
 * @param values as sent
 */
record Arguments(Map<String, Object> values) {
    private static final int MOST_ITEMS = 64;

    static Arguments of(@Nullable Map<String, Object> values, Set<String> known) {
        Arguments arguments = new Arguments(values == null ? Map.of() : values);
        for (String name : arguments.values.keySet()) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException(
                        "There is no argument '" + Printable.of(name) + "'" + Suggest.nearest(name, known) + ".");
            }
        }
        return arguments;
    }

    /** A text that must be there. */
    String text(String name) {
        String value = textOrNull(name);
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException("The argument '" + name + "' is missing.");
        }
        return value;
    }

    @Nullable
    String textOrNull(String name) {
        Object value = values.get(name);
        if (value == null) {
            return null;
        }
        if (!(value instanceof String text)) {
            throw new IllegalArgumentException("The argument '" + name + "' must be a text.");
        }
        return text;
    }

    /** Several texts, or one; none if they are not there. */
    List<String> texts(String name) {
        Object value = values.get(name);
        if (value == null) {
            return List.of();
        }
        if (value instanceof String text) {
            return List.of(text);
        }
        List<String> texts = new ArrayList<>();
        if (value instanceof List<?> list && list.size() <= MOST_ITEMS) {
            list.forEach(item -> texts.add(item instanceof String text ? text : ""));
        }
        if (texts.isEmpty() || texts.contains("")) {
            throw new IllegalArgumentException(
                    "The argument '" + name + "' must be a list of 1 to " + MOST_ITEMS + " texts.");
        }
        return texts;
    }

    /** A whole number within bounds. */
    int whole(String name, int least, int most, int usual) {
        Object value = values.get(name);
        if (value == null) {
            return usual;
        }
        if (value instanceof Number number) {
            BigDecimal exact = new BigDecimal(number.toString());
            boolean fits = exact.compareTo(BigDecimal.valueOf(least)) >= 0
                    && exact.compareTo(BigDecimal.valueOf(most)) <= 0
                    && exact.stripTrailingZeros().scale() <= 0;
            if (fits) {
                return exact.intValueExact();
            }
        }
        throw new IllegalArgumentException(
                "The argument '" + name + "' must be a whole number from " + least + " to " + most + ".");
    }
}

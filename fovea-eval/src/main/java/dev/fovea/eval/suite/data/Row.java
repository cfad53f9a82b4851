package dev.fovea.eval.suite.data;

import dev.fovea.eval.EvalException;
import dev.fovea.eval.suite.PictureSource;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One record by column: texts, numbers, lists, nested records as maps, bytes.
 *
 * @param values may hold nulls
 * @param where it came from, for messages
 * @param trouble why it cannot be used at all, in one sentence, or null
 */
public record Row(
        Map<String, @Nullable Object> values,
        String where,
        @Nullable String trouble) {

    public Row(Map<String, @Nullable Object> values, String where) {
        this(values, where, null);
    }

    /** A record that cannot be used, with the reason. */
    public static Row broken(String sentence) {
        return new Row(Map.of(), sentence, sentence);
    }

    /** The same with more columns, or others in their place. */
    public Row with(Map<String, ?> more) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>(values);
        all.putAll(more);
        return new Row(all, where, trouble);
    }

    private static final int LONGEST_NUMBER = 40;

    public boolean has(String column) {
        return values.get(column) != null;
    }

    /**
     * A text; numbers are written out.
     *
     * @throws EvalException if the column is missing or empty
     */
    public String text(String column) {
        return present(column).toString();
    }

    /** A text, or the given one where it is missing. */
    public String text(String column, String otherwise) {
        Object value = values.get(column);
        return value == null ? otherwise : value.toString();
    }

    public long integer(String column) {
        Object value = present(column);
        try {
            // Digits of other scripts are none here; tables that pandas wrote may say 7.0.
            return new BigDecimal(ascii(value.toString().strip())).longValueExact();
        } catch (ArithmeticException | NumberFormatException e) {
            throw EvalException.input(where + ": '" + column + "' is not a whole number but '" + value + "'", e);
        }
    }

    /** A list of texts; empty where it is missing. */
    public List<String> texts(String column) {
        return list(column).stream().map(String::valueOf).toList();
    }

    public double[] numbers(String column) {
        try {
            return list(column).stream()
                    .mapToDouble(v -> new BigDecimal(ascii(String.valueOf(v).strip())).doubleValue())
                    .toArray();
        } catch (NumberFormatException e) {
            throw EvalException.input(where + ": '" + column + "' are not numbers but " + values.get(column), e);
        }
    }

    private static String ascii(String number) {
        if (number.length() > LONGEST_NUMBER || number.chars().anyMatch(c -> c > 0x7f)) {
            throw new NumberFormatException(number);
        }
        return number;
    }

    /** A list of records; empty where it is missing. */
    public List<Row> rows(String column) {
        return list(column).stream().map(v -> nested(column, v)).toList();
    }

    /** A nested record. */
    public Row row(String column) {
        return nested(column, present(column));
    }

    /**
     * A picture: a record of bytes and path as Hugging Face's data sets write it, a list with one of those, bytes, a
     * text in base64, or a {@link Path}.
     *
     * @param key of the picture, the same for rows that share it
     */
    public PictureSource picture(String column, String key) {
        return picture(present(column), column, key);
    }

    private PictureSource picture(Object value, String column, String key) {
        return switch (value) {
            case byte[] bytes -> PictureSource.ofBytes(key, bytes);
            case Path file -> PictureSource.ofFile(key, file);
            case Map<?, ?> image -> ofRecord(image, column, key);
            case List<?> images -> picture(only(images, column), column, key);
            case String base64 -> PictureSource.ofBytes(key, decoded(base64, column));
            default -> throw noPicture(column);
        };
    }

    private PictureSource ofRecord(Map<?, ?> image, String column, String key) {
        if (image.get("bytes") instanceof byte[] bytes) {
            return PictureSource.ofBytes(key, bytes);
        }
        if (image.get("path") instanceof String path) {
            return PictureSource.ofFile(key, Path.of(path));
        }
        throw noPicture(column);
    }

    private Object only(List<?> images, String column) {
        Object first = images.size() == 1 ? images.getFirst() : null;
        if (first == null) {
            throw noPicture(column);
        }
        return first;
    }

    private EvalException noPicture(String column) {
        return EvalException.input(where + ": '" + column + "' holds no picture");
    }

    private byte[] decoded(String base64, String column) {
        try {
            return Base64.getMimeDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw EvalException.input(where + ": '" + column + "' is not a picture in base64", e);
        }
    }

    private List<?> list(String column) {
        Object value = values.get(column);
        if (value == null) {
            return List.of();
        }
        if (value instanceof List<?> list) {
            return list;
        }
        throw EvalException.input(where + ": '" + column + "' is not a list");
    }

    @SuppressWarnings("unchecked")
    private Row nested(String column, Object value) {
        if (value instanceof Map<?, ?> map) {
            // Records come from JSON objects and structures, whose keys are texts.
            return new Row((Map<String, @Nullable Object>) map, where + ", " + column);
        }
        throw EvalException.input(where + ": '" + column + "' is not a record");
    }

    private Object present(String column) {
        Object value = values.get(column);
        if (value == null && values.containsKey(column)) {
            throw EvalException.input(where + ": '" + column + "' is empty");
        }
        if (value == null) {
            throw EvalException.input(where + ": the column '" + column + "' is missing; there are "
                    + String.join(", ", values.keySet()));
        }
        return value;
    }
}

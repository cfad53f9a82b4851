package dev.fovea.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Finds columns by name and puts rows together. */
final class Columns {
    private Columns() {}

    static StructType concat(StructType first, StructType second) {
        List<StructField> fields = new ArrayList<>(Arrays.asList(first.fields()));
        fields.addAll(Arrays.asList(second.fields()));
        return new StructType(fields.toArray(StructField[]::new));
    }

    /** A row of columns that may be null, by pairs of name and type. */
    static StructType of(Object... namesAndTypes) {
        StructType type = new StructType();
        for (int i = 0; i < namesAndTypes.length; i += 2) {
            type = type.add((String) namesAndTypes[i], (DataType) namesAndTypes[i + 1]);
        }
        return type;
    }

    /**
     * Where a column of texts is.
     *
     * @param purpose what it is needed for, for the message
     */
    static int text(StructType input, String column, String purpose) {
        int at = index(input, column, purpose);
        DataType type = input.fields()[at].dataType();
        if (!DataTypes.StringType.equals(type)) {
            throw new IllegalArgumentException(
                    "The column '" + column + "' holds " + type.simpleString() + ", and " + purpose + " are texts.");
        }
        return at;
    }

    static int index(StructType input, String column, String purpose) {
        int at = Arrays.asList(input.fieldNames()).indexOf(column);
        if (at < 0) {
            throw new IllegalArgumentException("There is no column '" + column + "' for " + purpose
                    + "; the columns are: " + String.join(", ", input.fieldNames()) + ".");
        }
        return at;
    }

    /** A row with values behind it. */
    static Row append(Row row, Collection<?> added) {
        Object[] values = Arrays.copyOf(values(row), row.size() + added.size());
        int at = row.size();
        for (Object value : added) {
            values[at++] = value;
        }
        return RowFactory.create(values);
    }

    private static Object[] values(Row row) {
        Object[] values = new Object[row.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = row.get(i);
        }
        return values;
    }
}

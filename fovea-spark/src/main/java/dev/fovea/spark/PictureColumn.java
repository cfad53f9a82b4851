package dev.fovea.spark;

import dev.fovea.core.image.PictureException;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import java.io.Serializable;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * The column in which pictures stand.
 *
 * @param at its place
 * @param bytes whether it holds whole files; else names of files
 * @param named place of a column that names a picture in messages, or -1
 */
record PictureColumn(int at, boolean bytes, int named) implements Serializable {
    private static final String PURPOSE = "pictures";
    private static final String NAME = "path";
    private static final Pattern LOCAL = Pattern.compile("^file:/+");

    /**
     * Finds it.
     *
     * @param column its name; null for {@code content} (as {@code binaryFile} calls it), else {@code path}
     */
    static PictureColumn of(StructType input, @Nullable String column) {
        List<String> names = Arrays.asList(input.fieldNames());
        String wanted = column != null ? column : names.contains("content") ? "content" : NAME;
        int at = Columns.index(input, wanted, PURPOSE);
        DataType type = input.fields()[at].dataType();
        boolean bytes = DataTypes.BinaryType.equals(type);
        if (!bytes && !DataTypes.StringType.equals(type)) {
            throw new IllegalArgumentException("The column '" + wanted + "' holds " + type.simpleString()
                    + "; pictures are bytes, or names of files.");
        }
        return new PictureColumn(at, bytes, names.indexOf(NAME));
    }

    /**
     * The picture of a row.
     *
     * @throws PictureException with one sentence if it cannot be had
     */
    RgbImage read(Row row, PictureReader reader) {
        if (row.isNullAt(at)) {
            throw new PictureException("The row has no picture");
        }
        return bytes
                ? reader.read(row.<byte[]>getAs(at), name(row)).image()
                : reader.read(file(row.getString(at))).image();
    }

    /** What a row's picture is called. */
    String name(Row row) {
        if (!bytes) {
            return row.isNullAt(at) ? "The picture" : row.getString(at);
        }
        return named >= 0 && !row.isNullAt(named) ? String.valueOf(row.get(named)) : "The picture";
    }

    /** Spark writes the names of local files as addresses, without escaping what these would escape. */
    private static Path file(String name) {
        try {
            return Path.of(LOCAL.matcher(name).replaceFirst("/"));
        } catch (InvalidPathException e) {
            throw new PictureException("'" + name + "' is no name of a file", e);
        }
    }
}

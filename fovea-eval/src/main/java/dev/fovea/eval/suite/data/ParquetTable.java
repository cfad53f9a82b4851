package dev.fovea.eval.suite.data;

import dev.fovea.eval.EvalException;
import java.nio.file.Path;
import java.sql.Array;
import java.sql.Blob;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Struct;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.duckdb.DuckDBDriver;
import org.jspecify.annotations.Nullable;

/** Parquet files of one table, read row by row in their order. */
public final class ParquetTable {
    private final List<Path> files;

    /** @param files in the order in which they are read, at least one */
    public ParquetTable(List<Path> files) {
        this.files = List.copyOf(files);
    }

    /** Takes rows one by one. */
    @FunctionalInterface
    public interface Visitor {
        /** Looks at one row; false ends the walk. */
        boolean visit(Row row);
    }

    /** All rows. */
    public void forEach(Visitor visitor) {
        query("SELECT * FROM " + source(), visitor);
    }

    /**
     * All rows in another order.
     *
     * @param order an SQL expression over the columns
     */
    public void forEachBy(String order, Visitor visitor) {
        query("SELECT * FROM " + source() + " ORDER BY " + order, visitor);
    }

    /** The first row whose column equals the text, or null. */
    public @Nullable Row find(String column, String value) {
        Row[] found = new Row[1];
        String where = " WHERE " + column + " = '" + value.replace("'", "''") + "' LIMIT 1";
        query("SELECT * FROM " + source() + where, row -> {
            found[0] = row;
            return false;
        });
        return found[0];
    }

    private String source() {
        return files.stream()
                .map(f -> "'" + f.toString().replace("'", "''") + "'")
                .collect(Collectors.joining(", ", "read_parquet([", "])"));
    }

    private void query(String sql, Visitor visitor) {
        Properties streaming = new Properties();
        streaming.setProperty(DuckDBDriver.JDBC_STREAM_RESULTS, "true");
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:", streaming);
                Statement statement = connection.createStatement()) {
            // One thread keeps the rows in the order of the files and leaves the machine to the model.
            statement.execute("SET threads = 1");
            try (ResultSet rows = statement.executeQuery(sql)) {
                ResultSetMetaData columns = rows.getMetaData();
                for (long i = 0; rows.next(); i++) {
                    if (!visitor.visit(row(rows, columns, i))) {
                        return;
                    }
                }
            }
        } catch (SQLException e) {
            throw EvalException.input(
                    files.getFirst() + " cannot be read as Parquet: " + firstLine(e) + "; download it again", e);
        }
    }

    private Row row(ResultSet rows, ResultSetMetaData columns, long index) throws SQLException {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        for (int c = 1; c <= columns.getColumnCount(); c++) {
            values.put(columns.getColumnName(c), plain(rows.getObject(c)));
        }
        return new Row(values, files.getFirst().getFileName() + " row " + index);
    }

    private static @Nullable Object plain(@Nullable Object value) throws SQLException {
        return switch (value) {
            case null -> null;
            case Blob blob -> blob.getBytes(1, (int) blob.length());
            case Struct struct -> record(struct);
            case Array array -> list((Object[]) array.getArray());
            case Object[] array -> list(array);
            case Map<?, ?> map -> {
                Map<String, @Nullable Object> out = new LinkedHashMap<>();
                for (Map.Entry<?, ?> e : map.entrySet()) {
                    out.put(String.valueOf(e.getKey()), plain(e.getValue()));
                }
                yield out;
            }
            default -> value;
        };
    }

    private static List<@Nullable Object> list(Object[] array) throws SQLException {
        List<@Nullable Object> out = new ArrayList<>();
        for (Object element : array) {
            out.add(plain(element));
        }
        return out;
    }

    private static Map<String, @Nullable Object> record(Struct struct) throws SQLException {
        Map<String, @Nullable Object> out = new LinkedHashMap<>();
        if (struct instanceof org.duckdb.DuckDBStruct named) {
            for (Map.Entry<String, Object> e : named.getMap().entrySet()) {
                out.put(e.getKey(), plain(e.getValue()));
            }
        }
        return out;
    }

    private static String firstLine(SQLException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("unknown reason");
    }
}

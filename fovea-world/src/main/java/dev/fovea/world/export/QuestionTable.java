package dev.fovea.world.export;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * {@code questions.parquet}: the questions in the columns of the public benchmarks, so that a reader of those reads this
 * too: question_id, image (a structure of bytes, which are null here, and path, relative to the data set), question,
 * answer, accepted, skill, category, box.
 */
final class QuestionTable {
    private static final String COLUMNS =
            "{question_id: 'VARCHAR', image: 'VARCHAR', question: 'VARCHAR', answer: 'VARCHAR',"
                    + " accepted: 'VARCHAR[]', skill: 'VARCHAR', category: 'VARCHAR', box: 'DOUBLE[]'}";

    private QuestionTable() {}

    static void write(Path json, Path parquet) throws SQLException {
        String rows = "SELECT question_id, {'bytes': NULL::BLOB, 'path': image} AS image, question, answer, accepted,"
                + " skill, category, box FROM read_json(" + quoted(json) + ", format = 'newline_delimited', columns = "
                + COLUMNS + ")";
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("SET threads = 1");
            statement.execute("COPY (" + rows + ") TO " + quoted(parquet) + " (FORMAT parquet, COMPRESSION zstd)");
        }
    }

    private static String quoted(Path path) {
        return "'" + path.toString().replace("'", "''") + "'";
    }
}

package dev.fovea.eval.bench;

import dev.fovea.eval.EvalException;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/** The same rows as Parquet, for tools that read tables. */
public final class ResultParquet {
    private static final String COLUMNS =
            "{task: 'VARCHAR', doc_id: 'VARCHAR', picture: 'VARCHAR', technique: 'VARCHAR',"
                    + " budget: 'VARCHAR', skill: 'VARCHAR', \"group\": 'VARCHAR', target: 'VARCHAR', resps: 'VARCHAR',"
                    + " filtered_resps: 'VARCHAR', score: 'DOUBLE', facts: 'MAP(VARCHAR, DOUBLE)',"
                    + " log_probability: 'DOUBLE', pdm_h: 'DOUBLE[]', visual_total: 'INTEGER',"
                    + " visual_kept: 'INTEGER', visual_mean: 'DOUBLE', kept_rows: 'INTEGER[]', text_tokens: 'INTEGER', answer_tokens: 'INTEGER',"
                    + " encode_ms: 'DOUBLE', prefill_ms: 'DOUBLE', decode_ms: 'DOUBLE', encode_flops: 'BIGINT',"
                    + " prefill_flops: 'BIGINT', kv_bytes: 'BIGINT', error: 'VARCHAR'}";

    private ResultParquet() {}

    /**
     * Turns rows into a table.
     *
     * @throws EvalException if it cannot be written
     */
    public static void write(Path jsonLines, Path parquet) {
        Outputs.write(parquet, part -> {
            try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                    Statement statement = connection.createStatement()) {
                statement.execute("SET threads = 1");
                statement.execute("COPY (SELECT * FROM read_json(" + quoted(jsonLines)
                        + ", format = 'newline_delimited', columns = " + COLUMNS + ")) TO " + quoted(part)
                        + " (FORMAT parquet, COMPRESSION zstd)");
            } catch (SQLException e) {
                throw new IOException(e.getMessage(), e);
            }
        });
    }

    private static String quoted(Path path) {
        return "'" + path.toString().replace("'", "''") + "'";
    }
}

package dev.fovea.spark;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/** What is done to every picture of a DataFrame. */
public sealed interface PictureWork extends Serializable permits AskWork, BenchWork, EmbedWork {

    /**
     * The columns that come out.
     *
     * @throws IllegalArgumentException with one sentence if a column that is needed is missing or of another type, or one
     *     that would be added is there
     */
    StructType schema(StructType input);

    /** Works on the rows of a partition, in a task; columns are those of {@link #schema}. */
    Iterator<Row> rows(StructType input, Iterator<Row> rows);

    /**
     * Lazily, as all of Spark: nothing is computed until rows are asked for, and everything again whenever they are.
     * {@link OutputParts} keeps what is done.
     */
    default Dataset<Row> on(Dataset<Row> pictures) {
        StructType input = pictures.schema();
        return pictures.mapPartitions(
                (MapPartitionsFunction<Row, Row>) rows -> rows(input, rows), Encoders.row(schema(input)));
    }

    /** An input with columns added to it. */
    static StructType with(StructType input, StructType added) {
        List<String> there = Arrays.asList(input.fieldNames());
        for (String name : added.fieldNames()) {
            if (there.contains(name)) {
                throw new IllegalArgumentException("The pictures have a column '" + name
                        + "' already, where what is computed would stand; rename it first.");
            }
        }
        return Columns.concat(input, added);
    }
}

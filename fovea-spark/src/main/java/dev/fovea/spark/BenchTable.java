package dev.fovea.spark;

import static org.apache.spark.sql.functions.avg;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import dev.fovea.eval.Proportion;
import dev.fovea.eval.bench.ResultRow;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** The rows of a contest over many machines, and what they sum up to. */
public final class BenchTable {
    static final String TASK = "spark";

    static final StructType SCHEMA = Columns.of(
            "task", DataTypes.StringType,
            "doc_id", DataTypes.StringType,
            "picture", DataTypes.StringType,
            "technique", DataTypes.StringType,
            "budget", DataTypes.StringType,
            "target", DataTypes.StringType,
            "resps", DataTypes.StringType,
            "filtered_resps", DataTypes.StringType,
            "score", DataTypes.DoubleType,
            "log_probability", DataTypes.DoubleType,
            "visual_total", DataTypes.IntegerType,
            "visual_kept", DataTypes.IntegerType,
            "visual_mean", DataTypes.DoubleType,
            "text_tokens", DataTypes.IntegerType,
            "answer_tokens", DataTypes.IntegerType,
            "encode_ms", DataTypes.DoubleType,
            "prefill_ms", DataTypes.DoubleType,
            "decode_ms", DataTypes.DoubleType,
            "encode_flops", DataTypes.LongType,
            "prefill_flops", DataTypes.LongType,
            "kv_bytes", DataTypes.LongType,
            "error", DataTypes.StringType);

    private static final StructType SUMMARY = Columns.of(
            "technique", DataTypes.StringType,
            "budget", DataTypes.StringType,
            "score", DataTypes.DoubleType,
            "low", DataTypes.DoubleType,
            "high", DataTypes.DoubleType,
            "n", DataTypes.LongType,
            "errors", DataTypes.LongType,
            "visual_mean", DataTypes.DoubleType,
            "prefill_flops", DataTypes.DoubleType,
            "prefill_ms", DataTypes.DoubleType);

    private BenchTable() {}

    /** A result in the order of the columns. */
    static Row row(ResultRow r) {
        return RowFactory.create(
                r.task(),
                r.docId(),
                r.picture(),
                r.technique(),
                r.budget(),
                r.target(),
                r.resps(),
                r.filteredResps(),
                r.score(),
                r.logProbability(),
                r.visualTotal(),
                r.visualKept(),
                r.visualMean(),
                r.textTokens(),
                r.answerTokens(),
                r.encodeMs(),
                r.prefillMs(),
                r.decodeMs(),
                r.encodeFlops(),
                r.prefillFlops(),
                r.kvBytes(),
                r.error());
    }

    /**
     * What each contestant reached: the share of right answers with its 95 % interval (Wilson) over the rows that have an
     * answer, how many have none, and means of visual tokens per decoder layer, operations and milliseconds of prefill.
     *
     * @param rows those of {@link FoveaSpark#bench}, as computed or as kept
     */
    public static Dataset<Row> summary(Dataset<Row> rows) {
        Column answered = col("error").isNull();
        List<Row> sums = rows.groupBy("technique", "budget")
                .agg(
                        sum(when(answered, col("score")).otherwise(lit(0.0))),
                        count(when(answered, lit(1))),
                        count(col("error")),
                        avg(when(answered, col("visual_mean"))),
                        avg(when(answered, col("prefill_flops"))),
                        avg(when(answered, col("prefill_ms"))))
                .orderBy("technique", "budget")
                .collectAsList();
        List<Row> summary = new ArrayList<>();
        for (Row s : sums) {
            Proportion right = new Proportion(s.getDouble(2), Math.toIntExact(s.getLong(3)));
            summary.add(RowFactory.create(
                    s.get(0),
                    s.get(1),
                    right.n() == 0 ? null : right.value(),
                    right.low(),
                    right.high(),
                    s.get(3),
                    s.get(4),
                    s.get(5),
                    s.get(6),
                    s.get(7)));
        }
        return rows.sparkSession().createDataFrame(summary, SUMMARY);
    }
}

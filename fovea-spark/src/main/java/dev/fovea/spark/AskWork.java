package dev.fovea.spark;

import java.util.Iterator;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * Asks about every picture.
 *
 * @param how the model and how it is asked
 * @param question to all pictures, or null
 * @param column in which each picture's own question stands, or null
 */
record AskWork(
        FoveaSpark how, @Nullable String question, @Nullable String column) implements PictureWork {
    private static final StructType ADDED = Columns.of(
            "answer", DataTypes.StringType,
            "visual_tokens", DataTypes.IntegerType,
            "kept_tokens", DataTypes.IntegerType,
            "answer_tokens", DataTypes.IntegerType,
            "error", DataTypes.StringType);

    AskWork {
        if (question != null && question.isBlank()) {
            throw new IllegalArgumentException("The question is empty.");
        }
    }

    @Override
    public StructType schema(StructType input) {
        PictureColumn.of(input, how.pictures());
        questions(input);
        return PictureWork.with(input, ADDED);
    }

    /** The place of the column of questions, or -1. */
    private int questions(StructType input) {
        return column == null ? -1 : Columns.text(input, column, "questions");
    }

    @Override
    public Iterator<Row> rows(StructType input, Iterator<Row> rows) {
        return new AskedRows(how, question, questions(input), PictureColumn.of(input, how.pictures()), rows);
    }
}

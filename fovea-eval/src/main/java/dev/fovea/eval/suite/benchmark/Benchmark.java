package dev.fovea.eval.suite.benchmark;

import dev.fovea.eval.suite.Item;
import dev.fovea.eval.suite.Scored;
import dev.fovea.eval.suite.Suite;
import dev.fovea.eval.suite.data.DataFolder;
import dev.fovea.eval.suite.data.ParquetTable;
import dev.fovea.eval.suite.data.Row;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What is particular about one benchmark; rows have the columns of its Parquet files, wherever they come from. */
public interface Benchmark {
    /** What ends most prompts. */
    String SHORT = "\nAnswer the question using a single word or phrase.";

    /** What ends multiple-choice prompts. */
    String LETTER = "\nAnswer with the option's letter from the given choices directly.";

    /** Tokens of an answer of one word or phrase. */
    int SHORT_TOKENS = 16;

    /** Name on the command line and in results. */
    String id();

    /** Words by which the files of the split that is evaluated are told, the best first. */
    List<String> splits();

    /** Questions of a row: usually one, none for a row that does not belong, several for several expressions. */
    List<Item> items(Row row, long index);

    /** Metrics of graded answers, the published one first. */
    default Map<String, Double> metrics(List<Scored> scored) {
        return Suite.accuracy(scored);
    }

    /** Rows of the Parquet files. */
    default void parquet(DataFolder folder, List<Path> files, ParquetTable.Visitor visitor) {
        new ParquetTable(files).forEach(visitor);
    }

    /**
     * Rows of the original files, in the columns of the Parquet files.
     *
     * @return whether the folder holds them
     */
    boolean original(DataFolder folder, ParquetTable.Visitor visitor);
}

package dev.fovea.eval.suite.benchmark;

import dev.fovea.eval.EvalException;
import dev.fovea.eval.suite.Item;
import dev.fovea.eval.suite.Scored;
import dev.fovea.eval.suite.Suite;
import dev.fovea.eval.suite.data.DataFolder;
import dev.fovea.eval.suite.data.ParquetTable;
import dev.fovea.eval.suite.data.Row;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A benchmark in a folder: the Parquet files of its Hugging Face data set, or the original files with their pictures.
 *
 * @param benchmark which
 * @param root the folder
 */
public record Published(Benchmark benchmark, Path root) implements Suite {

    @Override
    public String name() {
        return benchmark.id();
    }

    @Override
    public String source() {
        return benchmark.id() + " in " + root + ", prompts and metrics of lmms-eval 0.2.4";
    }

    @Override
    public void forEach(int limit, Visitor visitor) {
        DataFolder folder = DataFolder.open(root);
        Walk walk = new Walk(benchmark, limit, visitor);
        List<Path> files = folder.parquet(benchmark.splits());
        if (!files.isEmpty()) {
            benchmark.parquet(folder, files, walk);
        } else if (!benchmark.original(folder, walk)) {
            throw EvalException.input(root + " holds neither Parquet files nor the original files of '" + benchmark.id()
                    + "'; download the data set into it");
        }
    }

    @Override
    public Map<String, Double> metrics(List<Scored> scored) {
        return benchmark.metrics(scored);
    }

    /** Counts questions on the way from rows to the visitor. */
    private static final class Walk implements ParquetTable.Visitor {
        private final Benchmark benchmark;
        private final Visitor visitor;
        private int left;
        private long index;

        Walk(Benchmark benchmark, int limit, Visitor visitor) {
            this.benchmark = benchmark;
            this.visitor = visitor;
            this.left = limit;
        }

        @Override
        public boolean visit(Row row) {
            for (Item item : benchmark.items(row, index++)) {
                if (left-- <= 0 || !visitor.visit(item)) {
                    return false;
                }
            }
            return left > 0;
        }
    }
}

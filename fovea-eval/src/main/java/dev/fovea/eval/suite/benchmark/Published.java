package dev.fovea.eval.suite.benchmark;

import dev.fovea.eval.EvalException;
import dev.fovea.eval.suite.Grader;
import dev.fovea.eval.suite.Item;
import dev.fovea.eval.suite.PictureSource;
import dev.fovea.eval.suite.Scored;
import dev.fovea.eval.suite.Suite;
import dev.fovea.eval.suite.data.DataFolder;
import dev.fovea.eval.suite.data.ParquetTable;
import dev.fovea.eval.suite.data.Row;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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
        walk.end();
    }

    @Override
    public Map<String, Double> metrics(List<Scored> scored) {
        return benchmark.metrics(scored);
    }

    /**
     * Counts questions on the way from rows to the visitor. A row that cannot be used becomes a question that cannot be
     * answered, so that it is one error and not the end; but if no row at all can be used, the table is not what it
     * should be.
     */
    private static final class Walk implements ParquetTable.Visitor {
        private final Benchmark benchmark;
        private final Visitor visitor;
        private final List<Item> held = new ArrayList<>();
        private @Nullable EvalException first;
        private boolean usable;
        private int left;
        private long index;

        Walk(Benchmark benchmark, int limit, Visitor visitor) {
            this.benchmark = benchmark;
            this.visitor = visitor;
            this.left = limit;
        }

        @Override
        public boolean visit(Row row) {
            List<Item> items;
            try {
                String trouble = row.trouble();
                if (trouble != null) {
                    throw EvalException.input(trouble);
                }
                items = benchmark.items(row, index);
                usable |= !items.isEmpty();
            } catch (EvalException e) {
                first = first == null ? e : first;
                items = List.of(unusable(e));
            }
            index++;
            held.addAll(items);
            return usable ? handOn() : held.size() < left;
        }

        private Item unusable(EvalException e) {
            String name = "row-" + index;
            PictureSource none = new PictureSource(name, () -> {
                throw e;
            });
            return new Item(name, none, "", 1, "", "", "", Grader.of(answer -> new Grader.Grade("", 0)));
        }

        private boolean handOn() {
            for (Item item : held) {
                if (left-- <= 0 || !visitor.visit(item)) {
                    return false;
                }
            }
            held.clear();
            return left > 0;
        }

        /** After the last row. */
        void end() {
            if (!usable && first != null) {
                throw first;
            }
        }
    }
}

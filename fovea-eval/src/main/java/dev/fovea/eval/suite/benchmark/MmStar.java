package dev.fovea.eval.suite.benchmark;

import dev.fovea.eval.suite.Grader;
import dev.fovea.eval.suite.Item;
import dev.fovea.eval.suite.Scored;
import dev.fovea.eval.suite.data.DataFolder;
import dev.fovea.eval.suite.data.ParquetTable;
import dev.fovea.eval.suite.data.Row;
import dev.fovea.eval.suite.data.Separated;
import dev.fovea.eval.suite.metric.Choices;
import dev.fovea.eval.suite.metric.Grouped;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** MMStar (arXiv 2403.20330), {@code Lin-Chen/MMStar}: the average over its second-level categories. */
public final class MmStar implements Benchmark {

    @Override
    public String id() {
        return "mmstar";
    }

    @Override
    public List<String> splits() {
        return List.of("val", "mmstar");
    }

    @Override
    public List<Item> items(Row row, long index) {
        String id = row.text("index", Long.toString(index));
        String target = row.text("answer").toLowerCase(Locale.ROOT).strip();
        return List.of(new Item(
                id,
                row.picture("image", id),
                row.text("question").strip() + LETTER,
                SHORT_TOKENS,
                row.text("category", ""),
                row.text("l2_category", ""),
                target,
                Grader.of(answer -> Grader.Grade.match(Choices.mmstar(answer, target), target))));
    }

    @Override
    public Map<String, Double> metrics(List<Scored> scored) {
        Map<String, Double> out = new LinkedHashMap<>();
        out.put("average", Grouped.meanOfMeans(scored));
        out.putAll(Benchmark.super.metrics(scored));
        return out;
    }

    /** {@code MMStar.tsv}, with pictures in base64. */
    @Override
    public boolean original(DataFolder folder, ParquetTable.Visitor visitor) {
        Optional<Path> file = folder.named("(?i)mmstar.*\\.[tc]sv");
        file.ifPresent(path -> Separated.forEach(path, visitor));
        return file.isPresent();
    }
}

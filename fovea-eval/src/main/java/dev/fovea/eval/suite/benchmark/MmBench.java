package dev.fovea.eval.suite.benchmark;

import dev.fovea.eval.suite.Grader;
import dev.fovea.eval.suite.Item;
import dev.fovea.eval.suite.Scored;
import dev.fovea.eval.suite.data.DataFolder;
import dev.fovea.eval.suite.data.ParquetTable;
import dev.fovea.eval.suite.data.Row;
import dev.fovea.eval.suite.metric.Choices;
import dev.fovea.eval.suite.metric.Grouped;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * MMBench (arXiv 2307.06281), {@code lmms-lab/MMBench} in English: multiple choice, every rotation of the options under
 * an index a million higher.
 */
public final class MmBench implements Benchmark {
    private static final long ROTATION = 1_000_000;
    private static final List<String> LETTERS = List.of("A", "B", "C", "D", "E");

    @Override
    public String id() {
        return "mmbench";
    }

    @Override
    public List<String> splits() {
        return List.of("en/dev", "en_dev", "dev");
    }

    @Override
    public List<Item> items(Row row, long index) {
        Map<String, String> options = new LinkedHashMap<>();
        StringBuilder prompt = new StringBuilder();
        String hint = row.text("hint", "nan");
        if (!hint.equals("nan")) {
            prompt.append(hint).append(' ');
        }
        prompt.append(row.text("question")).append(" There are several options:");
        for (String letter : LETTERS) {
            String option = row.text(letter, "nan");
            if (!option.equals("nan") && !option.isEmpty()) {
                options.put(letter, option);
                prompt.append('\n').append(letter).append(". ").append(option);
            }
        }
        prompt.append('\n').append(LETTER);
        long id = row.integer("index");
        String target = row.text("answer");
        String group = Long.toString(id % ROTATION);
        return List.of(new Item(
                Long.toString(id),
                row.picture("image", group),
                prompt.toString(),
                SHORT_TOKENS,
                row.text("L2-category", row.text("l2-category", row.text("category", ""))),
                group,
                target,
                Grader.of(answer ->
                        Grader.Grade.match(Choices.mmbench(answer, options).orElse(""), target))));
    }

    /** The share of questions that are right under every rotation, then of single ones. */
    @Override
    public Map<String, Double> metrics(List<Scored> scored) {
        Map<String, Double> out = new LinkedHashMap<>();
        out.put("circular_accuracy", Grouped.circular(scored));
        out.putAll(Benchmark.super.metrics(scored));
        return out;
    }

    /**
     * {@code mmbench_dev_en_20231003.tsv}: a table whose pictures are in base64; a short text there is the index of the
     * row whose picture is meant.
     */
    @Override
    public boolean original(DataFolder folder, ParquetTable.Visitor visitor) {
        Optional<Path> file = folder.named("(?i)mmbench.*\\.tsv");
        if (file.isEmpty()) {
            return false;
        }
        Map<String, Object> pictures = new LinkedHashMap<>();
        DataFolder.tabSeparated(file.get(), row -> {
            String picture = row.text("image");
            boolean reference = pictures.containsKey(picture);
            if (!reference && Long.parseLong(row.text("index")) < ROTATION) {
                pictures.put(row.text("index"), picture);
            }
            Map<String, Object> image = Map.of("image", reference ? pictures.get(picture) : picture);
            Map<String, @org.jspecify.annotations.Nullable Object> values = new LinkedHashMap<>(row.values());
            values.putAll(image);
            return visitor.visit(new Row(values, row.where()));
        });
        return true;
    }
}

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
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * MMBench (arXiv 2307.06281), {@code lmms-lab/MMBench} in English: multiple choice, every rotation of the options under
 * an index a million higher.
 */
public final class MmBench implements Benchmark {
    private static final long ROTATION = 1_000_000;
    private static final String IMAGE = "image";
    private static final Pattern REFERENCE = Pattern.compile("[0-9]{1,20}");
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
        String target = row.text("answer").strip();
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
     * {@code mmbench_dev_en_20231003.tsv}: a table whose pictures are in base64; a short number there is the index of the
     * row whose picture is meant, which may stand anywhere.
     */
    @Override
    public boolean original(DataFolder folder, ParquetTable.Visitor visitor) {
        Optional<Path> file = folder.named("(?i)mmbench.*\\.[tc]sv");
        if (file.isEmpty()) {
            return false;
        }
        Set<String> wanted = new HashSet<>();
        Separated.forEach(file.get(), row -> {
            if (isReference(row)) {
                wanted.add(row.text(IMAGE));
            }
            return true;
        });
        Map<String, String> pictures = new HashMap<>();
        Separated.forEach(file.get(), row -> {
            if (row.has(IMAGE) && wanted.contains(row.text("index", ""))) {
                pictures.put(row.text("index"), row.text(IMAGE));
            }
            return true;
        });
        Separated.forEach(file.get(), row -> visitor.visit(isReference(row) ? resolved(row, pictures) : row));
        return true;
    }

    private static boolean isReference(Row row) {
        return REFERENCE.matcher(row.text(IMAGE, "")).matches();
    }

    /** The row with the picture that it refers to, over any number of references. */
    private static Row resolved(Row row, Map<String, String> pictures) {
        String picture = row.text(IMAGE);
        for (int hops = 0; hops <= pictures.size(); hops++) {
            if (!REFERENCE.matcher(picture).matches()) {
                return row.with(Map.of(IMAGE, picture));
            }
            String next = pictures.get(picture);
            if (next == null) {
                return Row.broken(row.where() + " refers to the picture of row " + picture + ", which has none");
            }
            picture = next;
        }
        return Row.broken(row.where() + " refers to the picture of a row that refers back to it");
    }
}

package dev.fovea.eval.suite.benchmark;

import dev.fovea.eval.suite.Grader;
import dev.fovea.eval.suite.Item;
import dev.fovea.eval.suite.data.DataFolder;
import dev.fovea.eval.suite.data.ParquetTable;
import dev.fovea.eval.suite.data.Row;
import dev.fovea.eval.suite.metric.Boxes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * RefCOCO, RefCOCO+ and RefCOCOg (Kazemzadeh et al. 2014; Mao et al. 2016) as comprehension: an expression is given, its
 * box is asked for and counts from an overlap of one half. {@code lmms-lab/RefCOCO}, one question per expression.
 */
public final class RefCoco implements Benchmark {
    private static final String ASK = "Bounding box coordinates are specified in the format (top-left x, top-left y, "
            + "bottom-right x, bottom-right y). All values are floating point numbers bounded between 0 and 1. Please "
            + "provide the bounding box coordinate of the region this sentence describes: ";
    private static final double LEAST_OVERLAP = 0.5;
    private static final int TOKENS = 64;

    private final String id;

    private RefCoco(String id) {
        this.id = id;
    }

    public static RefCoco plain() {
        return new RefCoco("refcoco");
    }

    public static RefCoco plus() {
        return new RefCoco("refcoco+");
    }

    public static RefCoco google() {
        return new RefCoco("refcocog");
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public List<String> splits() {
        return List.of("val-", "val", "test");
    }

    @Override
    public List<Item> items(Row row, long index) {
        double[] box = row.numbers("bbox");
        String picture = row.text("question_id", Long.toString(index));
        List<String> expressions = row.texts("answer");
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < expressions.size(); i++) {
            items.add(new Item(
                    picture + "-" + i,
                    row.picture("image", picture),
                    ASK + expressions.get(i),
                    TOKENS,
                    "box",
                    "",
                    Arrays.toString(box),
                    (answer, image) -> {
                        double[] said = Boxes.find(answer);
                        double[] right = Boxes.ofCoco(box, image.width(), image.height());
                        double overlap = Boxes.overlap(said, right);
                        return new Grader.Grade(Arrays.toString(said), overlap >= LEAST_OVERLAP ? 1 : 0);
                    }));
        }
        return items;
    }

    /**
     * A file {@code refcoco_val.jsonl} of the columns {@code file_name}, {@code bbox} and {@code answer}: the original
     * annotations are Python pickles, which only Python can open.
     */
    @Override
    public boolean original(DataFolder folder, ParquetTable.Visitor visitor) {
        Optional<Path> file = folder.named("(?i)" + id.replace("+", "\\+") + ".*\\.jsonl");
        if (file.isEmpty()) {
            return false;
        }
        DataFolder.jsonLines(
                file.get(),
                line -> Map.of("image", folder.picture(line.path("file_name").asText())),
                visitor);
        return true;
    }
}

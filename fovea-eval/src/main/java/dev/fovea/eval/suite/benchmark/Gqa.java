package dev.fovea.eval.suite.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.eval.EvalException;
import dev.fovea.eval.suite.Grader;
import dev.fovea.eval.suite.Item;
import dev.fovea.eval.suite.data.DataFolder;
import dev.fovea.eval.suite.data.ParquetTable;
import dev.fovea.eval.suite.data.Row;
import dev.fovea.eval.suite.metric.ExactMatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * GQA (arXiv 1902.09506), {@code lmms-lab/GQA}: questions in {@code testdev_balanced_instructions}, pictures in
 * {@code testdev_balanced_images}. Exact match without case and punctuation.
 */
public final class Gqa implements Benchmark {

    @Override
    public String id() {
        return "gqa";
    }

    @Override
    public List<String> splits() {
        return List.of("testdev_balanced_instructions");
    }

    @Override
    public List<Item> items(Row row, long index) {
        String target = row.text("answer");
        String skill = row.has("types") ? row.row("types").text("structural", "") : "";
        return List.of(new Item(
                row.text("id", Long.toString(index)),
                row.picture("image", row.text("imageId")),
                row.text("question") + SHORT,
                SHORT_TOKENS,
                skill,
                "",
                target,
                Grader.of(answer -> {
                    String said = ExactMatch.normalise(answer);
                    return new Grader.Grade(said, said.equals(ExactMatch.normalise(target)) ? 1 : 0);
                })));
    }

    /** Questions by picture, each picture looked up once. */
    @Override
    public void parquet(DataFolder folder, List<Path> files, ParquetTable.Visitor visitor) {
        List<Path> images = folder.parquet(List.of("testdev_balanced_images"));
        if (images.equals(files)) {
            throw EvalException.input(folder.root() + " has GQA's questions but not its pictures; download the folder "
                    + "testdev_balanced_images too");
        }
        ParquetTable pictures = new ParquetTable(images);
        Map<String, @Nullable Object> latest = new LinkedHashMap<>();
        new ParquetTable(files).forEachBy("imageId, id", row -> {
            String id = row.text("imageId");
            if (!id.equals(latest.get("id"))) {
                Row found = pictures.find("id", id);
                latest.put("id", id);
                latest.put(
                        "image",
                        found == null
                                ? folder.root().resolve(id + ".jpg")
                                : found.values().get("image"));
            }
            Map<String, @Nullable Object> values = new LinkedHashMap<>(row.values());
            values.put("image", latest.get("image"));
            return visitor.visit(new Row(values, row.where()));
        });
    }

    /** {@code testdev_balanced_questions.json}: an object of question id to question, and pictures by their id. */
    @Override
    public boolean original(DataFolder folder, ParquetTable.Visitor visitor) {
        Optional<Path> file = folder.named("testdev_balanced_questions\\.json");
        if (file.isEmpty()) {
            return false;
        }
        List<Map.Entry<String, JsonNode>> questions =
                new ArrayList<>(DataFolder.json(file.get()).properties());
        questions.sort(Comparator.comparing((Map.Entry<String, JsonNode> q) ->
                        q.getValue().path("imageId").asText())
                .thenComparing(Map.Entry::getKey));
        for (Map.Entry<String, JsonNode> q : questions) {
            Path picture = folder.picture(q.getValue().path("imageId").asText() + ".jpg");
            Map<String, Object> more = Map.of("id", q.getKey(), "image", picture);
            if (!visitor.visit(DataFolder.row(q.getValue(), more, "question " + q.getKey()))) {
                break;
            }
        }
        return true;
    }
}

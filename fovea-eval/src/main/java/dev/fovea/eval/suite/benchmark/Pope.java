package dev.fovea.eval.suite.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.eval.suite.Grader;
import dev.fovea.eval.suite.Item;
import dev.fovea.eval.suite.Scored;
import dev.fovea.eval.suite.data.DataFolder;
import dev.fovea.eval.suite.data.ParquetTable;
import dev.fovea.eval.suite.data.Row;
import dev.fovea.eval.suite.metric.YesNo;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** POPE (arXiv 2305.10355), {@code lmms-lab/POPE}: is the object there? */
public final class Pope implements Benchmark {

    @Override
    public String id() {
        return "pope";
    }

    @Override
    public List<String> splits() {
        return List.of("test");
    }

    @Override
    public List<Item> items(Row row, long index) {
        String target = row.text("answer").toLowerCase(Locale.ROOT).strip();
        String picture = row.text("image_source", Long.toString(index));
        return List.of(new Item(
                Long.toString(index),
                row.picture("image", picture),
                row.text("question").strip() + SHORT,
                SHORT_TOKENS,
                row.text("category", ""),
                "",
                target,
                Grader.of(answer ->
                        Grader.Grade.match(answer.toLowerCase(Locale.ROOT).strip(), target))));
    }

    @Override
    public Map<String, Double> metrics(List<Scored> scored) {
        return YesNo.pope(scored);
    }

    /** {@code coco_pope_adversarial.json} and so on: a line per question with question_id, image, text and label. */
    @Override
    public boolean original(DataFolder folder, ParquetTable.Visitor visitor) {
        List<Path> files = folder.allNamed("\\w+_pope_(adversarial|popular|random)\\.json");
        for (Path file : files) {
            String category = file.getFileName().toString().replaceAll(".*_pope_(\\w+)\\.json", "$1");
            boolean[] goOn = {true};
            DataFolder.jsonLines(file, line -> columns(folder, category, line), row -> goOn[0] = visitor.visit(row));
            if (!goOn[0]) {
                return true;
            }
        }
        return !files.isEmpty();
    }

    private static Map<String, Object> columns(DataFolder folder, String category, JsonNode line) {
        String image = line.path("image").asText();
        return Map.of(
                "question", line.path("text").asText(),
                "answer", line.path("label").asText(),
                "category", category,
                "image_source", image,
                "image", folder.picture(image));
    }
}

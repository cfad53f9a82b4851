package dev.fovea.eval.suite.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.eval.suite.Grader;
import dev.fovea.eval.suite.Item;
import dev.fovea.eval.suite.data.DataFolder;
import dev.fovea.eval.suite.data.ParquetTable;
import dev.fovea.eval.suite.data.Row;
import dev.fovea.eval.suite.metric.Choices;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** SEED-Bench (arXiv 2307.16125), its questions about single pictures: {@code lmms-lab/SEED-Bench}. */
public final class SeedBench implements Benchmark {
    /** Types 1 to 9 are about pictures. */
    private static final List<String> TYPES = List.of(
            "scene understanding",
            "instance identity",
            "instance attributes",
            "instance location",
            "instance counting",
            "spatial relation",
            "instance interaction",
            "visual reasoning",
            "text understanding");

    @Override
    public String id() {
        return "seedbench-image";
    }

    @Override
    public List<String> splits() {
        return List.of("test");
    }

    @Override
    public List<Item> items(Row row, long index) {
        if (!row.text("data_type").equals("image")) {
            return List.of();
        }
        String prompt = row.text("question")
                + "\nA. " + row.text("choice_a")
                + "\nB. " + row.text("choice_b")
                + "\nC. " + row.text("choice_c")
                + "\nD. " + row.text("choice_d")
                + LETTER;
        String target = row.text("answer").strip();
        return List.of(new Item(
                row.text("question_id", Long.toString(index)),
                row.picture("image", row.text("data_id", Long.toString(index))),
                prompt,
                SHORT_TOKENS,
                type(row),
                "",
                target,
                Grader.of(answer -> Grader.Grade.match(Choices.first(answer), target))));
    }

    private static String type(Row row) {
        int number = row.has("question_type_id") ? (int) row.integer("question_type_id") : 0;
        return number >= 1 && number <= TYPES.size() ? TYPES.get(number - 1) : "";
    }

    /** {@code SEED-Bench.json} with a list {@code questions}, pictures named by data_id. */
    @Override
    public boolean original(DataFolder folder, ParquetTable.Visitor visitor) {
        Optional<Path> file = folder.named("(?i)seed-?bench.*\\.json");
        if (file.isEmpty()) {
            return false;
        }
        for (JsonNode q : DataFolder.json(file.get()).path("questions")) {
            if (!q.path("data_type").asText().equals("image")) {
                continue;
            }
            Path picture = folder.picture(q.path("data_id").asText());
            if (!visitor.visit(DataFolder.row(q, Map.of("image", picture), "question " + q.path("question_id")))) {
                break;
            }
        }
        return true;
    }
}

package dev.fovea.eval.suite.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.eval.EvalException;
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

/** ScienceQA (arXiv 2209.09513), its questions with a picture: {@code lmms-lab/ScienceQA}, ScienceQA-IMG. */
public final class ScienceQa implements Benchmark {

    @Override
    public String id() {
        return "scienceqa-img";
    }

    @Override
    public List<String> splits() {
        return List.of("ScienceQA-IMG/test", "test");
    }

    @Override
    public List<Item> items(Row row, long index) {
        if (!row.has("image")) {
            return List.of();
        }
        String hint = row.text("hint", "");
        StringBuilder prompt = new StringBuilder();
        if (!hint.isEmpty()) {
            prompt.append("Context: ").append(hint).append('\n');
        }
        prompt.append(row.text("question"));
        List<String> choices = row.texts("choices");
        for (int i = 0; i < choices.size(); i++) {
            prompt.append('\n').append(letter(i)).append(". ").append(choices.get(i));
        }
        prompt.append(LETTER);
        long answer = row.integer("answer");
        if (answer < 0 || answer >= choices.size()) {
            throw EvalException.input(
                    row.where() + ": 'answer' is " + answer + ", but there are " + choices.size() + " choices");
        }
        String target = letter((int) answer);
        String id = row.text("id", Long.toString(index));
        return List.of(new Item(
                id,
                row.picture("image", id),
                prompt.toString(),
                SHORT_TOKENS,
                row.text("subject", ""),
                "",
                target,
                Grader.of(said -> Grader.Grade.match(Choices.scienceQa(said), target))));
    }

    private static String letter(int index) {
        return String.valueOf((char) ('A' + index));
    }

    /** {@code problems.json} and {@code pid_splits.json}, pictures as {@code test/ID/image.png}. */
    @Override
    public boolean original(DataFolder folder, ParquetTable.Visitor visitor) {
        Optional<Path> problems = folder.named("problems\\.json");
        Optional<Path> splits = folder.named("pid_splits\\.json");
        if (problems.isEmpty() || splits.isEmpty()) {
            return false;
        }
        JsonNode all = DataFolder.json(problems.get());
        List<Path> pictures = folder.allNamed("image\\.png");
        for (JsonNode id : DataFolder.json(splits.get()).path("test")) {
            JsonNode problem = all.path(id.asText());
            if (problem.path("image").isNull() || problem.path("image").isMissingNode()) {
                continue;
            }
            Path end = Path.of("test", id.asText(), "image.png");
            Path picture = pictures.stream()
                    .filter(p -> p.endsWith(end))
                    .findFirst()
                    .orElse(folder.root().resolve(end));
            Map<String, Object> more = Map.of("id", id.asText(), "image", picture);
            if (!visitor.visit(DataFolder.row(problem, more, "problem " + id.asText()))) {
                break;
            }
        }
        return true;
    }
}

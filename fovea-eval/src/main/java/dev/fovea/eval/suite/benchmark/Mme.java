package dev.fovea.eval.suite.benchmark;

import dev.fovea.eval.EvalException;
import dev.fovea.eval.suite.Grader;
import dev.fovea.eval.suite.Item;
import dev.fovea.eval.suite.Scored;
import dev.fovea.eval.suite.data.DataFolder;
import dev.fovea.eval.suite.data.ParquetTable;
import dev.fovea.eval.suite.data.Row;
import dev.fovea.eval.suite.metric.Grouped;
import dev.fovea.eval.suite.metric.YesNo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** MME (arXiv 2306.13394), {@code lmms-lab/MME}: two yes-or-no questions per picture. */
public final class Mme implements Benchmark {

    @Override
    public String id() {
        return "mme";
    }

    @Override
    public List<String> splits() {
        return List.of("test");
    }

    @Override
    public List<Item> items(Row row, long index) {
        String target = row.text("answer").toLowerCase(Locale.ROOT).strip().replace(".", "");
        String picture = row.text("question_id");
        String question = row.text("question").strip().replace(" Please answer yes or no.", "");
        return List.of(new Item(
                Long.toString(index),
                row.picture("image", picture),
                question + SHORT,
                SHORT_TOKENS,
                row.text("category"),
                picture,
                target,
                Grader.of(answer -> Grader.Grade.match(YesNo.mme(answer), target))));
    }

    @Override
    public Map<String, Double> metrics(List<Scored> scored) {
        return Grouped.mme(scored);
    }

    /**
     * A folder per category; beside each picture, or in {@code questions_answers_YN} beside {@code images}, a text file
     * of its name with a question, a tab and its answer on each of two lines.
     */
    @Override
    public boolean original(DataFolder folder, ParquetTable.Visitor visitor) {
        boolean any = false;
        for (Path file : folder.allNamed(".*\\.txt")) {
            Path in = file.getParent();
            if (in == null) {
                continue;
            }
            boolean apart = in.endsWith("questions_answers_YN");
            Path category = apart ? in.getParent() : in;
            Path pictures = apart ? in.resolveSibling("images") : in;
            Path picture = picture(pictures, file.getFileName().toString().replaceAll("\\.txt$", ""));
            if (category == null || picture == null) {
                continue;
            }
            any = true;
            for (String line : lines(file)) {
                String[] parts = line.split("\t", -1);
                if (!line.isBlank() && !visitor.visit(row(file, parts, category, picture))) {
                    return true;
                }
            }
        }
        return any;
    }

    private static Row row(Path file, String[] parts, Path category, Path picture) {
        if (parts.length < 2) {
            return Row.broken(file + " has a line without a tab between question and answer");
        }
        String name = category.getFileName() + "/" + picture.getFileName();
        return new Row(
                Map.of(
                        "question_id",
                        name,
                        "question",
                        parts[0],
                        "answer",
                        parts[1],
                        "category",
                        category.getFileName().toString(),
                        "image",
                        picture),
                name);
    }

    private static @org.jspecify.annotations.Nullable Path picture(Path folder, String stem) {
        for (String ending : List.of(".jpg", ".png", ".jpeg")) {
            Path file = folder.resolve(stem + ending);
            if (Files.exists(file)) {
                return file;
            }
        }
        return null;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw EvalException.input(file + " cannot be read: " + e.getMessage(), e);
        }
    }
}

package dev.fovea.eval.suite.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.eval.suite.Grader;
import dev.fovea.eval.suite.Item;
import dev.fovea.eval.suite.data.DataFolder;
import dev.fovea.eval.suite.data.ParquetTable;
import dev.fovea.eval.suite.data.Row;
import dev.fovea.eval.suite.metric.VqaAnswers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The benchmarks that ten people voted on: VQAv2, TextVQA, VizWiz. */
public final class Vqa implements Benchmark {
    private static final String UNSURE =
            "\nWhen the provided information is insufficient, respond with 'Unanswerable'." + SHORT;

    private final Kind kind;

    private enum Kind {
        VQAV2,
        TEXTVQA,
        VIZWIZ
    }

    private Vqa(Kind kind) {
        this.kind = kind;
    }

    /** VQAv2 (arXiv 1612.00837), {@code lmms-lab/VQAv2}. */
    public static Vqa vqav2() {
        return new Vqa(Kind.VQAV2);
    }

    /** TextVQA (arXiv 1904.08920), {@code lmms-lab/textvqa}, without OCR tokens in the prompt. */
    public static Vqa textVqa() {
        return new Vqa(Kind.TEXTVQA);
    }

    /** VizWiz (arXiv 1802.08218), {@code lmms-lab/VizWiz-VQA}. */
    public static Vqa vizWiz() {
        return new Vqa(Kind.VIZWIZ);
    }

    @Override
    public String id() {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public List<String> splits() {
        return List.of("validation", "val");
    }

    @Override
    public List<Item> items(Row row, long index) {
        String question = row.text("question");
        String asked = switch (kind) {
            case VQAV2 -> question + SHORT;
            case TEXTVQA -> capitalised(question) + SHORT;
            case VIZWIZ -> capitalised(question) + UNSURE;
        };
        String picture = row.text("image_id", row.text("question_id", Long.toString(index)));
        List<String> people = kind == Kind.VQAV2
                ? row.rows("answers").stream().map(a -> a.text("answer")).toList()
                : row.texts("answers");
        String skill = kind == Kind.VQAV2 ? row.text("answer_type", "") : row.text("category", "");
        return List.of(new Item(
                row.text("question_id", Long.toString(index)),
                row.picture("image", picture),
                asked,
                SHORT_TOKENS,
                skill,
                "",
                String.join(" | ", people),
                Grader.of(answer -> kind == Kind.VQAV2 ? unanimousAsIs(answer, people) : vote(answer, people))));
    }

    private static Grader.Grade vote(String answer, List<String> people) {
        String said = VqaAnswers.normalise(answer);
        return new Grader.Grade(
                said,
                VqaAnswers.vote(said, people.stream().map(VqaAnswers::normalise).toList()));
    }

    /** VQAv2 levels what people said only where they disagree. */
    private static Grader.Grade unanimousAsIs(String answer, List<String> people) {
        String said = VqaAnswers.normalise(answer);
        List<String> given = people.stream()
                .map(a -> a.replace('\n', ' ').replace('\t', ' ').strip())
                .toList();
        if (new HashSet<>(given).size() > 1) {
            said = VqaAnswers.level(said);
            given = given.stream().map(VqaAnswers::level).toList();
        }
        return new Grader.Grade(said, VqaAnswers.vote(said, given));
    }

    /** The first letter large, all others small. */
    private static String capitalised(String text) {
        return text.isEmpty()
                ? text
                : text.substring(0, 1).toUpperCase(Locale.ROOT)
                        + text.substring(1).toLowerCase(Locale.ROOT);
    }

    @Override
    public boolean original(DataFolder folder, ParquetTable.Visitor visitor) {
        return switch (kind) {
            case VQAV2 -> originalVqav2(folder, visitor);
            case TEXTVQA -> originalTextVqa(folder, visitor);
            case VIZWIZ -> originalVizWiz(folder, visitor);
        };
    }

    /** Questions and annotations in two files, pictures as {@code COCO_val2014_000000262148.jpg}. */
    private static boolean originalVqav2(DataFolder folder, ParquetTable.Visitor visitor) {
        Optional<Path> questions = folder.named("v2_OpenEnded_mscoco_val2014_questions\\.json");
        Optional<Path> annotations = folder.named("v2_mscoco_val2014_annotations\\.json");
        if (questions.isEmpty() || annotations.isEmpty()) {
            return false;
        }
        Map<Long, JsonNode> answers = new HashMap<>();
        DataFolder.json(annotations.get())
                .path("annotations")
                .forEach(a -> answers.put(a.path("question_id").asLong(), a));
        for (JsonNode q : DataFolder.json(questions.get()).path("questions")) {
            JsonNode answer = answers.get(q.path("question_id").asLong());
            if (answer == null) {
                continue;
            }
            String name = String.format(
                    Locale.ROOT, "COCO_val2014_%012d.jpg", q.path("image_id").asLong());
            Map<String, Object> more = Map.of("question", q.path("question").asText(), "image", folder.picture(name));
            if (!visitor.visit(DataFolder.row(answer, more, "question " + q.path("question_id")))) {
                break;
            }
        }
        return true;
    }

    /** {@code TextVQA_0.5.1_val.json} with a list {@code data}, pictures by their id. */
    private static boolean originalTextVqa(DataFolder folder, ParquetTable.Visitor visitor) {
        Optional<Path> file = folder.named("TextVQA_[0-9.]+_val\\.json");
        if (file.isEmpty()) {
            return false;
        }
        for (JsonNode q : DataFolder.json(file.get()).path("data")) {
            Path picture = folder.picture(q.path("image_id").asText() + ".jpg");
            if (!visitor.visit(DataFolder.row(q, Map.of("image", picture), "question " + q.path("question_id")))) {
                break;
            }
        }
        return true;
    }

    /** {@code val.json}: a list of picture, question and answers with their confidence. */
    private static boolean originalVizWiz(DataFolder folder, ParquetTable.Visitor visitor) {
        Optional<Path> file = folder.named("val\\.json");
        if (file.isEmpty()) {
            return false;
        }
        for (JsonNode q : DataFolder.json(file.get())) {
            List<String> people = new ArrayList<>();
            q.path("answers").forEach(a -> people.add(a.path("answer").asText()));
            String name = q.path("image").asText();
            Map<String, Object> more = Map.of(
                    "question_id", name.replaceAll("\\.\\w+$", ""),
                    "category", q.path("answer_type").asText(""),
                    "answers", people,
                    "image", folder.picture(name));
            if (!visitor.visit(DataFolder.row(q, more, name))) {
                break;
            }
        }
        return true;
    }
}

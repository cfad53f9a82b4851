package dev.fovea.spark;

import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.message.Reason;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.TechniqueSpec;
import dev.fovea.core.technique.Techniques;
import dev.fovea.eval.bench.Contestant;
import dev.fovea.eval.bench.Questioner;
import dev.fovea.eval.bench.ResultRow;
import dev.fovea.eval.cost.CostModel;
import dev.fovea.eval.subject.OpenedModel;
import dev.fovea.eval.subject.Subject;
import dev.fovea.eval.suite.Grader;
import dev.fovea.eval.suite.Item;
import dev.fovea.eval.suite.PictureSource;
import dev.fovea.eval.suite.metric.ExactMatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * Puts every row's question to every contestant.
 *
 * @param how the model
 * @param techniques of the contestants
 * @param budgets of the contestants, in the same order
 */
record BenchWork(FoveaSpark how, List<String> techniques, List<String> budgets) implements PictureWork {
    private static final String QUESTION = "question";
    private static final String ANSWER = "answer";
    private static final String ID = "id";

    BenchWork(FoveaSpark how, List<Contestant> contestants) {
        this(
                how,
                contestants.stream().map(Contestant::technique).toList(),
                contestants.stream().map(Contestant::budget).toList());
    }

    BenchWork {
        if (techniques.isEmpty()) {
            throw new IllegalArgumentException("A contest needs at least one contestant.");
        }
        techniques.forEach(
                spec -> Techniques.installed().get(TechniqueSpec.parse(spec).id()));
    }

    /** The places of the columns that questions are made of. */
    private record Places(PictureColumn picture, int question, int answer, int id) {
        static Places of(StructType input, @Nullable String pictures) {
            return new Places(
                    PictureColumn.of(input, pictures),
                    Columns.text(input, QUESTION, "questions"),
                    Columns.text(input, ANSWER, "right answers"),
                    Arrays.asList(input.fieldNames()).indexOf(ID));
        }
    }

    @Override
    public StructType schema(StructType input) {
        Places.of(input, how.pictures());
        return BenchTable.SCHEMA;
    }

    @Override
    public Iterator<Row> rows(StructType input, Iterator<Row> rows) {
        Places places = Places.of(input, how.pictures());
        OpenedModel model = ExecutorModels.forContests(how);
        Map<Contestant, Plan> plans = plans(model);
        Questioner questioner = new Questioner(model, CostModel.of(model.shape()));
        Iterator<Row> none = Collections.emptyIterator();
        return new Iterator<>() {
            private Iterator<Row> open = none;

            @Override
            public boolean hasNext() {
                return open.hasNext() || rows.hasNext();
            }

            @Override
            public Row next() {
                if (!open.hasNext()) {
                    open = contest(questioner, plans, places, rows.next()).iterator();
                }
                return open.next();
            }
        };
    }

    private Map<Contestant, Plan> plans(OpenedModel model) {
        Map<Contestant, Plan> plans = new LinkedHashMap<>();
        for (int i = 0; i < techniques.size(); i++) {
            Contestant contestant = new Contestant(techniques.get(i), budgets.get(i));
            Budget budget = Budget.parse(contestant.budget());
            plans.put(contestant, model.techniques().plan(List.of(contestant.technique()), model.shape(), budget, 1));
        }
        return plans;
    }

    /** All contestants see a picture before anyone sees the next; one question at a time, so that times mean something. */
    private List<Row> contest(Questioner questioner, Map<Contestant, Plan> plans, Places places, Row row) {
        List<Row> out = new ArrayList<>();
        Item item = item(places, row);
        RgbImage picture = null;
        String broken = null;
        try {
            picture = item.picture().open();
        } catch (RuntimeException e) {
            broken = Reason.of(e);
        }
        for (Map.Entry<Contestant, Plan> entry : plans.entrySet()) {
            ResultRow result = picture == null
                    ? Questioner.failed(BenchTable.TASK, item, entry.getKey(), String.valueOf(broken))
                    : ask(questioner, item, entry.getKey(), entry.getValue(), picture);
            out.add(BenchTable.row(result));
        }
        return out;
    }

    private ResultRow ask(Questioner questioner, Item item, Contestant contestant, Plan plan, RgbImage picture) {
        synchronized (questioner.subject()) {
            try (Subject.Viewing viewing = questioner.subject().view(picture, plan)) {
                return questioner.ask(BenchTable.TASK, item, contestant, plan, viewing, picture);
            } catch (RuntimeException e) {
                return Questioner.failed(BenchTable.TASK, item, contestant, Reason.of(e));
            }
        }
    }

    private Item item(Places places, Row row) {
        PictureReader reader = new PictureReader();
        String picture = places.picture().name(row);
        String question = String.valueOf(row.get(places.question()));
        String target = String.valueOf(row.get(places.answer()));
        return new Item(
                places.id() < 0 ? picture + " " + question : String.valueOf(row.get(places.id())),
                new PictureSource(picture, () -> places.picture().read(row, reader)),
                question,
                how.maxTokens(),
                "",
                "",
                target,
                Grader.of(answer -> Grader.Grade.match(ExactMatch.normalise(answer), ExactMatch.normalise(target))));
    }
}

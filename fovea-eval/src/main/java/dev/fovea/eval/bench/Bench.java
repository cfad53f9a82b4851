package dev.fovea.eval.bench;

import dev.fovea.core.file.FolderLock;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.message.Reason;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Techniques;
import dev.fovea.eval.cost.CostModel;
import dev.fovea.eval.subject.Subject;
import dev.fovea.eval.suite.Item;
import dev.fovea.eval.suite.Suite;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * Runs a contest into a folder. All contestants answer the questions about one picture before anyone sees the next, so
 * that a machine that slows down slows all of them; each takes the picture through the encoder once. Results are kept
 * row by row: started again in the same folder, a run goes on where it stopped.
 */
public final class Bench {
    /** The rows, in the folder of the run. */
    public static final String RESULTS = "results.jsonl";

    private static final String RUN = "run.json";

    private final Contest contest;
    private final Subject subject;
    private final Questioner questioner;
    private final Map<Contestant, Plan> plans = new LinkedHashMap<>();
    private final Map<Contestant, String> refused = new LinkedHashMap<>();
    private final Progress progress;
    private final BooleanSupplier stopped;
    private final Set<ResultRow.Key> done = new HashSet<>();

    /** Follows a run. */
    @FunctionalInterface
    public interface Progress {
        /** A row was added; so many are there of so many expected. */
        void at(long rows, long expected, ResultRow latest);
    }

    /**
     * The state of a run when it ended.
     *
     * @param rows all results, in order
     * @param refused contestants that cannot run on this model, with the reason
     * @param complete whether every question was asked
     */
    public record Finished(List<ResultRow> rows, Map<Contestant, String> refused, boolean complete) {

        /** The rows of one suite. */
        public List<ResultRow> of(Suite suite) {
            return rows.stream().filter(row -> row.task().equals(suite.name())).toList();
        }

        /** Figures of one suite with their intervals; empty if it has none. */
        public List<Measures> measures(Suite suite) {
            return Measures.of(rows, List.of(suite));
        }

        /** What one suite says about the published claims. */
        public List<Finding> findings(Suite suite) {
            return new Judge(of(suite)).judge(PublishedClaims.all());
        }
    }

    /**
     * @param costs counts what the model computes
     * @param stopped asked between questions
     */
    public Bench(
            Contest contest,
            Subject subject,
            Techniques techniques,
            CostModel costs,
            Progress progress,
            BooleanSupplier stopped) {
        this.contest = contest;
        this.subject = subject;
        this.questioner = new Questioner(subject, costs, contest.dependence());
        this.progress = progress;
        this.stopped = stopped;
        for (Contestant c : contest.contestants()) {
            try {
                plans.put(c, techniques.plan(List.of(c.technique()), subject.shape(), Budget.parse(c.budget()), 1));
            } catch (RuntimeException e) {
                refused.put(c, Reason.of(e));
            }
        }
    }

    /**
     * Runs, or goes on.
     *
     * @throws dev.fovea.eval.EvalException if the folder holds another run, is held by one that is under way, or results
     *     cannot be written
     */
    public Finished run(Path folder) {
        try (FolderLock ignored = Outputs.lock(folder)) {
            return locked(folder);
        }
    }

    private Finished locked(Path folder) {
        RunFile.begin(folder.resolve(RUN), folder.resolve(RESULTS), contest);
        try (ResultLog log = ResultLog.open(folder.resolve(RESULTS))) {
            log.rows().forEach(row -> done.add(row.key()));
            boolean complete = true;
            for (Suite suite : contest.suites()) {
                complete &= suite(suite, log);
            }
            return new Finished(List.copyOf(log.rows()), Map.copyOf(refused), complete);
        }
    }

    /** Gathers questions about one picture and asks them together; false if stopped. */
    private boolean suite(Suite suite, ResultLog log) {
        List<Item> samePicture = new ArrayList<>();
        boolean[] running = {true};
        suite.forEach(contest.limit(), item -> {
            if (!samePicture.isEmpty()
                    && !samePicture
                            .getFirst()
                            .picture()
                            .key()
                            .equals(item.picture().key())) {
                running[0] = picture(suite, samePicture, log);
                samePicture.clear();
            }
            samePicture.add(item);
            return running[0];
        });
        return running[0] && (samePicture.isEmpty() || picture(suite, samePicture, log));
    }

    private boolean picture(Suite suite, List<Item> items, ResultLog log) {
        RgbImage image = null;
        String unreadable = null;
        for (Map.Entry<Contestant, Plan> entry : plans.entrySet()) {
            List<Item> open = items.stream()
                    .filter(item -> !done.contains(key(suite, item, entry.getKey())))
                    .toList();
            if (open.isEmpty()) {
                continue;
            }
            if (image == null && unreadable == null) {
                try {
                    image = items.getFirst().picture().open();
                } catch (RuntimeException e) {
                    unreadable = Reason.of(e);
                }
            }
            boolean goOn = image == null
                    ? failAll(suite, open, entry.getKey(), String.valueOf(unreadable), log)
                    : answers(suite, open, entry.getKey(), entry.getValue(), image, log);
            if (!goOn) {
                return false;
            }
        }
        return true;
    }

    private boolean answers(
            Suite suite, List<Item> items, Contestant contestant, Plan plan, RgbImage image, ResultLog log) {
        Subject.Viewing viewing;
        try {
            viewing = subject.view(image, plan);
        } catch (RuntimeException e) {
            return failAll(suite, items, contestant, Reason.of(e), log);
        }
        try (viewing) {
            for (Item item : items) {
                if (stopped.getAsBoolean()) {
                    return false;
                }
                add(log, questioner.ask(suite.name(), item, contestant, plan, viewing, image));
            }
            return true;
        }
    }

    private boolean failAll(Suite suite, List<Item> items, Contestant contestant, String why, ResultLog log) {
        for (Item item : items) {
            if (stopped.getAsBoolean()) {
                return false;
            }
            add(log, Questioner.failed(suite.name(), item, contestant, why));
        }
        return true;
    }

    private void add(ResultLog log, ResultRow row) {
        log.append(row);
        done.add(row.key());
        long expected = (long) contest.limit() * contest.suites().size() * plans.size();
        progress.at(log.rows().size(), expected, row);
    }

    private static ResultRow.Key key(Suite suite, Item item, Contestant contestant) {
        return new ResultRow.Key(suite.name(), item.id(), contestant.technique(), contestant.budget());
    }
}

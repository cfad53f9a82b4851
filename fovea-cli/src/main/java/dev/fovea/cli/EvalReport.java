package dev.fovea.cli;

import dev.fovea.cli.eval.HeldOut;
import dev.fovea.cli.eval.Proportion;
import dev.fovea.cli.eval.Score;
import dev.fovea.core.Answer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The result of an evaluation as people and programs read it.
 *
 * <p>The JSON object: {@code model}, {@code accuracy} (0 to 1), {@code n}, {@code low} and {@code high} (95 % interval
 * of Wilson), {@code by_skill} (for each skill {@code accuracy}, {@code n}, {@code low}, {@code high}), {@code seed},
 * {@code blind}, {@code techniques}, {@code budget}, {@code visual_tokens} with the mean {@code total} and {@code kept}
 * of a question, {@code encoder_ms}, {@code prefill_ms} and {@code decode_ms} (means for a question).
 *
 * @param model name of the model
 * @param spending techniques and budget
 * @param questions which ones
 * @param score right and wrong
 * @param cost tokens and times
 */
record EvalReport(String model, SpendingOptions spending, HeldOut questions, Score score, Cost cost) {

    /** Sums over all questions. */
    static final class Cost {
        private int n;
        private long total;
        private long kept;
        private double encoderMs;
        private double prefillMs;
        private double decodeMs;

        /** Answers of one batch, each of which carries the times of the whole. */
        void add(List<Answer> batch) {
            for (Answer answer : batch) {
                n++;
                total += answer.ledger().total();
                kept += answer.ledger().kept();
                encoderMs += answer.timings().encoderMs() / batch.size();
                prefillMs += answer.timings().prefillMs() / batch.size();
                decodeMs += answer.timings().decodeMs() / batch.size();
            }
        }
    }

    Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("model", model);
        map.putAll(asMap(score.total()));
        Map<String, Object> bySkill = new LinkedHashMap<>();
        score.bySkill().forEach((skill, proportion) -> bySkill.put(skill.id(), asMap(proportion)));
        map.put("by_skill", bySkill);
        map.put("seed", questions.evaluation());
        map.put("blind", questions.blind());
        map.put("techniques", spending.techniques);
        map.put("budget", spending.budget);
        Map<String, Object> visual = new LinkedHashMap<>();
        visual.put("total", AskReport.rounded((double) cost.total / cost.n));
        visual.put("kept", AskReport.rounded((double) cost.kept / cost.n));
        map.put("visual_tokens", visual);
        map.put("encoder_ms", AskReport.rounded(cost.encoderMs / cost.n));
        map.put("prefill_ms", AskReport.rounded(cost.prefillMs / cost.n));
        map.put("decode_ms", AskReport.rounded(cost.decodeMs / cost.n));
        return map;
    }

    private static Map<String, Object> asMap(Proportion p) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("accuracy", fraction(p.value()));
        map.put("n", p.n());
        map.put("low", fraction(p.low()));
        map.put("high", fraction(p.high()));
        return map;
    }

    private static double fraction(double value) {
        return Math.round(1e6 * value) / 1e6;
    }

    void print(Terminal terminal) {
        Table table = new Table().row("SKILL", "RIGHT", "95 % INTERVAL", "QUESTIONS");
        score.bySkill().forEach((skill, p) -> row(table, skill.id(), p));
        row(table, "all", score.total());
        table.print(terminal, 0, true);
        terminal.out().println();
        terminal.out()
                .println(terminal.quiet(String.format(
                        Locale.ROOT,
                        "%s%s · %.1f of %.1f visual tokens · encoder %.1f ms, prefill %.1f ms, decode %.1f ms a question",
                        model,
                        questions.blind() ? ", blind" : "",
                        (double) cost.kept / cost.n,
                        (double) cost.total / cost.n,
                        cost.encoderMs / cost.n,
                        cost.prefillMs / cost.n,
                        cost.decodeMs / cost.n)));
    }

    private static void row(Table table, String name, Proportion p) {
        table.row(
                name,
                String.format(Locale.ROOT, "%5.1f %%", 100 * p.value()),
                String.format(Locale.ROOT, "%5.1f .. %5.1f %%", 100 * p.low(), 100 * p.high()),
                Integer.toString(p.n()));
    }
}

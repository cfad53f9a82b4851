package dev.fovea.cli;

import dev.fovea.core.Answer;
import dev.fovea.core.image.RgbImage;
import dev.fovea.eval.Proportion;
import dev.fovea.eval.suite.Item;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The result of an evaluation as people and programs read it.
 *
 * <p>The JSON object: {@code model}, {@code accuracy} (0 to 1), {@code n}, {@code low} and {@code high} (95 % interval
 * of Wilson), {@code by_skill} (for each skill {@code accuracy}, {@code n}, {@code low}, {@code high}), {@code seed},
 * {@code blind}, {@code techniques}, {@code budget}, {@code visual_tokens} with the mean {@code total} and {@code kept}
 * of a question, {@code encoder_ms}, {@code prefill_ms} and {@code decode_ms} (means for a question).
 */
final class EvalReport {
    private final String model;
    private final SpendingOptions spending;
    private final long seed;
    private final boolean blind;
    private final Map<String, Proportion> bySkill = new TreeMap<>();
    private Proportion total = new Proportion(0, 0);
    private long tokens;
    private long kept;
    private double encoderMs;
    private double prefillMs;
    private double decodeMs;

    /**
     * @param model name of the model
     * @param spending techniques and budget
     * @param seed which questions
     * @param blind whether they came with a grey picture
     */
    EvalReport(String model, SpendingOptions spending, long seed, boolean blind) {
        this.model = model;
        this.spending = spending;
        this.seed = seed;
        this.blind = blind;
    }

    /** A picture went through the encoder, for all questions about it. */
    void addEncoding(double ms) {
        encoderMs += ms;
    }

    /** Grades an answer. */
    void add(Item item, RgbImage picture, Answer answer) {
        double score = item.grader().grade(answer.text(), picture).score();
        total = plus(total, score);
        bySkill.merge(item.skill(), new Proportion(score, 1), (sofar, one) -> plus(sofar, one.score()));
        tokens += answer.ledger().plainTotal();
        kept += answer.ledger().kept();
        encoderMs += answer.timings().encoderMs();
        prefillMs += answer.timings().prefillMs();
        decodeMs += answer.timings().decodeMs();
    }

    /** All answers so far. */
    Proportion total() {
        return total;
    }

    private static Proportion plus(Proportion sofar, double score) {
        return new Proportion(sofar.score() + score, sofar.n() + 1);
    }

    Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("model", model);
        map.putAll(asMap(total));
        Map<String, Object> skills = new LinkedHashMap<>();
        bySkill.forEach((skill, proportion) -> skills.put(skill, asMap(proportion)));
        map.put("by_skill", skills);
        map.put("seed", seed);
        map.put("blind", blind);
        map.put("techniques", spending.techniques);
        map.put("budget", spending.budget);
        Map<String, Object> visual = new LinkedHashMap<>();
        visual.put("total", mean((double) tokens));
        visual.put("kept", mean((double) kept));
        map.put("visual_tokens", visual);
        map.put("encoder_ms", mean(encoderMs));
        map.put("prefill_ms", mean(prefillMs));
        map.put("decode_ms", mean(decodeMs));
        return map;
    }

    private double mean(double sum) {
        return AskReport.rounded(sum / total.n());
    }

    static Map<String, Object> asMap(Proportion p) {
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
        bySkill.forEach((skill, p) -> row(table, skill, p));
        row(table, "all", total);
        table.print(terminal, 0, true);
        terminal.out().println();
        terminal.out()
                .println(terminal.quiet(String.format(
                        Locale.ROOT,
                        "%s%s · %.1f of %.1f visual tokens · encoder %.1f ms, prefill %.1f ms, decode %.1f ms a question",
                        model,
                        blind ? ", blind" : "",
                        mean((double) kept),
                        mean((double) tokens),
                        mean(encoderMs),
                        mean(prefillMs),
                        mean(decodeMs))));
    }

    private static void row(Table table, String name, Proportion p) {
        table.row(
                name,
                String.format(Locale.ROOT, "%5.1f %%", 100 * p.value()),
                String.format(Locale.ROOT, "%5.1f .. %5.1f %%", 100 * p.low(), 100 * p.high()),
                Integer.toString(p.n()));
    }
}

package dev.fovea.cli.speed;

import dev.fovea.core.Answer;
import dev.fovea.core.generate.Generated;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * How long a question takes, as people and programs read it.
 *
 * <p>The JSON object: {@code model}, {@code arithmetic}, {@code weight_bytes} (in the files), {@code prompt_tokens},
 * {@code visual_tokens} (kept), {@code answer_tokens}, {@code rounds}, then times in milliseconds, each with
 * {@code low} and {@code high} (quartiles) and {@code median}: {@code encoder_ms}, {@code prefill_ms},
 * {@code first_token_ms} (both together), {@code token_ms} (each further token; null without any), {@code around_ms}
 * (pictures prepared, words made tokens and back), {@code whole_ms}; and {@code peak_bytes}, the most memory that the
 * process held, or null where the system does not say.
 *
 * @param model its name
 * @param arithmetic the types that it computes in
 * @param weightBytes what its weights take in the files
 * @param rounds those that count, at least one
 * @param peak the most memory held
 */
public record TimeReport(
        String model, String arithmetic, long weightBytes, List<TimedQuestion.Round> rounds, OptionalLong peak) {

    public TimeReport {
        rounds = List.copyOf(rounds);
    }

    /** For programs. */
    public Map<String, @Nullable Object> asMap() {
        Map<String, @Nullable Object> map = facts(model, arithmetic, weightBytes, rounds.getFirst());
        map.put("rounds", rounds.size());
        map.put("encoder_ms", quartiles(TimedQuestion.Round::encoderMs));
        map.put("prefill_ms", quartiles(TimedQuestion.Round::prefillMs));
        map.put("first_token_ms", quartiles(TimedQuestion.Round::firstTokenMs));
        map.put("token_ms", hasFurther() ? quartiles(TimedQuestion.Round::tokenMs) : null);
        map.put("around_ms", quartiles(TimedQuestion.Round::aroundMs));
        map.put("whole_ms", quartiles(TimedQuestion.Round::wholeMs));
        map.put("peak_bytes", peak.isPresent() ? peak.getAsLong() : null);
        return map;
    }

    /** What is the same in every round. */
    public static Map<String, @Nullable Object> facts(
            String model, String arithmetic, long weightBytes, TimedQuestion.Round round) {
        Answer answer = round.answer();
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("model", model);
        map.put("arithmetic", arithmetic);
        map.put("weight_bytes", weightBytes);
        map.put("prompt_tokens", answer.promptTokens());
        map.put("visual_tokens", answer.ledger().kept());
        map.put("answer_tokens", answer.tokens().size());
        return map;
    }

    /**
     * One round for programs: the times as above, each one number; the {@code answer}, its {@code ids}, and
     * {@code peak_bytes} so far.
     */
    public static Map<String, @Nullable Object> asMap(TimedQuestion.Round round, OptionalLong peak) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("encoder_ms", rounded(round.encoderMs()));
        map.put("prefill_ms", rounded(round.prefillMs()));
        map.put("first_token_ms", rounded(round.firstTokenMs()));
        map.put("token_ms", Double.isNaN(round.tokenMs()) ? null : rounded(round.tokenMs()));
        map.put("around_ms", rounded(round.aroundMs()));
        map.put("whole_ms", rounded(round.wholeMs()));
        map.put("answer", round.answer().text());
        map.put("ids", round.answer().tokens().stream().map(Generated.Token::id).toList());
        map.put("peak_bytes", peak.isPresent() ? peak.getAsLong() : null);
        return map;
    }

    /** For people: what, median, quartiles. */
    public List<List<String>> table() {
        Answer answer = rounds.getFirst().answer();
        int visual = answer.ledger().kept();
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of(
                model + " in " + arithmetic + ", " + answer.promptTokens() + " tokens"
                        + (visual > 0 ? " (" + visual + " visual)" : "") + ", an answer of "
                        + answer.tokens().size(),
                "MEDIAN",
                "QUARTILES"));
        if (visual > 0) {
            add(rows, "  encoder", TimedQuestion.Round::encoderMs);
        }
        add(rows, visual > 0 ? "  connector and prompt" : "  prompt", TimedQuestion.Round::prefillMs);
        if (visual > 0) {
            add(rows, "  both: time to the first token", TimedQuestion.Round::firstTokenMs);
        }
        if (hasFurther()) {
            add(rows, "  each further token", TimedQuestion.Round::tokenMs);
        }
        add(rows, "  around: pictures prepared, words made tokens", TimedQuestion.Round::aroundMs);
        add(rows, "  the whole question", TimedQuestion.Round::wholeMs);
        if (peak.isPresent()) {
            rows.add(List.of(
                    "  most memory held; the files hold " + megabytes(weightBytes), megabytes(peak.getAsLong()), ""));
        }
        return rows;
    }

    private boolean hasFurther() {
        return rounds.getFirst().answer().tokens().size() > 1;
    }

    private void add(List<List<String>> rows, String what, ToDoubleFunction<TimedQuestion.Round> figure) {
        Quartiles q = of(figure);
        rows.add(List.of(
                what,
                String.format(Locale.ROOT, "%.1f ms", q.median()),
                String.format(Locale.ROOT, "%.1f to %.1f ms", q.low(), q.high())));
    }

    private Map<String, Object> quartiles(ToDoubleFunction<TimedQuestion.Round> figure) {
        Quartiles q = of(figure);
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("low", rounded(q.low()));
        map.put("median", rounded(q.median()));
        map.put("high", rounded(q.high()));
        return map;
    }

    private Quartiles of(ToDoubleFunction<TimedQuestion.Round> figure) {
        return Quartiles.of(rounds.stream().mapToDouble(figure).toArray());
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%d MB", bytes / 1_000_000);
    }

    /** To the microsecond. */
    private static double rounded(double ms) {
        return Math.round(1000 * ms) / 1000.0;
    }
}

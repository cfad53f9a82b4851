package dev.fovea.cli;

import dev.fovea.core.Answer;
import dev.fovea.core.generate.Generated;
import dev.fovea.core.generate.Speculation;
import dev.fovea.core.generate.Thought;
import dev.fovea.core.generate.ThoughtMap;
import dev.fovea.core.path.Ledger;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One answer as people and programs read it.
 *
 * <p>The JSON object: {@code model}, {@code question}, {@code answer}, {@code finish} (end, stop_string, max_tokens,
 * context, cancelled), {@code steered} (list: what was added to hidden states, by station), {@code branches} (list: what was
 * read beside the prompt), {@code techniques} (list, as typed), {@code budget} (as typed), {@code visual_tokens} with
 * {@code total} (of the plain model), {@code resized} (how many of these are not there because a picture was made
 * smaller), {@code kept}, {@code merged}, {@code dropped} and {@code per_layer} (visual tokens whose keys and values
 * each decoder layer holds), {@code prompt_tokens}, {@code answer_tokens}, {@code log_probability} (natural, of the
 * whole answer), {@code thought} (what was thought before it, or null; {@code text}, {@code tokens} and, where
 * {@code --thought-maps} draws them, the names of its {@code maps} in their order), {@code speculation} (what guessing did,
 * or null; {@code passes}, {@code tokens}, {@code guessed}, {@code accepted}, {@code tokens_per_pass}, {@code draft_ms}),
 * {@code encoder_ms}, {@code prefill_ms}, {@code decode_ms}, {@code overlays} (list of files), {@code record} (file or null).
 *
 * @param model name of the model
 * @param question as typed
 * @param spending techniques and budget
 * @param answer what came of it
 * @param maps what its thought holds of the picture, where that was asked for
 */
record AskReport(String model, String question, SpendingOptions spending, Answer answer, List<ThoughtMap> maps) {

    /** For example "64 of 256 visual tokens (25.0 %) · prefill 41 ms · decode 12 ms, 3 tokens". */
    String line() {
        Ledger ledger = answer.ledger();
        int total = ledger.plainTotal();
        int tokens = answer.tokens().size();
        StringBuilder line = new StringBuilder();
        if (total > 0) {
            line.append(String.format(
                    Locale.ROOT,
                    "%d of %d visual tokens (%.1f %%) · ",
                    ledger.kept(),
                    total,
                    100.0 * ledger.kept() / total));
        }
        if (answer.timings().encoderMs() >= 0.5) {
            line.append(String.format(
                    Locale.ROOT, "encoder %.0f ms · ", answer.timings().encoderMs()));
        }
        return line.append(String.format(
                        Locale.ROOT,
                        "prefill %.0f ms · decode %.0f ms, %d %s",
                        answer.timings().prefillMs(),
                        answer.timings().decodeMs(),
                        tokens,
                        tokens == 1 ? "token" : "tokens"))
                .append(passes())
                .toString();
    }

    /** For example " in 4 passes, 2.8 tokens each"; nothing where nothing was guessed. */
    private String passes() {
        Speculation told = answer.speculation();
        if (told == null || told.passes() == 0) {
            return "";
        }
        return String.format(
                Locale.ROOT,
                " in %d %s, %.1f tokens each",
                told.passes(),
                told.passes() == 1 ? "pass" : "passes",
                told.perPass());
    }

    Map<String, @Nullable Object> asMap(List<Path> overlays, @Nullable Path record) {
        Ledger ledger = answer.ledger();
        Map<String, Object> visual = new LinkedHashMap<>();
        visual.put("total", ledger.plainTotal());
        visual.put("resized", ledger.plainTotal() - ledger.total());
        visual.put("kept", ledger.kept());
        visual.put("merged", ledger.count(Ledger.Fate.MERGED));
        visual.put("dropped", ledger.count(Ledger.Fate.DROPPED));
        visual.put("per_layer", ledger.decoderTokens());
        visual.put("cached_per_layer", ledger.cachedTokens());
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("model", model);
        map.put("question", question);
        map.put("answer", answer.text());
        map.put("finish", answer.finish().name().toLowerCase(Locale.ROOT));
        map.put("techniques", spending.techniques);
        map.put("budget", spending.budget);
        map.put("visual_tokens", visual);
        map.put("steered", ledger.steered().stream().map(AskReport::steered).toList());
        map.put("branches", ledger.branches().stream().map(AskReport::branch).toList());
        map.put("prompt_tokens", answer.promptTokens());
        map.put("answer_tokens", answer.tokens().size());
        map.put("log_probability", logProbability());
        map.put("thought", thought());
        map.put("speculation", speculation());
        map.put("encoder_ms", rounded(answer.timings().encoderMs()));
        map.put("prefill_ms", rounded(answer.timings().prefillMs()));
        map.put("decode_ms", rounded(answer.timings().decodeMs()));
        map.put("overlays", overlays.stream().map(Path::toString).toList());
        map.put("record", record == null ? null : record.toString());
        return map;
    }

    private @Nullable Map<String, Object> thought() {
        Thought own = answer.thought();
        if (own == null) {
            return null;
        }
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("text", own.text());
        map.put("tokens", own.tokens());
        map.put("maps", maps.stream().map(ThoughtMap::name).toList());
        return map;
    }

    private @Nullable Map<String, Object> speculation() {
        Speculation told = answer.speculation();
        if (told == null) {
            return null;
        }
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("passes", told.passes());
        map.put("tokens", told.tokens());
        map.put("guessed", told.guessed());
        map.put("accepted", told.accepted());
        map.put("tokens_per_pass", told.perPass());
        map.put("draft_ms", rounded(told.draftMs()));
        return map;
    }

    private static Map<String, Object> steered(Ledger.Steered s) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("station", s.station());
        map.put("push", s.push().name().toLowerCase(Locale.ROOT));
        map.put("tokens", s.tokens().name().toLowerCase(Locale.ROOT));
        map.put("strength", s.strength());
        map.put("length", s.length());
        return map;
    }

    private static Map<String, Object> branch(Ledger.Reading r) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("branch", r.branch());
        map.put("words", r.words());
        map.put("visual_per_layer", r.visual());
        map.put("answers", r.follows());
        return map;
    }

    /** What a recording says about where it comes from. */
    Map<String, String> metadata() {
        Map<String, String> map = new LinkedHashMap<>();
        map.put("fovea", Version.number());
        map.put("model", model);
        map.put("question", question);
        map.put("answer", answer.text());
        map.put("techniques", String.join(" ", spending.techniques));
        map.put("budget", spending.budget);
        return map;
    }

    private double logProbability() {
        return answer.tokens().stream()
                .mapToDouble(Generated.Token::logProbability)
                .sum();
    }

    /** Milliseconds to the microsecond. */
    static double rounded(double ms) {
        return Math.round(1000 * ms) / 1000.0;
    }
}

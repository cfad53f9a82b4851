package dev.fovea.mcp;

import dev.fovea.core.BatchAnswer;
import dev.fovea.core.path.Ledger;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** What an answer cost, for people in a line and for programs as a map. */
final class Accounts {
    private Accounts() {}

    static String line(BatchAnswer done) {
        Ledger ledger = done.answer().ledger();
        return String.format(
                Locale.ROOT,
                "(%d of %d visual tokens, prefill %.0f ms, decoding %.0f ms)",
                ledger.kept(),
                ledger.plainTotal(),
                done.answer().timings().prefillMs(),
                done.answer().timings().decodeMs());
    }

    /** Answer, why it ended, tokens and times. */
    static Map<String, Object> map(String model, BatchAnswer done) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("model", model);
        map.put("answer", done.answer().text());
        map.put("finish", done.answer().finish().name().toLowerCase(Locale.ROOT));
        map.put("visual_tokens", visual(done.answer().ledger()));
        map.put("prompt_tokens", done.answer().promptTokens());
        map.put("answer_tokens", done.answer().tokens().size());
        Map<String, Object> timings = new LinkedHashMap<>();
        timings.put("queue_ms", done.queueMs());
        timings.put("encoder_ms", done.answer().timings().encoderMs());
        timings.put("prefill_ms", done.answer().timings().prefillMs());
        timings.put("decode_ms", done.answer().timings().decodeMs());
        map.put("timings", timings);
        return map;
    }

    private static Map<String, Object> visual(Ledger ledger) {
        Map<String, Object> visual = new LinkedHashMap<>();
        visual.put("total", ledger.plainTotal());
        visual.put("kept", ledger.kept());
        visual.put("dropped", ledger.count(Ledger.Fate.DROPPED));
        visual.put("merged", ledger.count(Ledger.Fate.MERGED));
        return visual;
    }
}

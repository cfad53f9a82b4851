package dev.fovea.cli.speed;

import dev.fovea.core.tensor.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The figures of one run.
 *
 * <p>As a map: {@code gemm} with {@code f32_gflops}, {@code bf16_gflops} and {@code dtype} (the faster one, used for the
 * rest); {@code prefill} with {@code gemm_gflops}, {@code of_gemm}, {@code seconds}, {@code speed_up_at_64},
 * {@code operations_ratio}, {@code speed_up_of_ratio} and {@code few_of_gemm} (the rate of the product with the rows
 * of the shortened prompt); {@code decode} with {@code read_gb_per_s}, {@code of_read} and
 * {@code tokens_per_s}; {@code selection}, a list of {@code technique}, {@code budget}, {@code ms}, {@code of_prefill} and, where it
 * cannot run, {@code reason}; {@code speed_up}, a list of {@code technique}, {@code budget}, {@code speed_up},
 * {@code operations_ratio}, {@code of_ratio} and, where it cannot run, {@code reason}; {@code start} with {@code seconds} and {@code before_seconds}, or null without the default
 * model; {@code bits}, a list of {@code outputs}, {@code inputs}, {@code weights}, {@code path} (by what they are
 * multiplied) and {@code of_bf16} (by number of rows, how many times as fast as bf16); {@code second_question}, a list of
 * {@code technique}, {@code budget}, {@code seconds} and {@code of_first}. Figures measured in rounds are objects of {@code low}, {@code median} and {@code high}, the quartiles; shares
 * are fractions of one.
 *
 * @param f32 operations a second of the product in f32
 * @param bf16 the same in bf16
 * @param dtype the type of everything else
 */
public record SpeedReport(
        double f32,
        double bf16,
        DType dtype,
        PathSpeed.Prefill prefill,
        PathSpeed.Decode decode,
        List<SelectionCost.Cost> selection,
        List<TechniqueSpeed.SpeedUp> speedUps,
        ColdStart.@Nullable Times start,
        List<BitsSpeed.Shape> bits,
        List<SecondQuestion.Again> again) {
    private static final double GIGA = 1e9;

    /** The figures for programs. */
    public Map<String, @Nullable Object> asMap() {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put(
                "gemm",
                Map.of(
                        "f32_gflops", rounded(f32 / GIGA),
                        "bf16_gflops", rounded(bf16 / GIGA),
                        "dtype", dtype.name().toLowerCase(Locale.ROOT)));
        Map<String, Object> reading = new LinkedHashMap<>();
        reading.put("gemm_gflops", map(prefill.productRate(), 1 / GIGA));
        reading.put("of_gemm", map(prefill.ofProduct(), 1));
        reading.put("seconds", map(prefill.seconds(), 1));
        reading.put("speed_up_at_64", map(prefill.speedUp(), 1));
        reading.put("operations_ratio", rounded(prefill.operationsRatio()));
        reading.put("speed_up_of_ratio", rounded(prefill.speedUpOfRatio()));
        reading.put("few_of_gemm", map(prefill.fewOfProduct(), 1));
        map.put("prefill", reading);
        Map<String, Object> writing = new LinkedHashMap<>();
        writing.put("read_gb_per_s", map(decode.readRate(), 1 / GIGA));
        writing.put("of_read", map(decode.ofRead(), 1));
        writing.put("tokens_per_s", map(decode.tokensPerSecond(), 1));
        map.put("decode", writing);
        map.put("selection", selection.stream().map(this::map).toList());
        map.put("speed_up", speedUps.stream().map(SpeedReport::map).toList());
        map.put(
                "start",
                start == null
                        ? null
                        : Map.of("seconds", map(start.total(), 1), "before_seconds", map(start.before(), 1)));
        map.put("bits", bits.stream().map(SpeedReport::map).toList());
        map.put("second_question", again.stream().map(SpeedReport::map).toList());
        return map;
    }

    private static Map<String, Object> map(SecondQuestion.Again again) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("technique", again.technique());
        map.put("budget", again.budget());
        map.put("seconds", map(again.seconds(), 1));
        map.put("of_first", map(again.ofFirst(), 1));
        return map;
    }

    private static Map<String, @Nullable Object> map(BitsSpeed.Shape shape) {
        Map<String, Object> rates = new LinkedHashMap<>();
        shape.ofBf16().forEach((rows, rate) -> rates.put(String.valueOf(rows), map(rate, 1)));
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("outputs", shape.outputs());
        map.put("inputs", shape.inputs());
        map.put("weights", shape.weights());
        map.put("path", shape.path());
        map.put("of_bf16", rates);
        return map;
    }

    /** The figures for people: what, how much, and its spread, row by row; the first row is the heading. */
    public List<List<String>> table() {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("WHAT", "MEDIAN", "QUARTILES"));
        rows.add(List.of("product 640×4096×4096, f32", gflops(f32), ""));
        rows.add(List.of("product 640×4096×4096, bf16", gflops(bf16), ""));
        rows.add(List.of("", "", ""));
        String type = dtype.name().toLowerCase(Locale.ROOT);
        rows.add(List.of("LLaVA-1.5-7B in " + type + ", 576 visual + 64 text tokens", "", ""));
        add(rows, "  product beside it", prefill.productRate(), 1 / GIGA, "%.0f GFLOP/s");
        add(rows, "  prefill, of the product's rate", prefill.ofProduct(), 100, "%.1f %%");
        add(rows, "  prefill, 32 layers", prefill.seconds(), 1, "%.1f s");
        add(rows, "  prefill speed-up at 64 visual tokens", prefill.speedUp(), 1, "%.2f×");
        rows.add(List.of(
                "  of the ratio of operations, " + format("%.2f×", prefill.operationsRatio()),
                format("%.1f %%", 100 * prefill.speedUpOfRatio()),
                ""));
        add(rows, "  product at as few rows, of the rate", prefill.fewOfProduct(), 100, "%.1f %%");
        add(rows, "  reading memory", decode.readRate(), 1 / GIGA, "%.1f GB/s");
        add(rows, "  decode, of the reading rate", decode.ofRead(), 100, "%.1f %%");
        add(rows, "  decode, 32 layers", decode.tokensPerSecond(), 1, "%.2f tokens/s");
        rows.add(List.of("", "", ""));
        rows.add(List.of("Selection, of the full prefill; at " + PathSpeed.FEW + " visual tokens unless said", "", ""));
        for (SelectionCost.Cost cost : selection) {
            Quartiles seconds = cost.seconds();
            if (seconds == null) {
                rows.add(List.of("  " + cost.technique(), "-", cost.reason()));
            } else {
                add(
                        rows,
                        "  " + named(cost.technique(), cost.budget()),
                        seconds,
                        100 / prefill.seconds().median(),
                        "%.2f %%");
            }
        }
        addSpeedUps(rows);
        rows.add(List.of("", "", ""));
        rows.add(List.of("Weights in few bits, of the rate in bf16", "", ""));
        for (BitsSpeed.Shape shape : bits) {
            String name = "  " + shape.weights() + " " + shape.inputs() + " to " + shape.outputs();
            rows.add(List.of(name + ": " + shape.path(), "", ""));
            shape.ofBf16()
                    .forEach((count, rate) ->
                            add(rows, "    " + count + (count == 1 ? " row" : " rows"), rate, 1, "%.2f×"));
        }
        rows.add(List.of("", "", ""));
        rows.add(List.of(
                "Second question about a picture, " + Visit.BEHIND + " words, of the first one's time to first token",
                "",
                ""));
        for (SecondQuestion.Again one : again) {
            add(rows, "  " + one.technique() + " at " + one.budget() + " visual tokens", one.ofFirst(), 100, "%.1f %%");
        }
        if (start != null) {
            rows.add(List.of("", "", ""));
            rows.add(List.of("ask, default model, a new process", "", ""));
            add(rows, "  in all", start.total(), 1, "%.2f s");
            add(rows, "  without the model's own work", start.before(), 1, "%.2f s");
        }
        return rows;
    }

    private void addSpeedUps(List<List<String>> rows) {
        if (speedUps.isEmpty()) {
            return;
        }
        rows.add(List.of("", "", ""));
        rows.add(List.of(
                "Speed-up of prefill with weights of their own, untrained; at " + PathSpeed.FEW
                        + " visual tokens unless said",
                "",
                ""));
        for (TechniqueSpeed.SpeedUp up : speedUps) {
            Quartiles speedUp = up.speedUp();
            if (speedUp == null) {
                rows.add(List.of("  " + up.technique(), "-", up.reason()));
                continue;
            }
            add(rows, "  " + named(up.technique(), up.budget()), speedUp, 1, "%.2f×");
            rows.add(List.of(
                    "    of the ratio of operations, " + format("%.2f×", up.operationsRatio()),
                    format("%.1f %%", 100 * up.ofRatio()),
                    ""));
        }
    }

    private static String named(String technique, int budget) {
        return technique + (budget == PathSpeed.FEW ? "" : " at " + budget);
    }

    private static void add(List<List<String>> rows, String what, Quartiles q, double scale, String format) {
        // The unit, which follows the number, once.
        String low = format(format.substring(0, format.indexOf('f') + 1), scale * q.low());
        String spread = low + " to " + format(format, scale * q.high());
        rows.add(List.of(what, format(format, scale * q.median()), spread));
    }

    private Map<String, @Nullable Object> map(SelectionCost.Cost cost) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("technique", cost.technique());
        map.put("budget", cost.budget());
        Quartiles seconds = cost.seconds();
        map.put("ms", seconds == null ? null : map(seconds, 1000));
        map.put(
                "of_prefill",
                seconds == null ? null : map(seconds, 1 / prefill.seconds().median()));
        if (seconds == null) {
            map.put("reason", cost.reason());
        }
        return map;
    }

    private static Map<String, @Nullable Object> map(TechniqueSpeed.SpeedUp up) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("technique", up.technique());
        map.put("budget", up.budget());
        Quartiles speedUp = up.speedUp();
        map.put("speed_up", speedUp == null ? null : map(speedUp, 1));
        if (speedUp == null) {
            map.put("reason", up.reason());
        } else {
            map.put("operations_ratio", rounded(up.operationsRatio()));
            map.put("of_ratio", rounded(up.ofRatio()));
        }
        return map;
    }

    private static Map<String, Object> map(Quartiles q, double scale) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("low", rounded(scale * q.low()));
        map.put("median", rounded(scale * q.median()));
        map.put("high", rounded(scale * q.high()));
        return map;
    }

    private static String gflops(double rate) {
        return format("%.0f GFLOP/s", rate / GIGA);
    }

    private static String format(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }

    /** To four decimals: nothing here is more exact. */
    private static double rounded(double value) {
        return Math.round(1e4 * value) / 1e4;
    }
}

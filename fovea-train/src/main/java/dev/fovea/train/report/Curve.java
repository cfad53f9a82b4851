package dev.fovea.train.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The figures of one stage, step by step.
 *
 * @param stage its name
 * @param steps figures by step; not every step has every figure
 */
public record Curve(String stage, NavigableMap<Long, Map<String, Double>> steps) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * Reads the curves of a run, in the order in which its stages began. A stage that went back to an earlier
     * checkpoint logged some steps twice: what it logged before it went back is no part of what was trained, and is
     * left out, as are lines that were cut off.
     *
     * @param log {@code log.jsonl}: one object a line, with {@code stage}, {@code step} and figures
     */
    public static List<Curve> read(Path log) throws IOException {
        Map<String, NavigableMap<Long, Map<String, Double>>> stages = new LinkedHashMap<>();
        try (Stream<String> lines = Files.lines(log)) {
            lines.forEach(line -> add(line, stages));
        }
        List<Curve> curves = new ArrayList<>();
        stages.forEach((stage, steps) -> curves.add(new Curve(stage, steps)));
        return curves;
    }

    private static void add(String text, Map<String, NavigableMap<Long, Map<String, Double>>> stages) {
        JsonNode line;
        try {
            line = JSON.readTree(text);
        } catch (JsonProcessingException e) {
            return; // A line that was being written when the process died.
        }
        if (!line.path("stage").isTextual() || !line.path("step").isIntegralNumber()) {
            return;
        }
        Map<String, Double> figures = new TreeMap<>();
        line.properties().forEach(e -> {
            if (e.getValue().isNumber() && !e.getKey().equals("step")) {
                figures.put(e.getKey(), e.getValue().asDouble());
            }
        });
        NavigableMap<Long, Map<String, Double>> steps =
                stages.computeIfAbsent(line.path("stage").asText(), s -> new TreeMap<>());
        long step = line.path("step").asLong();
        steps.tailMap(step, true).clear();
        steps.put(step, figures);
    }

    /** The names of the figures that pass the test, in alphabetical order. */
    public List<String> names(Predicate<String> test) {
        TreeSet<String> names = new TreeSet<>();
        steps.values().forEach(f -> f.keySet().stream().filter(test).forEach(names::add));
        return List.copyOf(names);
    }

    /** What the last measurement on held-out samples said, by name. */
    public Map<String, Double> heldOut() {
        Map<String, Double> last = new TreeMap<>();
        names(name -> name.startsWith(Figures.HELD_OUT))
                .forEach(name -> last.put(name, series(name).last()));
        return last;
    }

    /**
     * One figure over the steps that have it.
     *
     * @param steps at which it was measured
     * @param values what it was
     */
    @SuppressWarnings("ArrayRecordComponent") // plain carriers for the chart; never compared
    public record Series(double[] steps, double[] values) {

        /** The last value. */
        public double last() {
            return values[values.length - 1];
        }

        /** The mean over up to {@code reach} neighbours on either side, as many on one as on the other. */
        public Series smoothed(int reach) {
            double[] smooth = new double[values.length];
            for (int i = 0; i < smooth.length; i++) {
                int side = Math.min(reach, Math.min(i, smooth.length - 1 - i));
                for (int k = i - side; k <= i + side; k++) {
                    smooth[i] += values[k] / (2 * side + 1);
                }
            }
            return new Series(steps, smooth);
        }
    }

    /** One figure; empty if no step has it. */
    public Series series(String name) {
        List<Map.Entry<Long, Map<String, Double>>> found = steps.entrySet().stream()
                .filter(e -> e.getValue().containsKey(name))
                .toList();
        return new Series(
                found.stream().mapToDouble(Map.Entry::getKey).toArray(),
                found.stream()
                        .mapToDouble(e -> e.getValue().getOrDefault(name, Double.NaN))
                        .toArray());
    }
}

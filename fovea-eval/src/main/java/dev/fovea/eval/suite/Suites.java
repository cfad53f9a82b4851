package dev.fovea.eval.suite;

import dev.fovea.core.message.Suggest;
import dev.fovea.eval.suite.benchmark.Benchmark;
import dev.fovea.eval.suite.benchmark.Gqa;
import dev.fovea.eval.suite.benchmark.MmBench;
import dev.fovea.eval.suite.benchmark.MmStar;
import dev.fovea.eval.suite.benchmark.Mme;
import dev.fovea.eval.suite.benchmark.Pope;
import dev.fovea.eval.suite.benchmark.Published;
import dev.fovea.eval.suite.benchmark.RefCoco;
import dev.fovea.eval.suite.benchmark.ScienceQa;
import dev.fovea.eval.suite.benchmark.SeedBench;
import dev.fovea.eval.suite.benchmark.Vqa;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;

/** The suites that can be named. */
public final class Suites {
    private static final Map<String, LongFunction<Suite>> WORLD = new LinkedHashMap<>();

    static {
        WORLD.put("world", WorldSuite::new);
        WORLD.put("world-pages", WorldPagesSuite::new);
        WORLD.put("world-chair", WorldChair::new);
        WORLD.put("world-pope", WorldPope::new);
    }

    private static final List<Benchmark> PUBLIC = List.of(
            new Pope(),
            new Gqa(),
            Vqa.textVqa(),
            Vqa.vqav2(),
            new Mme(),
            new MmBench(),
            new MmStar(),
            new ScienceQa(),
            new SeedBench(),
            Vqa.vizWiz(),
            RefCoco.plain(),
            RefCoco.plus(),
            RefCoco.google());

    private Suites() {}

    /** The names, those of the world first. */
    public static List<String> names() {
        List<String> names = new ArrayList<>(WORLD.keySet());
        PUBLIC.forEach(b -> names.add(b.id()));
        return names;
    }

    /**
     * Reads {@code world}, {@code world=3} (another evaluation; likewise the other suites of the world), or a public
     * benchmark and its folder: {@code pope=data/POPE}.
     *
     * @throws IllegalArgumentException if there is no such suite, or its folder is missing from the text
     */
    public static Suite open(String text) {
        int equals = text.indexOf('=');
        String name = equals < 0 ? text : text.substring(0, equals);
        String rest = equals < 0 ? "" : text.substring(equals + 1);
        LongFunction<Suite> world = WORLD.get(name);
        if (world != null) {
            return world.apply(rest.isEmpty() ? 0 : evaluation(rest));
        }
        for (Benchmark benchmark : PUBLIC) {
            if (benchmark.id().equals(name)) {
                if (rest.isEmpty()) {
                    throw new IllegalArgumentException("The suite '" + name + "' needs the folder of its data set: "
                            + name + "=FOLDER."
                            + (WORLD.containsKey("world-" + name) ? " On the world it is 'world-" + name + "'." : ""));
                }
                return new Published(benchmark, Path.of(rest));
            }
        }
        throw new IllegalArgumentException("There is no suite '" + name + "'" + Suggest.nearest(name, names())
                + "; the suites are: " + String.join(", ", names()) + ".");
    }

    private static long evaluation(String text) {
        try {
            if (!text.matches("[0-9]+")) {
                throw new NumberFormatException(text);
            }
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + text + "' is not the number of an evaluation of the world.", e);
        }
    }
}

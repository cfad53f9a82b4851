package dev.fovea.train.recipe;

import dev.fovea.train.loop.Evaluation;
import dev.fovea.train.loop.Loop;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Progress;
import dev.fovea.train.loop.Stage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The loss of every batch of a short training of all stages, from the first step on. */
final class StageLosses {
    /** So small that all stages take seconds. */
    static final PeekSize SIZE = new PeekSize(
            "golden",
            PeekSize.QUICK.vision(),
            PeekSize.QUICK.text(),
            PeekSize.QUICK.decoder(),
            50,
            200,
            2,
            PeekSize.FULL.stages().stream()
                    .map(s -> new PeekSize.Length(s.stage(), 20, 2, s.batches(), s.rate()))
                    .toList());

    private StageLosses() {}

    /** A batch that knows its number. */
    private record Numbered<B>(long number, B batch) {}

    /** Runs stages as they are, and writes down what each batch lost. */
    private static final class Recorder extends Loop {
        final Map<String, double[]> losses = new LinkedHashMap<>();

        Recorder(Path folder) {
            super(folder, Progress.lines(new PrintStream(OutputStream.nullOutputStream())), () -> false);
        }

        @Override
        public <B> void run(Stage<B> stage) {
            Map<Long, Double> own = new ConcurrentHashMap<>();
            super.run(new Stage<Numbered<B>>(
                    stage.name(),
                    stage.parameters(),
                    stage.trainable(),
                    stage.settings(),
                    stage.schedule(),
                    stage.accumulate(),
                    stage.samples(),
                    n -> new Numbered<>(n, stage.batches().apply(n)),
                    (b, measure) -> {
                        Measured m = stage.objective().measure(b.batch(), measure);
                        own.put(b.number(), (double) m.loss().item_float());
                        return m;
                    },
                    new Evaluation<>(
                            List.of(), b -> stage.evaluation().measure().apply(b.batch()), 1)));
            losses.put(
                    stage.name(),
                    own.entrySet().stream()
                            .sorted(Map.Entry.comparingByKey())
                            .mapToDouble(Map.Entry::getValue)
                            .toArray());
        }
    }

    /**
     * By stage the losses of its batches.
     *
     * @param folder to train in
     * @param precision {@code f32} or {@code bf16}
     */
    static Map<String, double[]> of(Path folder, String precision) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(
                folder.resolve("run.json"),
                "{\"recipe\":\"peek\",\"size\":\"golden\",\"precision\":\"" + precision + "\"}");
        Recorder recorder = new Recorder(folder);
        try (PeekRecipe peek = new PeekRecipe(folder, SIZE, recorder, null)) {
            PeekRecipe.stages().forEach(peek::stage);
        }
        return recorder.losses;
    }

    /** Writes a golden: {@code FILE}. */
    public static void main(String[] args) throws IOException {
        StringBuilder json = new StringBuilder("{\n");
        for (String precision : List.of("f32", "bf16")) {
            Path folder = Files.createTempDirectory("losses");
            long start = System.nanoTime();
            Map<String, double[]> losses = of(folder, precision);
            System.err.println(precision + " took " + (System.nanoTime() - start) / 1e9 + " s");
            json.append("  \"").append(precision).append("\": {\n");
            int i = 0;
            for (Map.Entry<String, double[]> e : losses.entrySet()) {
                json.append("    \"").append(e.getKey()).append("\": ").append(java.util.Arrays.toString(e.getValue()));
                json.append(++i < losses.size() ? ",\n" : "\n");
            }
            json.append(precision.equals("f32") ? "  },\n" : "  }\n");
        }
        Files.writeString(Path.of(args[0]), json.append("}\n").toString());
    }
}

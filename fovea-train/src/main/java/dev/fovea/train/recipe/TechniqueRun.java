package dev.fovea.train.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.file.FolderLock;
import dev.fovea.core.learned.LearnedPlanner;
import dev.fovea.train.loop.TrainingException;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.report.Curve;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The folder in which a technique is trained, and what is decided once for the whole of a run: the model that it is
 * trained for and the precision, which a run that goes on must not change.
 *
 * @param folder of the run
 * @param from folder of the model
 * @param precision in which matrices are multiplied
 * @param lock keeps other runs out until it is closed
 */
record TechniqueRun(Path folder, Path from, Precision precision, FolderLock lock) implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TIME = "minutes.json";

    /**
     * Opens the folder of a run, new or begun.
     *
     * @param setting what else was asked for, in words; empty if nothing
     * @throws TrainingException if it cannot be used, another run is under way in it, or it holds one for another
     *     technique, model, size or setting
     */
    static TechniqueRun open(Path folder, String technique, Path from, TechniqueSize size, String setting) {
        FolderLock lock = RunFolder.lock(folder);
        try {
            String whole = size.name() + " for the model " + LearnedPlanner.base(from) + setting;
            Precision precision = RunFolder.precision(folder.resolve("run.json"), technique, whole);
            return new TechniqueRun(folder, from, precision, lock);
        } catch (IOException e) {
            lock.close();
            throw RunFolder.unusable(folder, e);
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    /** What the model is called. */
    String modelName() {
        Path name = from.toAbsolutePath().normalize().getFileName();
        return name == null ? "model" : name.toString();
    }

    /** Does the work of the run, and adds the time that it took to that of the runs before it. */
    void timed(Runnable work) {
        long start = System.nanoTime();
        double before = minutes();
        try {
            work.run();
        } finally {
            double all = before + (System.nanoTime() - start) / 60e9;
            try {
                RunFolder.writeWhole(
                        folder.resolve(TIME),
                        JSON.createObjectNode().put("minutes", all).toString() + "\n");
            } catch (IOException e) {
                // How long it took is told on the card; training does not depend on it.
            }
        }
    }

    /** Minutes of training so far. */
    double minutes() {
        try {
            Path file = folder.resolve(TIME);
            JsonNode known = Files.exists(file) ? JSON.readTree(file.toFile()) : JSON.createObjectNode();
            return known.path("minutes").asDouble();
        } catch (IOException e) {
            return 0;
        }
    }

    /** What the last measurement on held-out pictures said. */
    Map<String, Double> heldOut(String stage) {
        return curves().stream()
                .filter(curve -> curve.stage().equals(stage))
                .findFirst()
                .map(Curve::heldOut)
                .orElse(Map.of());
    }

    /** What was logged, by stage. */
    List<Curve> curves() {
        try {
            return Curve.read(folder.resolve("log.jsonl"));
        } catch (IOException e) {
            throw RunFolder.unusable(folder, e);
        }
    }

    @Override
    public void close() {
        lock.close();
    }
}

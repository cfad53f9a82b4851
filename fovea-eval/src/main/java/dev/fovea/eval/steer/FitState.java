package dev.fovea.eval.steer;

import dev.fovea.core.file.OutputException;
import dev.fovea.core.learned.SteeringFile;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.eval.EvalException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;

/** How far a fit has come: what the pairs so far have shown, and what trials gave. Kept in a file beside its target. */
final class FitState {
    private static final String TRIAL = "trial ";
    private static final String FIT = "fit";
    private static final String TRYING = "trying";
    private static final String PAIRS = "pairs";

    private final Path file;
    private final String fit;
    private final String trying;
    private final Map<String, List<Matrix>> rows = new LinkedHashMap<>();
    private final List<Double> trials = new ArrayList<>();
    private int pairs;

    private FitState(Path file, String fit, String trying) {
        this.file = file;
        this.fit = fit;
        this.trying = trying;
    }

    /**
     * Begins, or goes on.
     *
     * @param target of the fit
     * @param fit tells what pairs show from what they show in others: model, technique, knobs and pairs
     * @param trying tells trials from others, which begin anew where it differs
     * @throws EvalException with one sentence if there is a state of another fit, or it is damaged
     */
    static FitState open(Path target, String fit, String trying) {
        FitState state = new FitState(target.resolveSibling(target.getFileName() + ".part"), fit, trying);
        if (!Files.exists(state.file)) {
            return state;
        }
        try (Checkpoint checkpoint = Checkpoint.open(state.file);
                Scope ignored = Scope.inference()) {
            Map<String, String> text = checkpoint.metadata();
            if (!fit.equals(text.get(FIT))) {
                throw EvalException.input(
                        state.file + " holds what another fit has done so far, for another model or with"
                                + " other pairs or knobs; give the same ones again, or delete it");
            }
            state.read(checkpoint, text);
            return state;
        } catch (CheckpointException | NumberFormatException e) {
            throw EvalException.input(
                    "What the fit has done so far cannot be read: " + e.getMessage() + " (delete " + state.file
                            + " to begin anew)",
                    e);
        }
    }

    private void read(Checkpoint checkpoint, Map<String, String> text) {
        pairs = Integer.parseInt(text.getOrDefault(PAIRS, "0"));
        for (String name : checkpoint.names()) {
            Tensor tensor = checkpoint.tensor(name);
            long[] sizes = Tensors.shape(tensor);
            if (sizes.length != 2) {
                throw new CheckpointException("tensor of shape " + Arrays.toString(sizes));
            }
            rows.put(
                    name, new ArrayList<>(List.of(new Matrix((int) sizes[0], (int) sizes[1], Tensors.floats(tensor)))));
        }
        while (trying.equals(text.get(TRYING)) && text.containsKey(TRIAL + trials.size())) {
            trials.add(Double.parseDouble(text.get(TRIAL + trials.size())));
        }
    }

    /** Pairs that have been looked at. */
    int pairs() {
        return pairs;
    }

    /** What the first trials gave. */
    List<Double> trials() {
        return trials;
    }

    /** Adds what the next pair showed. */
    void add(Map<String, Matrix> shown) {
        shown.forEach((name, m) ->
                rows.computeIfAbsent(name, fresh -> new ArrayList<>()).add(m));
        pairs++;
    }

    /** What all pairs showed, one below the other. */
    Map<String, Matrix> rows() {
        Map<String, Matrix> all = new LinkedHashMap<>();
        rows.forEach((name, parts) -> all.put(name, stacked(parts)));
        return all;
    }

    private static Matrix stacked(List<Matrix> parts) {
        int cols = parts.getFirst().cols();
        int count = parts.stream().mapToInt(Matrix::rows).sum();
        float[] data = new float[Math.multiplyExact(count, cols)];
        int at = 0;
        for (Matrix part : parts) {
            if (part.cols() != cols) {
                throw new IllegalArgumentException(
                        "One pair showed rows of " + part.cols() + " numbers, others of " + cols);
            }
            System.arraycopy(part.data(), 0, data, at, part.data().length);
            at += part.data().length;
        }
        return new Matrix(count, cols, data);
    }

    /**
     * Writes it down; the file is at all times the old one or the whole new one. Whoever is asked to stop is interrupted, which
     * closes the file that is being written: it is then written again.
     */
    void save() {
        boolean interrupted = Thread.interrupted();
        try {
            write();
        } catch (OutputException e) {
            if (!Thread.interrupted()) {
                throw e;
            }
            interrupted = true;
            write();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void write() {
        Map<String, String> text = new TreeMap<>();
        text.put(FIT, fit);
        text.put(TRYING, trying);
        text.put(PAIRS, Integer.toString(pairs));
        for (int i = 0; i < trials.size(); i++) {
            text.put(TRIAL + i, Double.toString(trials.get(i)));
        }
        SteeringFile.write(file, rows(), text);
    }

    /** It is not needed any more. */
    void delete() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw EvalException.output(file + " is not needed any more, but cannot be deleted; delete it", e);
        }
    }
}

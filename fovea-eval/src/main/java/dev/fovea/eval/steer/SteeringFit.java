package dev.fovea.eval.steer;

import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.learned.LearnedPlanner;
import dev.fovea.core.learned.OwnWeights;
import dev.fovea.core.learned.SteeringFile;
import dev.fovea.core.learned.SteeringTechnique;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Fits the vectors of a steering technique to preferences, one pair after the other, and tries the strengths that the
 * technique names. What is done is kept beside the target, so that a fit that was stopped goes on where it was.
 *
 * @param name of the model, as results call it
 * @param recipe the command, as it could be typed again
 */
public record SteeringFit(
        VisionLanguageModel model, String name, SteeringTechnique technique, Knobs knobs, String recipe) {
    /** What is lost when the process is killed at most. */
    private static final long SAVE_AFTER_NANOS = 60_000_000_000L;

    /** Follows a fit. */
    @FunctionalInterface
    public interface Progress {
        /**
         * So many steps are done.
         *
         * @param figure something to show beside it, or empty
         * @return false to stop and keep what is done
         */
        boolean at(int done, String figure);
    }

    /** How many steps a fit to so many pairs takes: pairs and trials. */
    public int steps(int pairs) {
        return pairs + technique.trials(knobs).size();
    }

    /**
     * Fits, or goes on, and writes the file.
     *
     * @return what is in the file; null if it was stopped
     * @throws IllegalArgumentException with one sentence if nothing follows from the pairs, or the model cannot be steered
     */
    public SteeringFile.@Nullable About run(List<Preference> pairs, Path target, Progress progress) {
        String base = LearnedPlanner.base(model.folder());
        FitState state = FitState.open(target, key(base, pairs), new TreeMap<>(knobs.asMap()).toString());
        try {
            return run(state, base, pairs, target, progress);
        } catch (RuntimeException e) {
            // Whatever ended it, what is done is done.
            if (state.pairs() > 0) {
                state.save();
            }
            throw e;
        }
    }

    private SteeringFile.@Nullable About run(
            FitState state, String base, List<Preference> pairs, Path target, Progress progress) {
        if (!look(state, pairs, progress)) {
            return null;
        }
        Map<String, Matrix> rows = state.rows();
        Map<String, Matrix> vectors = technique.vectors(rows, model.shape(), knobs);
        Map<String, String> settled = new LinkedHashMap<>(knobs.asMap());
        List<Map<String, String>> trials = technique.trials(knobs);
        if (!trials.isEmpty()) {
            if (!tried(state, vectors, trials, pairs, progress)) {
                return null;
            }
            settled.putAll(trials.get(best(state.trials())));
        }
        settled.values().removeIf("auto"::equals);
        SteeringFile.About about = new SteeringFile.About(
                technique.card().id(),
                name,
                base,
                model.shape().decoderLayers(),
                model.shape().decoderWidth(),
                model.dtype().name().toLowerCase(Locale.ROOT),
                pairs.size(),
                recipe,
                settled,
                figures(rows));
        SteeringFile.write(target, vectors, about);
        state.delete();
        return about;
    }

    /** Tells what pairs show in this fit from what they show in others: what is tried afterwards plays no part. */
    private String key(String base, List<Preference> pairs) {
        Map<String, String> settled = new TreeMap<>(knobs.asMap());
        settled.keySet().retainAll(technique.settled());
        StringBuilder key = new StringBuilder(technique.card().id() + " " + base + " " + model.dtype() + " " + settled);
        for (Preference p : pairs) {
            key.append('\n').append(String.join("\t", p.id(), p.question(), p.preferred(), p.dispreferred()));
        }
        return key.toString();
    }

    /** Looks at the pairs that have not been looked at. */
    private boolean look(FitState state, List<Preference> pairs, Progress progress) {
        long saved = System.nanoTime();
        boolean goOn = progress.at(state.pairs() + state.trials().size(), "");
        while (goOn && state.pairs() < pairs.size()) {
            int number = state.pairs();
            try (WeighedPair pair = WeighedPair.of(model, pairs.get(number), Plan.plain())) {
                state.add(technique.rows(pair, number, knobs));
            }
            goOn = progress.at(state.pairs(), "");
            if (!goOn || System.nanoTime() - saved > SAVE_AFTER_NANOS) {
                state.save();
                saved = System.nanoTime();
            }
        }
        return goOn;
    }

    /** Tries what the technique names: mean log-probability of the preferred answers. */
    private boolean tried(
            FitState state,
            Map<String, Matrix> vectors,
            List<Map<String, String>> trials,
            List<Preference> pairs,
            Progress progress) {
        List<Double> values = state.trials();
        while (values.size() < trials.size()) {
            values.add(value(vectors, trials.get(values.size()), pairs));
            String figure = String.format(Locale.ROOT, "%s: %.3f", trials.get(values.size() - 1), values.getLast());
            if (!progress.at(pairs.size() + values.size(), figure)) {
                state.save();
                return false;
            }
        }
        return true;
    }

    private static int best(List<Double> values) {
        int best = 0;
        for (int i = 1; i < values.size(); i++) {
            best = values.get(i) > values.get(best) ? i : best;
        }
        return best;
    }

    private double value(Map<String, Matrix> vectors, Map<String, String> trial, List<Preference> pairs) {
        Map<String, String> set = new LinkedHashMap<>(knobs.asMap());
        set.values().removeIf("auto"::equals);
        set.putAll(trial);
        try (Scope ignored = Scope.inference();
                OwnWeights own = weights(vectors)) {
            Plan plan = technique.plan(model.shape(), Budget.full(), Knobs.of(technique.card(), set), own);
            double sum = 0;
            for (Preference preference : pairs) {
                try (WeighedPair pair = WeighedPair.of(model, preference, plan)) {
                    sum += pair.prompt().logProbability(pair.preferred());
                }
            }
            return sum / pairs.size();
        }
    }

    private OwnWeights weights(Map<String, Matrix> vectors) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        vectors.forEach((name, m) -> tensors.put(name, Tensors.of(m.data(), m.rows(), m.cols())));
        return OwnWeights.copyOf(technique.card().id(), tensors);
    }

    private Map<String, Double> figures(Map<String, Matrix> rows) {
        Matrix numbers = rows.get(SteeringTechnique.FIGURES);
        Map<String, Double> means = new LinkedHashMap<>();
        List<String> names = technique.figures();
        for (int i = 0; numbers != null && i < names.size(); i++) {
            double sum = 0;
            for (int r = 0; r < numbers.rows(); r++) {
                sum += numbers.get(r, i);
            }
            means.put(names.get(i), sum / numbers.rows());
        }
        return means;
    }
}

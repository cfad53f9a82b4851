package dev.fovea.core.learned;

import dev.fovea.core.draft.Draft;
import dev.fovea.core.model.Weights;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Planner;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.technique.TechniqueSpec;
import dev.fovea.core.technique.Techniques;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.Fingerprint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Plans techniques for one opened model, with their trained weights where they have some: those beside the model's
 * checkpoint, or those of a folder that was named. Weights are read when they are first asked for, and kept until this
 * is closed. Safe for use by several threads.
 */
public final class LearnedPlanner implements Planner, AutoCloseable {
    /** In place of a folder: the values that a technique starts its training with. */
    public static final String UNTRAINED = "untrained";

    private static final long SEED = 1;

    private final Path model;
    private final ModelShape shape;
    private final @Nullable Weights weights;
    private final Map<Key, Ready> ready = new HashMap<>();
    private @Nullable String base;

    private record Key(String technique, @Nullable String folder, Map<String, String> knobs) {}

    private record Ready(OwnWeights weights, Knobs knobs) {}

    /**
     * @param model folder of the model's checkpoint
     * @param shape its sizes, for pictures of the usual size
     * @param weights its own, by canonical name: what is learned may start from them, and published weights are told apart
     *     by them; null where they are not at hand
     */
    public LearnedPlanner(Path model, ModelShape shape, @Nullable Weights weights) {
        this.model = model;
        this.shape = shape;
        this.weights = weights;
    }

    /**
     * For a model that lies in no folder and whose weights are not at hand: techniques have {@link #UNTRAINED} weights there,
     * or none, and what would start from the model's starts otherwise.
     */
    public static LearnedPlanner untrained(ModelShape shape) {
        return new LearnedPlanner(Path.of(""), shape, null);
    }

    /** Plans from the model's shape alone: {@link LearnedTechnique#blank} for techniques with weights of their own. */
    public static Planner blank() {
        return (technique, spec, shape, budget) -> technique instanceof LearnedTechnique learned
                ? learned.blank(shape, budget, spec.knobsOf(technique.card()))
                : Planner.plain().plan(technique, spec, shape, budget);
    }

    @Override
    public Plan plan(Technique technique, TechniqueSpec spec, ModelShape ofPicture, Budget budget) {
        if (!(technique instanceof LearnedTechnique learned)) {
            return Planner.plain().plan(technique, spec, ofPicture, budget);
        }
        Ready own = ready(learned, spec);
        return learned.plan(ofPicture, budget, own.knobs, own.weights);
    }

    /**
     * A draft with its weights.
     *
     * @param techniques the known ones
     * @param text {@code id} or {@code id:knob=value,...}
     * @throws RuntimeException with one sentence if there is none of that name, or its weights are missing or not for this
     *     model
     */
    public Draft draft(Techniques techniques, String text) {
        TechniqueSpec spec = TechniqueSpec.parse(text);
        if (!(techniques.get(spec.id()) instanceof DraftTechnique technique)) {
            List<String> drafts = techniques.all().stream()
                    .filter(DraftTechnique.class::isInstance)
                    .map(t -> t.card().id())
                    .toList();
            throw new IllegalArgumentException("Technique '" + spec.id() + "' guesses no tokens, so that nothing can be"
                    + " decoded with it; the installed ones that do are: "
                    + (drafts.isEmpty() ? "none" : String.join(", ", drafts)) + ".");
        }
        spec.knobsOf(technique.card());
        Ready own = ready(technique, spec);
        return technique.draft(shape, own.knobs, own.weights);
    }

    /**
     * A technique with the weights and knobs that its plans have here.
     *
     * @throws RuntimeException as {@link #plan}
     */
    public Reading reading(LearnedTechnique technique, TechniqueSpec spec) {
        Ready own = ready(technique, spec);
        return new Reading(technique.drawings(shape, own.knobs), own.weights);
    }

    /**
     * What a technique can draw of its thoughts.
     *
     * @param drawings by the names of groups
     * @param own weights that they read
     */
    public record Reading(Map<String, Predictor> drawings, Weights own) {
        public Reading {
            drawings = Map.copyOf(drawings);
        }
    }

    private Ready ready(LearnedTechnique technique, TechniqueSpec spec) {
        Key key = new Key(spec.id(), spec.weights(), spec.knobs());
        synchronized (ready) {
            Ready known = ready.get(key);
            if (known == null) {
                known = read(technique, spec);
                ready.put(key, known);
            }
            return known;
        }
    }

    private Ready read(LearnedTechnique technique, TechniqueSpec spec) {
        String named = spec.weights();
        if (UNTRAINED.equals(named)) {
            Knobs knobs = Knobs.of(technique.card(), spec.knobs());
            return new Ready(OwnWeights.initial(spec.id(), starting(technique.declaration(shape, knobs)), SEED), knobs);
        }
        if (technique instanceof SteeringTechnique steering) {
            return vectors(steering, spec);
        }
        if (named != null && spec.word().equals(TechniqueSpec.VECTOR)) {
            throw new IllegalArgumentException("Technique '" + spec.id() + "' has weights, not a vector; name their"
                    + " folder with '" + spec.id() + ":weights=DIR'.");
        }
        TechniqueFolder folder = TechniqueFolder.of(model, spec);
        PublishedLayout published = technique.published();
        if (named != null && published != null && PublishedWeights.in(folder.path())) {
            Weights own = weights == null ? new BlankWeights() : weights;
            var loaded = new PublishedLoader(technique, shape, own).load(folder.path(), published, spec.knobs());
            return new Ready(loaded.weights(), loaded.knobs());
        }
        String train = "fovea train " + spec.id() + " --from " + model;
        if (!folder.exists()) {
            throw new IllegalArgumentException("Technique '" + spec.id() + "' needs trained weights, and "
                    + folder.path() + " holds none; train them with '" + train + "', or name a folder with '"
                    + spec.id() + ":weights=DIR'.");
        }
        TechniqueFolder.Loaded loaded = folder.load(technique, shape, spec.knobs(), base(), train);
        return new Ready(loaded.weights(), loaded.knobs());
    }

    private Ready vectors(SteeringTechnique technique, TechniqueSpec spec) {
        Path file = SteeringFile.of(model, spec);
        String fit = "fovea steer fit " + spec.id() + " --model " + model;
        if (spec.weights() == null && !Files.exists(file)) {
            throw new IllegalArgumentException("Technique '" + spec.id() + "' needs steering vectors, and " + file
                    + " is not there; fit some with '" + fit + "', or name a file with '" + spec.id()
                    + ":vector=FILE'.");
        }
        SteeringFile.Loaded loaded = SteeringFile.load(file, technique, shape, spec.knobs(), base(), fit);
        return new Ready(loaded.weights(), loaded.knobs());
    }

    private Declaration starting(Declaration declared) {
        Weights own = weights;
        return own == null ? declared : declared.startingFrom(own);
    }

    private String base() {
        String known = base;
        if (known == null) {
            known = base(model);
            base = known;
        }
        return known;
    }

    /**
     * Tells the weights of a checkpoint from others, as {@link TrainedCard#base} has it.
     *
     * @throws CheckpointException with one sentence if they cannot be read
     */
    public static String base(Path model) {
        try {
            return Fingerprint.of(model, ".*\\.safetensors");
        } catch (IOException e) {
            throw new CheckpointException(model + " cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        synchronized (ready) {
            ready.values().forEach(r -> r.weights.close());
            ready.clear();
        }
    }
}

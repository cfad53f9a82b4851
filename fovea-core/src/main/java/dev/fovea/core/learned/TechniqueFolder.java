package dev.fovea.core.learned;

import dev.fovea.core.file.OutputException;
import dev.fovea.core.message.Printable;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.TechniqueSpec;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.SafeTensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * The folder in which the weights of a technique lie: {@code model.safetensors} and {@link TrainedCard card.json}.
 * Beside the checkpoint that they extend it is {@code techniques/ID}.
 */
public record TechniqueFolder(Path path) {
    private static final String WEIGHTS = "model.safetensors";

    /** Weights in memory, with the knobs that they were trained with and those that were set. */
    public record Loaded(OwnWeights weights, Knobs knobs, TrainedCard card) {}

    /** The folder of a technique beside a checkpoint. */
    public static TechniqueFolder beside(Path model, String technique) {
        return new TechniqueFolder(model.resolve("techniques").resolve(technique));
    }

    /** The folder that was named with a technique, or else the one beside a checkpoint. */
    public static TechniqueFolder of(Path model, TechniqueSpec spec) {
        String named = spec.weights();
        return named == null ? beside(model, spec.id()) : new TechniqueFolder(Path.of(named));
    }

    /** Whether there are weights. */
    public boolean exists() {
        return Files.isRegularFile(path.resolve(WEIGHTS));
    }

    /**
     * The card.
     *
     * @throws CheckpointException with one sentence if it is missing or wrong
     */
    public TrainedCard card() {
        return TrainedCard.read(path);
    }

    /**
     * Reads the weights, held against what the technique declares for the model.
     *
     * @param set knobs that were set, unchecked
     * @param base tells the model's weights from others, as {@link TrainedCard#base}
     * @param train the command that trains such weights
     * @throws CheckpointException with one sentence if something is missing, is damaged or does not fit
     */
    public Loaded load(
            LearnedTechnique technique, ModelShape shape, Map<String, String> set, String base, String train) {
        String id = technique.card().id();
        TrainedCard card = card();
        if (!card.technique().equals(id)) {
            throw new CheckpointException("The weights in " + path + " are those of technique '"
                    + Printable.of(card.technique()) + "', not of '" + id + "'; train some with '" + train + "'");
        }
        Map<String, String> knobs = new LinkedHashMap<>(card.knobs());
        knobs.putAll(set);
        Knobs all = Knobs.of(technique.card(), knobs);
        Declaration declaration = technique.declaration(shape, all);
        try (Checkpoint checkpoint = Checkpoint.open(path.resolve(WEIGHTS));
                Scope ignored = Scope.inference()) {
            check(checkpoint, id, declaration, train);
            if (!card.base().equals(base)) {
                throw new CheckpointException("The weights in " + path + " extend the model '"
                        + Printable.of(card.model()) + "' as it was (" + Printable.of(card.base())
                        + "), but this model's weights are others (" + base + "); train its own with '" + train + "'");
            }
            Map<String, Tensor> tensors = new HashMap<>();
            declaration.parameters().forEach(p -> tensors.put(p.name(), checkpoint.tensor(p.name())));
            return new Loaded(OwnWeights.copyOf(id, tensors), all, card);
        }
    }

    private static void check(Checkpoint checkpoint, String id, Declaration declaration, String train) {
        Set<String> unknown = new HashSet<>(checkpoint.names());
        for (Declaration.Parameter p : declaration.parameters()) {
            String name = "Tensor '" + p.name() + "'";
            String wanted = "technique '" + id + "' needs it for this model with shape " + Arrays.toString(p.sizes())
                    + "; train such weights with '" + train + "'";
            if (!unknown.remove(p.name())) {
                throw new CheckpointException(name + " is missing in " + checkpoint.path() + ", but " + wanted);
            }
            long[] stored = checkpoint.info(p.name()).sizes();
            if (!Arrays.equals(stored, p.sizes())) {
                throw new CheckpointException(name + " in " + checkpoint.path() + " has shape "
                        + Arrays.toString(stored) + ", but " + wanted);
            }
        }
        if (!unknown.isEmpty()) {
            throw new CheckpointException(checkpoint.path() + " holds '"
                    + Printable.of(unknown.stream().sorted().findFirst().orElseThrow()) + "', which technique '" + id
                    + "' does not have; train such weights with '" + train + "'");
        }
    }

    /**
     * Writes weights in bf16, and their card with their number and bytes filled in.
     *
     * @throws OutputException with one sentence if they cannot be written; each file is then what it was
     */
    public TrainedCard write(Map<String, Tensor> tensors, TrainedCard card) {
        Path file = path.resolve(WEIGHTS);
        try (Scope ignored = Scope.inference()) {
            Map<String, Tensor> narrow = new LinkedHashMap<>();
            tensors.forEach((name, t) -> narrow.put(name, Tensors.to(t.detach(), DType.BF16)));
            long parameters = narrow.values().stream().mapToLong(Tensor::numel).sum();
            SafeTensorsWriter.writeInto(file, narrow, Map.of("format", "pt", "technique", card.technique()));
            TrainedCard whole = new TrainedCard(
                    card.technique(),
                    card.model(),
                    card.base(),
                    card.recipe(),
                    card.data(),
                    card.steps(),
                    card.minutes(),
                    parameters,
                    Files.size(file),
                    card.knobs(),
                    card.figures());
            whole.write(path);
            return whole;
        } catch (IOException e) {
            throw new OutputException(path, e);
        }
    }
}

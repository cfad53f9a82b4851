package dev.fovea.eval.bench;

import dev.fovea.core.learned.LearnedPlanner;
import dev.fovea.core.learned.TechniqueFolder;
import dev.fovea.core.learned.TrainedCard;
import dev.fovea.core.technique.TechniqueSpec;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.eval.report.Html;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a contestant's own weights cost, as their card says.
 *
 * @param minutes of training
 * @param parameters number of values
 * @param bytes of their file
 */
public record TrainingCost(double minutes, long parameters, long bytes) {
    /** What the columns of a table are called, in the order of {@link #cells}. */
    static final List<String> HEADER = List.of("trained min", "own parameters", "own bytes");

    /** What the columns show. */
    static final String NOTE =
            "Trained min, own parameters and own bytes are those of the weights that a technique adds "
                    + "to the model: minutes of training on two cores, as their card says; nothing is added where a dash stands.";

    /**
     * Of all contestants that come with trained weights, by the technique as it was typed. Weights that cannot be read are
     * left out here: the contest itself says why they do not take part.
     *
     * @param model folder of the model's checkpoint
     */
    public static Map<String, TrainingCost> of(Path model, List<Contestant> contestants) {
        Map<String, TrainingCost> costs = new LinkedHashMap<>();
        for (Contestant contestant : contestants) {
            @Nullable TrainingCost cost = of(model, TechniqueSpec.parse(contestant.technique()));
            if (cost != null) {
                costs.put(contestant.technique(), cost);
            }
        }
        return costs;
    }

    private static @Nullable TrainingCost of(Path model, TechniqueSpec spec) {
        TechniqueFolder folder = TechniqueFolder.of(model, spec);
        if (LearnedPlanner.UNTRAINED.equals(spec.weights()) || !folder.exists()) {
            return null;
        }
        try {
            TrainedCard card = folder.card();
            return new TrainingCost(card.minutes(), card.parameters(), card.bytes());
        } catch (CheckpointException e) {
            return null;
        }
    }

    /** Cells of a contestant; dashes for one without weights of its own. */
    static List<String> cells(@Nullable TrainingCost cost) {
        return cost == null
                ? List.of("–", "–", "–")
                : List.of(Html.number(cost.minutes, 1), Html.metric(cost.parameters), Html.metric(cost.bytes));
    }
}

package dev.fovea.cli;

import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.TechniqueSpec;
import dev.fovea.core.technique.Techniques;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** How visual tokens are spent: {@code --technique} and {@code --budget}. */
final class SpendingOptions {
    @Option(
            names = {"-t", "--technique"},
            paramLabel = "ID[:KNOB=VALUE,...]",
            description = "A technique that spends the visual tokens, with its knobs; may be repeated. 'fovea"
                    + " techniques' lists them (default: none, the plain model). weights=DIR names the trained weights"
                    + " of one that has its own, vector=FILE its steering vectors.")
    List<String> techniques = new ArrayList<>();

    @Option(
            names = {"-b", "--budget"},
            defaultValue = "full",
            paramLabel = "N|P%|full",
            description = "Visual tokens to spend: a count, a percentage, or 'full' (default).")
    String budget = "full";

    /**
     * The budget.
     *
     * @throws CommandFailure if it cannot be read
     */
    Budget budget() {
        try {
            return Budget.parse(budget);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }

    /**
     * Everything that can be wrong before a model is there: the budget, the names of techniques and knobs. Says so at
     * once rather than after loading.
     *
     * @throws CommandFailure if something is
     */
    void check() {
        budget();
        try {
            Techniques installed = techniques.isEmpty() ? Techniques.of(List.of()) : Techniques.installed();
            for (String text : techniques) {
                TechniqueSpec spec = TechniqueSpec.parse(text);
                spec.knobsOf(installed.get(spec.id()).card());
            }
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }

    /**
     * Whether the techniques fit this model, the budget and each other.
     *
     * @param images pictures of a prompt
     * @throws CommandFailure if they do not
     */
    void check(VisionLanguageModel model, int images) {
        try {
            model.plan(techniques, budget(), images);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }
}

package dev.fovea.eval.bench;

import dev.fovea.eval.suite.Suite;
import java.util.List;
import java.util.Map;

/**
 * What is compared.
 *
 * @param model name of the model
 * @param fingerprint tells this model's weights from others of the same name
 * @param arithmetic the types in which it is held and computes, as text: other types answer close calls otherwise
 * @param contestants the plain model first
 * @param suites questions
 * @param limit the most questions of a suite
 * @param command how it was started
 * @param versions of what took part, as text
 * @param dependence whether to see how far each token of an answer depends on the picture
 * @param trained what weights of their own cost, by the contestants' techniques as typed
 */
public record Contest(
        String model,
        String fingerprint,
        String arithmetic,
        List<Contestant> contestants,
        List<Suite> suites,
        int limit,
        String command,
        List<String> versions,
        boolean dependence,
        Map<String, TrainingCost> trained) {

    public Contest {
        contestants = List.copyOf(contestants);
        suites = List.copyOf(suites);
        versions = List.copyOf(versions);
        trained = Map.copyOf(trained);
        if (contestants.isEmpty() || !contestants.getFirst().equals(Contestant.VANILLA)) {
            throw new IllegalArgumentException("A contest starts with the plain model");
        }
        if (suites.isEmpty()) {
            throw new IllegalArgumentException("A contest needs at least one suite");
        }
        if (limit < 1) {
            throw new IllegalArgumentException("The limit is " + limit + "; give at least 1 question.");
        }
    }

    /** The same of a model that is open, in the types that it turned out to have. */
    public Contest in(String types) {
        return new Contest(
                model, fingerprint, types, contestants, suites, limit, command, versions, dependence, trained);
    }

    /** Columns about weights of the contestants' own, if any has some. */
    List<String> trainingHeader() {
        return trained.isEmpty() ? List.of() : TrainingCost.HEADER;
    }

    /** The cells of a contestant in these columns. */
    List<String> trainingCells(Contestant contestant) {
        return trained.isEmpty() ? List.of() : TrainingCost.cells(trained.get(contestant.technique()));
    }
}

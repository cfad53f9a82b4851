package dev.fovea.cli;

import dev.fovea.core.learned.SteeringFile;
import dev.fovea.core.learned.SteeringTechnique;
import dev.fovea.core.learned.TechniqueFolder;
import dev.fovea.core.learned.TrainedCard;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Techniques;
import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * The weights that a model has for a technique.
 *
 * @param folder where they lie
 */
record TrainedWeights(TechniqueFolder folder) {

    /** Those of the model that was named, or of the usual one; empty if there are none. */
    static Optional<TrainedWeights> of(Card card, ModelOption model, Session session) {
        if (!card.trained()) {
            return Optional.empty();
        }
        if (model.model == null && !Files.isDirectory(session.home().resolve("models/peek"))) {
            return Optional.empty(); // A list of techniques needs no model.
        }
        TechniqueFolder folder = TechniqueFolder.beside(model.resolve(session), card.id());
        return folder.exists() || Files.exists(vectors(folder))
                ? Optional.of(new TrainedWeights(folder))
                : Optional.empty();
    }

    private static Path vectors(TechniqueFolder folder) {
        return folder.path().resolve(SteeringFile.NAME);
    }

    /** In one word, for a table. */
    static String word(Card card, ModelOption model, Session session) {
        return !card.trained() ? "-" : of(card, model, session).isPresent() ? "trained" : "missing";
    }

    /** In a sentence, for a card. */
    static String text(Card card, ModelOption model, Session session) {
        if (!card.trained()) {
            return "none, works with any model";
        }
        String name = model.model == null ? "peek" : model.name(session);
        return of(card, model, session)
                .map(weights -> "its own; " + name + " has them: " + weights.said())
                .orElse("its own; " + name + " has none: "
                        + (isSteering(card) ? fit(card, model) : train(card, model)));
    }

    private static boolean isSteering(Card card) {
        return Techniques.installed().get(card.id()) instanceof SteeringTechnique;
    }

    private static String fit(Card card, ModelOption model) {
        return "fit vectors with 'fovea steer fit " + card.id() + (model.model == null ? "" : " --model " + model.model)
                + "'";
    }

    private static String train(Card card, ModelOption model) {
        return "train them with 'fovea train " + card.id() + (model.model == null ? "" : " --from " + model.model)
                + "'";
    }

    private String said() {
        try {
            if (!folder.exists()) {
                SteeringFile.About about = SteeringFile.about(vectors(folder));
                return String.format(
                        Locale.ROOT,
                        "vectors of %d layers with %d channels, fitted to %d pairs",
                        about.layers(),
                        about.width(),
                        about.pairs());
            }
            TrainedCard card = folder.card();
            return String.format(
                    Locale.ROOT,
                    "%,d parameters, %.1f MB, %d steps in %.0f minutes",
                    card.parameters(),
                    card.bytes() / 1e6,
                    card.steps(),
                    card.minutes());
        } catch (CheckpointException e) {
            return String.valueOf(e.getMessage());
        }
    }
}

package dev.fovea.train.report;

import java.util.Map;
import java.util.Set;

/** Names of the figures in a training log. What is none of these is an accuracy from 0 to 1. */
public final class Figures {
    public static final String LOSS = "loss";
    public static final String RATE = "lr";
    public static final String GRADIENT = "gradient_norm";
    /** Steps without a finite gradient, which changed nothing, since the stage was started. */
    public static final String SKIPPED = "skipped_steps";

    public static final String SPEED = "samples_per_second";
    /** How long the step took, batches included. */
    public static final String SECONDS = "step_seconds";
    /** Visual tokens of a prompt, summed over the layers of the language model: the mean of a batch. */
    public static final String TOKEN_LAYERS = "visual_token_layers";
    /** Accuracy over everything, where a stage has one. */
    public static final String OVERALL = "accuracy";
    /** Put before the name of a figure measured on held-out samples. */
    public static final String HELD_OUT = "held_out_";

    private static final Set<String> OTHERS = Set.of(LOSS, RATE, GRADIENT, SKIPPED, SPEED, SECONDS, TOKEN_LAYERS);

    private Figures() {}

    /** Whether this is an accuracy on the samples that are trained on. */
    public static boolean isTrainingAccuracy(String name) {
        return !name.startsWith(HELD_OUT) && !OTHERS.contains(name);
    }

    /** Whether this is an accuracy on held-out samples. */
    public static boolean isHeldOutAccuracy(String name) {
        return name.startsWith(HELD_OUT) && !OTHERS.contains(name.substring(HELD_OUT.length()));
    }

    /** The accuracy over everything, or else the mean of the accuracies there are; NaN if there are none. */
    public static double accuracy(Map<String, Double> figures) {
        Double overall = figures.get(OVERALL);
        if (overall != null) {
            return overall;
        }
        return figures.entrySet().stream()
                .filter(e -> isTrainingAccuracy(e.getKey()) && Double.isFinite(e.getValue()))
                .mapToDouble(Map.Entry::getValue)
                .average()
                .orElse(Double.NaN);
    }
}

package dev.fovea.cli;

import dev.fovea.core.generate.SamplingOptions;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** How an answer is generated. */
final class SamplingArguments {
    private static final int MOST_TOKENS = 1_000_000;

    @Option(
            names = "--max-tokens",
            defaultValue = "256",
            paramLabel = "N",
            description = "Longest answer in tokens (default: ${DEFAULT-VALUE}).")
    int maxTokens = 256;

    @Option(
            names = "--temperature",
            defaultValue = "0",
            paramLabel = "T",
            converter = NumberArguments.Temperature.class,
            description = "0 takes the likeliest token, higher is more varied (default: ${DEFAULT-VALUE}).")
    double temperature;

    @Option(
            names = "--top-k",
            defaultValue = "0",
            paramLabel = "K",
            description = "Sample among the K likeliest tokens; 0 is off (default).")
    int topK;

    @Option(
            names = "--top-p",
            defaultValue = "1",
            paramLabel = "P",
            description = "Sample among the likeliest tokens that together reach P; 1 is off (default).")
    double topP = 1;

    @Option(
            names = "--min-p",
            defaultValue = "0",
            paramLabel = "P",
            description = "Sample among tokens at least P times as likely as the likeliest; 0 is off (default).")
    double minP;

    @Option(
            names = "--repetition-penalty",
            defaultValue = "1",
            paramLabel = "R",
            description = "Above 1 makes tokens that were already there less likely; 1 is off (default).")
    double repetitionPenalty = 1;

    @Option(
            names = "--seed",
            defaultValue = "0",
            paramLabel = "S",
            description = "The same seed samples the same answer (default: ${DEFAULT-VALUE}).")
    long seed;

    @Option(names = "--stop", paramLabel = "TEXT", description = "End the answer before this text; may be repeated.")
    List<String> stop = new ArrayList<>();

    /**
     * The options, checked.
     *
     * @throws CommandFailure if one is out of range
     */
    SamplingOptions options() {
        if (maxTokens < 1 || maxTokens > MOST_TOKENS) {
            throw CommandFailure.usage("--max-tokens is " + maxTokens + "; give a number from 1 to " + MOST_TOKENS);
        }
        if (stop.stream().anyMatch(String::isEmpty)) {
            throw CommandFailure.usage("--stop is empty; give the text that ends the answer");
        }
        try {
            return new SamplingOptions(repetitionPenalty, temperature, topK, topP, minP, seed);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }
}

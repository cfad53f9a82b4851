package dev.fovea.core;

import dev.fovea.core.generate.GenerationListener;
import dev.fovea.core.generate.GenerationOptions;
import dev.fovea.core.generate.SamplingOptions;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a question is asked.
 *
 * @param techniques as typed on a command line: {@code id} or {@code id:knob=value,...}; several act together
 * @param budget visual tokens to spend, of the whole prompt
 * @param plan a plan of one's own instead of named techniques, or null
 * @param system what the model is told before the question, or null
 * @param generation sampling, length and stop strings
 * @param listener follows the answer; of a batch, every answer
 * @param record whether to keep every declared signal and decision
 * @param specialTokens whether special tokens spelled in questions and in what the model is told are special tokens;
 *     else they are the text they look like, and nobody can end a turn or show a picture by writing so
 * @param framesPerSecond where the pictures of a question are the frames of one video: how many of them a second of it
 *     has; else null
 * @param attention whether the answer brings how each of its tokens looks at the visual tokens
 * @param speculate the draft that guesses what comes next, as typed on a command line: {@code id} or
 *     {@code id:knob=value,...}; null where every token is asked for by itself
 */
public record AskOptions(
        List<String> techniques,
        Budget budget,
        @Nullable Plan plan,
        @Nullable String system,
        GenerationOptions generation,
        GenerationListener listener,
        boolean record,
        boolean specialTokens,
        @Nullable Double framesPerSecond,
        boolean attention,
        @Nullable String speculate) {

    /** @throws IllegalArgumentException with one sentence if frames do not come at a positive, finite rate */
    public AskOptions {
        techniques = List.copyOf(techniques);
        if (framesPerSecond != null && !(framesPerSecond > 0 && framesPerSecond <= Double.MAX_VALUE)) {
            throw new IllegalArgumentException("A video has a positive number of frames a second, not "
                    + framesPerSecond + "; give for example 2.");
        }
    }

    /** All visual tokens, greedy, at most 256 tokens. */
    public static AskOptions defaults() {
        return new AskOptions(
                List.of(),
                Budget.full(),
                null,
                null,
                GenerationOptions.defaults(),
                GenerationListener.none(),
                false,
                false,
                null,
                false,
                null);
    }

    /** With named techniques at a budget. */
    public AskOptions withTechniques(List<String> specs, Budget spent) {
        return new AskOptions(
                specs,
                spent,
                plan,
                system,
                generation,
                listener,
                record,
                specialTokens,
                framesPerSecond,
                attention,
                speculate);
    }

    /** With a plan of one's own; named techniques are then not looked at. */
    public AskOptions withPlan(Plan own) {
        return new AskOptions(
                techniques,
                budget,
                own,
                system,
                generation,
                listener,
                record,
                specialTokens,
                framesPerSecond,
                attention,
                speculate);
    }

    public AskOptions withSystem(String text) {
        return new AskOptions(
                techniques,
                budget,
                plan,
                text,
                generation,
                listener,
                record,
                specialTokens,
                framesPerSecond,
                attention,
                speculate);
    }

    public AskOptions withGeneration(GenerationOptions options) {
        return new AskOptions(
                techniques,
                budget,
                plan,
                system,
                options,
                listener,
                record,
                specialTokens,
                framesPerSecond,
                attention,
                speculate);
    }

    public AskOptions withSampling(SamplingOptions sampling) {
        return withGeneration(generation.withSampling(sampling));
    }

    public AskOptions withMaxTokens(int tokens) {
        return withGeneration(generation.withMaxTokens(tokens));
    }

    public AskOptions withListener(GenerationListener follower) {
        return new AskOptions(
                techniques,
                budget,
                plan,
                system,
                generation,
                follower,
                record,
                specialTokens,
                framesPerSecond,
                attention,
                speculate);
    }

    public AskOptions withRecording() {
        return new AskOptions(
                techniques,
                budget,
                plan,
                system,
                generation,
                listener,
                true,
                specialTokens,
                framesPerSecond,
                attention,
                speculate);
    }

    /** With special tokens wherever a text spells them. */
    public AskOptions withSpecialTokens() {
        return new AskOptions(
                techniques,
                budget,
                plan,
                system,
                generation,
                listener,
                record,
                true,
                framesPerSecond,
                attention,
                speculate);
    }

    /**
     * The pictures of a question are the frames of one video, in order and of one size, so many a second.
     *
     * @throws IllegalArgumentException with one sentence if the number is not positive
     */
    public AskOptions withFramesPerSecond(double frames) {
        return new AskOptions(
                techniques,
                budget,
                plan,
                system,
                generation,
                listener,
                record,
                specialTokens,
                frames,
                attention,
                speculate);
    }

    /** With {@link Answer#attention()}: one row of attention in each layer for each token of the answer. */
    public AskOptions withAttention() {
        return new AskOptions(
                techniques,
                budget,
                plan,
                system,
                generation,
                listener,
                record,
                specialTokens,
                framesPerSecond,
                true,
                speculate);
    }

    /**
     * With guesses at what comes next, several of which are checked at once: the answer is the same, or where tokens are
     * drawn one of the same distribution, and comes faster ({@link Answer#speculation}).
     *
     * @param draft as typed on a command line: {@code id} or {@code id:knob=value,...}
     */
    public AskOptions withSpeculation(String draft) {
        return new AskOptions(
                techniques,
                budget,
                plan,
                system,
                generation,
                listener,
                record,
                specialTokens,
                framesPerSecond,
                attention,
                draft);
    }
}

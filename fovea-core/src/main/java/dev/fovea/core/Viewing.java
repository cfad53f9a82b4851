package dev.fovea.core;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.generate.Generated;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.technique.Plans;
import java.util.ArrayList;
import java.util.List;

/**
 * Pictures that several questions are asked about, each by itself: no question is part of another's prompt. The pictures
 * go through the encoder once, when they are first shown; a plan whose encoder steps look at the question has them
 * encoded again for every one.
 *
 * <p>Owns native memory until {@link #close()}. Not for use by several threads at once.
 */
public final class Viewing implements AutoCloseable {
    private final Asking asking;
    private final AskOptions options;
    private List<Shown> pictures;
    private final List<EncodedImage> encoded = new ArrayList<>();
    private double encoderMs;

    Viewing(Asking asking, AskOptions options, List<RgbImage> images) {
        this.asking = asking;
        this.options = options;
        List<Shown> shown = asking.prepare(images, options);
        boolean frames = Plans.frames(asking.plans(options, shown).ofPrompt());
        this.pictures =
                frames ? shown : shown.stream().map(Shown::withoutOriginal).toList();
        asking.gate().during(() -> {
            Asking.Job first = job("");
            pictures = first.pictures();
            encode(first);
            return encoderMs;
        });
    }

    /** Milliseconds that the encoder took, the last time it ran. */
    public double encoderMs() {
        return encoderMs;
    }

    /** Answers a question, greedily or as the options say; its timings show an encoder pass only where there was one. */
    public Answer ask(String question) {
        return ask(question, options.generation().maxTokens());
    }

    /**
     * Answers a question in at most so many tokens.
     *
     * @throws IllegalArgumentException with one sentence if the question does not fit the model
     */
    public Answer ask(String question, int maxTokens) {
        return asking.gate().during(() -> answer(question, maxTokens));
    }

    private Answer answer(String question, int maxTokens) {
        AskOptions limited = options.withMaxTokens(maxTokens);
        Asking.Job job = job(question);
        double again = encodeAgain(job) ? encoderMs : 0;
        long start = System.nanoTime();
        try (PromptState state = read(job, limited)) {
            int held = state.held();
            long read = System.nanoTime();
            Generated text = asking.generated(state, limited);
            Timings timings = new Timings(again, Asking.ms(start, read), Asking.ms(read, System.nanoTime()));
            return asking.answer(job, state, held, text, timings);
        }
    }

    /**
     * The last token of the prompt behind the final norm, before a word of the answer is generated:
     * {@code [decoder width]}. How far it moves tells what a technique changed.
     */
    public float[] finalState(String question) {
        return asking.gate().during(() -> state(question));
    }

    private float[] state(String question) {
        Asking.Job job = job(question);
        encodeAgain(job);
        try (PromptState state = read(job, options)) {
            return state.finalState().clone();
        }
    }

    private Asking.Job job(String question) {
        return asking.job(Asking.conversation(pictures, question, options), pictures, question, options);
    }

    private PromptState read(Asking.Job job, AskOptions limited) {
        return asking.engine()
                .prefill(List.of(asking.prompt(job, encoded, limited)))
                .getFirst();
    }

    private boolean encodeAgain(Asking.Job job) {
        boolean again = Plans.encoderLooksAtQuestion(job.plan());
        if (again) {
            encode(job);
        }
        return again;
    }

    private void encode(Asking.Job job) {
        close();
        long start = System.nanoTime();
        encoded.addAll(asking.encode(List.of(job), 0));
        encoderMs = Asking.ms(start, System.nanoTime());
    }

    @Override
    public void close() {
        encoded.forEach(EncodedImage::close);
        encoded.clear();
    }
}

package dev.fovea.eval.subject;

import dev.fovea.core.image.RgbImage;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Plan;

/** A model under evaluation. Greedy: the same picture, plan and prompt give the same answer. */
public interface Subject extends AutoCloseable {

    /** How the model is called in results. */
    String name();

    /** The sizes of the model. */
    ModelShape shape();

    /**
     * Takes a picture through the encoder once; every question about it starts from there.
     *
     * @throws RuntimeException if the plan asks for what the model does not have, or a step fails
     */
    Viewing view(RgbImage picture, Plan plan);

    @Override
    void close();

    /** A picture behind the encoder, under one plan. */
    interface Viewing extends AutoCloseable {

        /** Milliseconds that the encoder took. */
        double encodeMs();

        /** Answers a question by itself: earlier questions are not part of the prompt. */
        Reply ask(String prompt, int maxTokens);

        @Override
        void close();
    }
}

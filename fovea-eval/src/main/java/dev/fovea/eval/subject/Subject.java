package dev.fovea.eval.subject;

import dev.fovea.core.image.RgbImage;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Plan;
import java.util.List;

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

        /**
         * Answers the same question once more, and says of each token of the answer how far it depends on the picture: the
         * Hellinger distance of what is expected next with the picture and without it (arXiv 2403.14003, PDM-H), 0 to 1,
         * before the technique changes what is expected.
         *
         * @throws UnsupportedOperationException if the model cannot be asked without the picture
         */
        default List<Double> dependence(String prompt, int maxTokens) {
            throw new UnsupportedOperationException(
                    "This model cannot be asked how far an answer depends on its picture");
        }

        @Override
        void close();
    }
}

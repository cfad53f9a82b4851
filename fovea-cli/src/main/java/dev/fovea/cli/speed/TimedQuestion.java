package dev.fovea.cli.speed;

import dev.fovea.core.Answer;
import dev.fovea.core.AskOptions;
import dev.fovea.core.Timings;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.RgbImage;
import java.util.List;

/**
 * A question that is asked again and again of a model that stays open. Nothing is kept from one time to the next: the
 * pictures are prepared and encoded, and the prompt is read, each time anew.
 *
 * @param model that is asked
 * @param images pictures, decoded
 * @param text the question
 * @param options how it is asked; greedily, so that every round does the same work
 */
public record TimedQuestion(VisionLanguageModel model, List<RgbImage> images, String text, AskOptions options) {

    public TimedQuestion {
        images = List.copyOf(images);
    }

    /**
     * What one round took.
     *
     * @param answer what was answered, with the times of its passes
     * @param wholeMs milliseconds from decoded pictures to the text of the answer
     */
    public record Round(Answer answer, double wholeMs) {
        /** Pictures through the encoder, in milliseconds. */
        public double encoderMs() {
            return answer.timings().encoderMs();
        }

        /** Connector and prompt, in milliseconds. */
        public double prefillMs() {
            return answer.timings().prefillMs();
        }

        /** Milliseconds from prepared pictures and words to the logits of the first token. */
        public double firstTokenMs() {
            return encoderMs() + prefillMs();
        }

        /** Milliseconds of each token behind the first; not a number if there are none. */
        public double tokenMs() {
            int further = answer.tokens().size() - 1;
            return further < 1 ? Double.NaN : answer.timings().decodeMs() / further;
        }

        /** What is not the model's passes: pictures prepared, words made tokens and back, in milliseconds. */
        public double aroundMs() {
            Timings t = answer.timings();
            return wholeMs - t.encoderMs() - t.prefillMs() - t.decodeMs();
        }
    }

    /**
     * Asks once.
     *
     * @throws IllegalArgumentException with one sentence if the question or the options do not fit the model
     */
    public Round ask() {
        long start = System.nanoTime();
        Answer answer = model.ask(images, text, options);
        return new Round(answer, (System.nanoTime() - start) / 1e6);
    }
}

import dev.fovea.core.AskOptions;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.Weighing;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * How likely Fovea finds a text as the answer to a question: {@code java -cp CLASSES Perplexity.java MODEL QUESTION FILE} prints
 * {@code {"tokens": N, "log_probability": X}}.
 */
final class Perplexity {
    private Perplexity() {}

    public static void main(String[] args) throws Exception {
        String text = Files.readString(Path.of(args[2])).strip();
        OpenOptions exact = OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32);
        try (VisionLanguageModel model = VisionLanguageModel.open(Path.of(args[0]), exact);
                Weighing weighing = model.weigh(List.of(), args[1], AskOptions.defaults())) {
            int[] answer = weighing.answer(text);
            System.out.println(
                    "{\"tokens\": " + answer.length + ", \"log_probability\": " + weighing.logProbability(answer) + "}");
        }
    }
}

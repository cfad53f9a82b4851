package dev.fovea.spark;

import dev.fovea.core.AskWishes;
import dev.fovea.core.OpenOptions.Precision;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.TechniqueSpec;
import dev.fovea.core.technique.Techniques;
import dev.fovea.eval.bench.Contestant;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model, and how it is asked, for work on pictures in a DataFrame. It is sent to the executors, each of which opens the
 * model once for all of its tasks; what tasks ask at the same time is answered in one batch.
 *
 * <p>Pictures are a column of bytes or of names of files that every worker sees. What is wrong with one row (a broken
 * picture, a question that does not fit) stands in its column {@code error}, and the others are answered; what is wrong
 * with all of them ends the job in one sentence.
 *
 * @param model folder of a checkpoint or a GGUF file, where executors find it: a path, or the name of an archive or file
 *     that was sent with the application ({@code --archives peek.zip#peek})
 * @param techniques as typed on a command line; they act together
 * @param budget visual tokens to spend: {@code 64}, {@code 25%} or {@code full}
 * @param maxTokens the longest answer
 * @param precision the element type the model works in
 * @param pictures the column of pictures; null takes {@code content}, else {@code path}
 */
public record FoveaSpark(
        String model,
        List<String> techniques,
        String budget,
        int maxTokens,
        Precision precision,
        @Nullable String pictures)
        implements Serializable {
    private static final int USUAL_TOKENS = 256;

    /** @throws IllegalArgumentException with one sentence if a technique, the budget or the length is wrong */
    public FoveaSpark {
        techniques = List.copyOf(techniques);
        techniques.forEach(
                spec -> Techniques.installed().get(TechniqueSpec.parse(spec).id()));
        Budget.parse(budget);
        if (maxTokens < 1) {
            throw new IllegalArgumentException("An answer has at least one token, not " + maxTokens + ".");
        }
    }

    /**
     * A model with all visual tokens, greedy, answers of at most 256 tokens. A relative path that is here becomes absolute,
     * because executors work in folders of their own.
     */
    public static FoveaSpark model(String folder) {
        Path here = Path.of(folder);
        String model = Files.exists(here) ? here.toAbsolutePath().normalize().toString() : folder;
        return new FoveaSpark(model, List.of(), "full", USUAL_TOKENS, Precision.AUTO, null);
    }

    /** With named techniques at a budget. */
    public FoveaSpark withTechniques(List<String> specs, String tokens) {
        return new FoveaSpark(model, specs, tokens, maxTokens, precision, pictures);
    }

    public FoveaSpark withMaxTokens(int most) {
        return new FoveaSpark(model, techniques, budget, most, precision, pictures);
    }

    public FoveaSpark withPrecision(Precision value) {
        return new FoveaSpark(model, techniques, budget, maxTokens, value, pictures);
    }

    /** With pictures in a column of this name: bytes, or names of files. */
    public FoveaSpark withPictures(String column) {
        return new FoveaSpark(model, techniques, budget, maxTokens, precision, column);
    }

    /**
     * One question to every picture. Rows gain {@code answer}, {@code visual_tokens} and {@code kept_tokens} of the
     * prompt, {@code answer_tokens}, and {@code error}, which is null where there is an answer.
     */
    public PictureWork ask(String question) {
        return new AskWork(this, question, null);
    }

    /** The same with a question to each picture, from a column of texts. */
    public PictureWork askColumn(String column) {
        return new AskWork(this, null, column);
    }

    /**
     * Every picture as a vector of length 1, by a CLIP or SigLIP dual encoder as the model. Rows gain {@code embedding}
     * ({@code array<float>}) and {@code error}.
     */
    public PictureWork embed() {
        return new EmbedWork(this);
    }

    /**
     * Every contestant's answer to every row's {@code question}, graded by its {@code answer} (equal but for case, outer
     * spaces and punctuation); {@code id}, if there is one, names the question. Instead of the columns that came in, rows
     * have those of {@code fovea bench}, a row to each contestant; {@link BenchTable} sums them up. One executor asks one
     * question at a time, so that its times mean something; techniques and budget of this are left aside.
     *
     * @param contestants techniques and budgets, the plain model among them if it is wanted
     */
    public PictureWork bench(List<Contestant> contestants) {
        return new BenchWork(this, contestants);
    }

    AskWishes wishes() {
        return new AskWishes(techniques, budget, maxTokens, null, null, null, null, null, null, null);
    }
}

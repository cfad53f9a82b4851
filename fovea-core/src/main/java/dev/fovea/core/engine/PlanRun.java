package dev.fovea.core.engine;

import dev.fovea.core.adapt.Additions;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Recording;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Wording;
import dev.fovea.core.technique.Plan;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A plan on its way through one prompt: its steps, the caller of its steps, and what depends on the question.
 *
 * @param book the plan's steps
 * @param runner calls them
 * @param question measures {@link Signal.QuestionEmbedding} and its like when asked
 * @param memory gives {@link Signal.Remembered} by name
 * @param watched whether it is wanted how each token that is read last looks at the visual tokens
 * @param followed whether it is wanted what the last layer makes of every token that is read
 */
public record PlanRun(
        StepBook book,
        StepRunner runner,
        Question question,
        Function<String, Matrix> memory,
        boolean watched,
        boolean followed) {
    private static final Matrix NOTHING = new Matrix(0, 0, new float[0]);

    /** What the question's text looks like to the models. */
    public record Question(Supplier<float[]> embedding, Supplier<Matrix> pieces, Supplier<float[]> tokensMean) {
        /** A question that the text tower reads in one piece. */
        public Question(Supplier<float[]> embedding, Supplier<float[]> tokensMean) {
            this(embedding, () -> Matrix.of(embedding.get()), tokensMean);
        }

        public static Question none() {
            return new Question(() -> new float[0], () -> new float[0]);
        }
    }

    public static PlanRun of(Plan plan, Question question, @Nullable Recording recording) {
        return new PlanRun(
                new StepBook(plan),
                new StepRunner(plan.technique(), recording),
                question,
                name -> NOTHING,
                false,
                false);
    }

    /** A plan for one picture of a stream. */
    public static PlanRun ofStream(Plan plan, Function<String, Matrix> memory) {
        return new PlanRun(
                new StepBook(plan), new StepRunner(plan.technique(), null), Question.none(), memory, false, false);
    }

    /** The plain model. */
    public static PlanRun plain() {
        return of(Plan.plain(), Question.none(), null);
    }

    /** The same, with {@link PromptState#attention()} wanted. */
    public PlanRun watching() {
        return new PlanRun(book, runner, question, memory, true, followed);
    }

    /** The same, with {@link PromptState#finalStates()} wanted. */
    public PlanRun following() {
        return new PlanRun(book, runner, question, memory, watched, true);
    }

    /** The words that the plan adds to the model's vocabulary, behind its own, or null. */
    public @Nullable Wording wording() {
        return book.wording();
    }

    /** What the plan adds to the model's weights. */
    public Additions additions() {
        return book.additions();
    }

    /** What of it concerns the encoder when it looks at such an image. */
    public Additions ofEncoder(Part part) {
        return book.ofEncoder(part);
    }

    /** A signal that is the same at every station, or null. */
    @Nullable
    Object common(Signal<?> signal) {
        return switch (signal) {
            case Signal.QuestionEmbedding ignored -> question.embedding().get();
            case Signal.QuestionPieces ignored -> question.pieces().get();
            case Signal.QuestionTokensMean ignored -> question.tokensMean().get();
            case Signal.Remembered remembered -> memory.apply(remembered.name());
            default -> null;
        };
    }
}

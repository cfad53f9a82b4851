package dev.fovea.eval.cost;

import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signals;
import dev.fovea.core.shape.ModelShape;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Signals of a model that is not there: every declared one with the right shape and values of the right kind, always
 * the same for the same token. Techniques that keep a fixed number of tokens decide as they always do; those that look
 * at the values give an example of their counts.
 *
 * @param layout where the tokens stand
 * @param images as which the picture is seen
 * @param sizes how many patches each visual token stands for
 * @param noted values noted by earlier steps, per visual token
 * @param notedText the same, per text token after the first visual one
 */
@SuppressWarnings("ArrayRecordComponent") // plain data for one step; never compared
record SyntheticSignals(
        ModelShape shape,
        Layout layout,
        int images,
        float[] sizes,
        Map<String, float[]> noted,
        Map<String, float[]> notedText)
        implements Signals {
    private static final int PROJECTION = 512;

    @Override
    @SuppressWarnings("unchecked")
    public <T> T get(Signal<T> signal) {
        // Each case gives what its signal promises.
        return (T) value(signal);
    }

    private Object value(Signal<?> signal) {
        int visual = layout.visualCount();
        int withCls = visual + (shape.hasCls() ? 1 : 0);
        return switch (signal) {
            case Signal.PictureSize ignored ->
                new float[] {layout.cols() * shape.patchSize(), layout.rows() * shape.patchSize()};
            case Signal.EncoderAttention s -> attention(s, visual);
            case Signal.EncoderAttentionMap s -> map(s, withCls);
            case Signal.EncoderProjection s -> normal(s, withCls, shape.encoderWidth());
            case Signal.EncoderHidden s -> normal(s, withCls, shape.encoderWidth());
            case Signal.EncoderStates s -> normal(s, withCls, shape.encoderWidth());
            case Signal.TokenSizes ignored -> sizesWithCls();
            case Signal.Features s -> normal(s, visual, shape.encoderWidth());
            case Signal.PictureFeatures s -> normal(s, images * shape.patches(), shape.encoderWidth());
            case Signal.Projected s -> normal(s, visual, shape.decoderWidth());
            case Signal.PatchImageEmbeddings s -> normal(s, visual, PROJECTION);
            case Signal.QuestionEmbedding s -> normal(s, 1, PROJECTION).data();
            case Signal.FeatureImageEmbeddings s -> normal(s, visual, PROJECTION);
            case Signal.QuestionPieces s -> normal(s, 1, PROJECTION);
            case Signal.QuestionTokensMean s ->
                normal(s, 1, shape.decoderWidth()).data();
            case Signal.PatchPixels s -> pixels(s, visual);
            case Signal.DecoderAttention s -> attention(s, layout.length());
            case Signal.DecoderProjection s -> normal(s, visual, width(s.projection()));
            case Signal.DecoderLastProjection s -> normal(s, 1, width(s.projection()));
            case Signal.DecoderInstructionProjection s -> normal(s, instruction(), width(s.projection()));
            case Signal.DecoderInstructionAttention s ->
                rows(s, instruction() * (s.byHead() ? shape.decoderHeads() : 1), visual);
            case Signal.DecoderAttentionMap s -> map(s, layout.length());
            case Signal.DecoderHidden s -> normal(s, tokens(s.tokens()), shape.decoderWidth());
            case Signal.DecoderPositions ignored -> positions();
            case Signal.Continuations ignored -> new float[layout.text().length];
            case Signal.Noted s -> noted(s.name(), noted);
            case Signal.NotedText s -> noted(s.name(), notedText);
            case Signal.Remembered ignored -> new Matrix(0, 0, new float[0]);
            case Signal.LastStates s -> normal(s, shape.decoderLayers(), shape.decoderWidth());
            case Signal.NextLogits s -> vocabulary(s);
            case Signal.LogProbabilities s -> vocabulary(s);
            case Signal.LateLogits s -> vocabulary(s);
            case Signal.BranchLogProbabilities s -> vocabulary(s);
            case Signal.AnswerTokens ignored -> new float[1];
        };
    }

    private float[] vocabulary(Signal<?> signal) {
        return normal(signal, 1, shape.vocabulary()).data();
    }

    private static float[] noted(String name, Map<String, float[]> notes) {
        float[] values = notes.get(name);
        if (values == null) {
            throw new IllegalArgumentException("No earlier step noted '" + name + "'.");
        }
        return values;
    }

    private int tokens(Signal.PromptTokens tokens) {
        return switch (tokens) {
            case VISUAL -> layout.visualCount();
            case INSTRUCTION -> instruction();
            case TEXT -> layout.text().length;
        };
    }

    private int instruction() {
        return layout.instruction().length;
    }

    private float[] positions() {
        float[] out = new float[layout.length()];
        for (int i = 0; i < out.length; i++) {
            out[i] = i;
        }
        return out;
    }

    private float[] sizesWithCls() {
        float[] out = new float[sizes.length + 1];
        out[0] = 1;
        System.arraycopy(sizes, 0, out, 1, sizes.length);
        return out;
    }

    private int width(Signal.Projection projection) {
        return shape.decoderHeadDim()
                * (projection == Signal.Projection.QUERY ? shape.decoderHeads() : shape.decoderKvHeads());
    }

    /** Long-tailed as attention is: a few tokens get much of it. */
    private float[] attention(Signal<?> signal, int n) {
        float[] out = new float[n];
        double sum = 0;
        for (int i = 0; i < n; i++) {
            double u = random(signal, i).nextDouble();
            out[i] = (float) (1 / (0.02 + u));
            sum += out[i];
        }
        for (int i = 0; i < n; i++) {
            out[i] /= (float) sum;
        }
        return out;
    }

    private Matrix map(Signal<?> signal, int n) {
        return rows(signal, n, n);
    }

    /** Rows of attention that agree more or less on what matters. */
    private Matrix rows(Signal<?> signal, int rows, int n) {
        float[] received = attention(signal, n);
        float[] out = new float[rows * n];
        for (int row = 0; row < rows; row++) {
            SplittableRandom random = random(signal, row);
            double sum = 0;
            for (int col = 0; col < n; col++) {
                out[row * n + col] = (float) (received[col] * (0.5 + random.nextDouble()));
                sum += out[row * n + col];
            }
            for (int col = 0; col < n; col++) {
                out[row * n + col] /= (float) sum;
            }
        }
        return new Matrix(rows, n, out);
    }

    private Matrix normal(Signal<?> signal, int rows, int cols) {
        float[] out = new float[rows * cols];
        for (int row = 0; row < rows; row++) {
            SplittableRandom random = random(signal, row);
            for (int col = 0; col < cols; col++) {
                // The sum of three uniform draws is close enough to a normal one.
                double u = random.nextDouble() + random.nextDouble() + random.nextDouble();
                out[row * cols + col] = (float) (2 * u - 3);
            }
        }
        return new Matrix(rows, cols, out);
    }

    private Matrix pixels(Signal<?> signal, int rows) {
        int cols = 3 * shape.patchSize() * shape.patchSize();
        float[] out = new float[rows * cols];
        for (int row = 0; row < rows; row++) {
            SplittableRandom random = random(signal, row);
            for (int col = 0; col < cols; col++) {
                out[row * cols + col] = random.nextInt(256);
            }
        }
        return new Matrix(rows, cols, out);
    }

    private SplittableRandom random(Signal<?> signal, int index) {
        int cell = index < layout.cells().length ? layout.cells()[index] : -1 - index;
        return new SplittableRandom(31L * List.of(signal.toString(), cell).hashCode() + 17);
    }
}

package dev.fovea.core.engine;

import dev.fovea.core.model.language.SelfAttention;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Rows;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Measures the declared signals of one sequence at a station of the language model: of its prompt, not of an answer that
 * a network learns from.
 *
 * @param sequence whose tokens stand at rows {@code from ..} of the packed tensors
 * @param states {@code [total tokens, width]}
 * @param layers projections by layer, for the layer of the station and the one before
 * @param finalNorm the norm behind the last layer
 * @param attentions what attention is like, by layer
 * @param acrossWindows whether the tokens of a block see each other at any distance
 */
record DecoderSignals(
        Sequence sequence,
        int from,
        Tensor states,
        IntFunction<DecoderProjections> layers,
        UnaryOperator<Tensor> finalNorm,
        IntFunction<SelfAttention> attentions,
        boolean acrossWindows) {

    Object measure(Signal<?> signal) {
        return switch (signal) {
            case Signal.DecoderAttention s -> attention(s);
            case Signal.DecoderProjection s -> projection(s);
            case Signal.DecoderLastProjection s -> lastProjection(s);
            case Signal.DecoderInstructionProjection s ->
                sideBySide(projected(s.layer(), s.projection(), s.rotary(), instruction()));
            case Signal.DecoderInstructionAttention s -> instructionAttention(s);
            case Signal.DecoderAttentionMap s -> attentionMap(s);
            case Signal.DecoderHidden s -> hidden(s);
            case Signal.DecoderPositions ignored -> positions();
            case Signal.Continuations ignored -> sequence.continuations();
            case Signal.NotedText s -> sequence.notedText(s.name());
            default -> elsewhere(sequence, signal);
        };
    }

    /** A signal that a step at a residual station may read. */
    static Object beforePrompt(Sequence sequence, Signal<?> signal) {
        if (!(signal instanceof Signal.LastStates states)) {
            return elsewhere(sequence, signal);
        }
        Matrix read = sequence.statesOf(states.branch());
        if (read == null) {
            throw new IllegalArgumentException("Technique '"
                    + sequence.book().plan().technique() + "' looks at the prompt before it is read ("
                    + states.branch().label() + "), which nobody does while a network learns; leave it out of training"
                    + " and use it to answer.");
        }
        return read;
    }

    /** A signal that was measured or noted before this station. */
    static Object elsewhere(Sequence sequence, Signal<?> signal) {
        Object common = sequence.run().common(signal);
        if (common != null) {
            return common;
        }
        return sequence.ofPrompt().has(signal)
                ? sequence.ofPrompt().vector(signal, sequence.visual().ids())
                : ofImages(sequence, signal);
    }

    /** Averaged attention towards every current token. */
    private float[] attention(Signal.DecoderAttention s) {
        int[] visual = sequence.visualAt();
        int[] asking = switch (s.queries()) {
            case LAST -> new int[] {sequence.prompt() - 1};
            case VISUAL -> visual;
            case INSTRUCTION -> instruction();
        };
        int[] asked = s.keys() == Signal.KeyScope.VISUAL
                ? visual
                : IntStream.range(0, sequence.prompt()).toArray();
        float[] out = new float[sequence.prompt()];
        if (asking.length == 0 || asked.length == 0) {
            return out;
        }
        DecoderProjections p = layers.apply(s.layer());
        Tensor k = p.keys(s.rotary());
        Tensor keys = s.keys() == Signal.KeyScope.VISUAL
                ? k.index_select(1, Tensors.indices(rows(visual)))
                : k.narrow(1, from, sequence.prompt());
        Tensor q = asking.length == 1 ? p.query(from + asking[0], s.rotary()) : queries(p, s.rotary(), asking);
        float[] values =
                Tensors.floats(AttentionScores.meanOfPieces(asking.length, scores(s.layer(), keys), (at, n) -> {
                    int[] some = Arrays.copyOfRange(asking, at, at + n);
                    Tensor probabilities = AttentionScores.probabilities(
                            attentions.apply(s.layer()), q.narrow(1, at, n), keys, hidden(s.layer(), some, asked));
                    return AttentionScores.mean(probabilities, 0, 1);
                }));
        for (int i = 0; i < asked.length; i++) {
            out[asked[i]] = values[i];
        }
        return out;
    }

    private Tensor queries(DecoderProjections p, boolean rotary, int[] asking) {
        return p.queries(rotary).index_select(1, Tensors.indices(rows(asking)));
    }

    /** Scores of one query in a layer. */
    private long scores(int layer, Tensor keys) {
        return attentions.apply(layer).heads() * keys.size(1);
    }

    /** Attention of the text behind the picture to the visual tokens. */
    private Matrix instructionAttention(Signal.DecoderInstructionAttention s) {
        int[] asking = instruction();
        int[] visual = sequence.visualAt();
        if (asking.length == 0 || visual.length == 0) {
            return new Matrix(0, visual.length, new float[0]);
        }
        DecoderProjections p = layers.apply(s.layer());
        Tensor q = queries(p, true, asking);
        Tensor keys = p.keys(true).narrow(1, from, sequence.prompt());
        int[] all = IntStream.range(0, sequence.prompt()).toArray();
        List<Tensor> parts = AttentionScores.inPieces(asking.length, scores(s.layer(), keys), (at, n) -> {
            int[] some = Arrays.copyOfRange(asking, at, at + n);
            Tensor toVisual = AttentionScores.probabilities(
                            attentions.apply(s.layer()), q.narrow(1, at, n), keys, hidden(s.layer(), some, all))
                    .index_select(2, Tensors.indices(visual));
            return s.byHead() ? toVisual : AttentionScores.mean(toVisual, 0);
        });
        Tensor whole = Tensors.cat(s.byHead() ? 1 : 0, parts.toArray(Tensor[]::new));
        return EncoderRows.matrix(s.byHead() ? whole.reshape(-1, visual.length) : whole);
    }

    private Matrix attentionMap(Signal.DecoderAttentionMap s) {
        int[] all = IntStream.range(0, sequence.prompt()).toArray();
        DecoderProjections p = layers.apply(s.layer());
        Tensor queries = p.queries(true).narrow(1, from, all.length);
        Tensor keys = p.keys(true).narrow(1, from, all.length);
        List<Tensor> parts = AttentionScores.inPieces(all.length, scores(s.layer(), keys), (at, n) -> {
            Tensor map = AttentionScores.probabilities(
                    attentions.apply(s.layer()),
                    queries.narrow(1, at, n),
                    keys,
                    hidden(s.layer(), Arrays.copyOfRange(all, at, at + n), all));
            return AttentionScores.mean(map, 0);
        });
        return EncoderRows.matrix(Tensors.cat(0, parts.toArray(Tensor[]::new)));
    }

    private Rows hidden(Signal.DecoderHidden s) {
        int[] at = switch (s.tokens()) {
            case VISUAL -> sequence.visualAt();
            case INSTRUCTION -> instruction();
            case TEXT -> sequence.layout().text();
        };
        Tensor rows = states.index_select(0, Tensors.indices(rows(at)));
        // In f32 also where the model works in bf16: what is compared is not rounded again.
        return new TensorRows(s.finalNorm() ? finalNorm.apply(Tensors.to(rows, DType.F32)) : rows);
    }

    private float[] positions() {
        int[] ids = sequence.positions()[0];
        float[] out = new float[sequence.prompt()];
        for (int i = 0; i < out.length; i++) {
            out[i] = ids[i];
        }
        return out;
    }

    /** What these tokens do not see in a layer: {@code [queries, keys]}, or null. */
    private @Nullable Tensor hidden(int layer, int[] asking, int[] asked) {
        Sight all = sequence.sight(layer);
        Sight.Rule rule = new Sight.Rule(attentions.apply(layer).window(), acrossWindows);
        return all.at(asking).hidden(all.at(asked), rule);
    }

    private int[] instruction() {
        return sequence.layout().instruction();
    }

    private Matrix projection(Signal.DecoderProjection s) {
        return sideBySide(projected(s.layer(), s.projection(), s.rotary(), sequence.visualAt()));
    }

    private Tensor projected(int layer, Signal.Projection projection, boolean rotary, int[] at) {
        DecoderProjections p = layers.apply(layer);
        Tensor all = switch (projection) {
            case QUERY -> p.queries(rotary);
            case KEY -> p.keys(rotary);
            case VALUE -> p.values();
        };
        return all.index_select(1, Tensors.indices(rows(at)));
    }

    private Matrix lastProjection(Signal.DecoderLastProjection s) {
        DecoderProjections p = layers.apply(s.layer());
        int last = from + sequence.prompt() - 1;
        return sideBySide(
                switch (s.projection()) {
                    case QUERY -> p.query(last, s.rotary());
                    case KEY -> p.keys(s.rotary()).narrow(1, last, 1);
                    case VALUE -> p.values().narrow(1, last, 1);
                });
    }

    /** {@code [heads, tokens, d]} with the heads side by side. */
    private static Matrix sideBySide(Tensor heads) {
        return EncoderRows.matrix(heads.transpose(0, 1).reshape(heads.size(1), heads.size(0) * heads.size(2)));
    }

    private int[] rows(int[] positions) {
        return Arrays.stream(positions).map(p -> p + from).toArray();
    }

    /** A signal that was measured about each image before the language model, for the tokens that are left. */
    static Object ofImages(Sequence sequence, Signal<?> signal) {
        int[] ids = sequence.visual().ids();
        int images = sequence.ofImages().size();
        if (images == 1) {
            return sequence.ofImages().getFirst().of(signal, sequence.visual());
        }
        if (signal instanceof Signal.TokenSizes) {
            return sequence.visual().sizes();
        }
        if (signal instanceof Signal.EncoderAttentionMap) {
            throw new IllegalArgumentException(
                    "The attention map of the encoder belongs to one image; read it at the connector.");
        }
        boolean matrix = images > 0 && sequence.ofImages().getFirst().isMatrix(signal);
        if (!matrix) {
            float[] out = new float[ids.length];
            for (int i = 0; i < ids.length; i++) {
                Carried carried = sequence.ofImages().get(VisualTokens.image(ids[i]));
                out[i] = carried.at(signal, VisualTokens.place(ids[i]));
            }
            return out;
        }
        return stacked(sequence, signal, ids, images);
    }

    /** The matrices of several images one below the other. */
    private static Matrix stacked(Sequence sequence, Signal<?> signal, int[] ids, int images) {
        Matrix[] parts = new Matrix[images];
        for (int image = 0; image < images; image++) {
            int which = image;
            int[] own = Arrays.stream(ids)
                    .filter(id -> VisualTokens.image(id) == which)
                    .map(VisualTokens::place)
                    .toArray();
            VisualTokens tokens = new VisualTokens(own, new VisualTokens.Blend[own.length], new float[own.length]);
            parts[image] = (Matrix) sequence.ofImages().get(image).of(signal, tokens);
        }
        int rows = Arrays.stream(parts).mapToInt(Matrix::rows).sum();
        int cols = parts[0].cols();
        float[] out = new float[rows * cols];
        int at = 0;
        for (Matrix part : parts) {
            System.arraycopy(part.data(), 0, out, at, part.data().length);
            at += part.data().length;
        }
        return new Matrix(rows, cols, out);
    }
}

package dev.fovea.core.engine;

import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.path.Attribution;
import dev.fovea.core.path.Continuation;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.OwnedTensor;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * How likely a language model finds what may follow a prompt, as a function of the prompt's tokens as they enter it, words
 * and visual tokens alike: the number itself, what each token adds to it ({@link Attribution}), and the hidden states on
 * the way. Tokens may be masked: their place and their position stay, another embedding stands there.
 *
 * <p>A token is all that enters the language model at its place: where the connector has something added to visual tokens
 * behind the first layers (DeepStack), that is part of them. The prompt's plan acts as it does while a network learns:
 * steps see the prompt and not what follows, nothing is cached, and steps that read branches of their own are refused.
 *
 * <p>Gradients are taken through the network in the type that it works in: open the model in f32 where small shares
 * matter. Owns native memory until {@link #close()}; not for use by several threads at once.
 */
public final class PromptGradients implements AutoCloseable {
    private final Decoder decoder;
    private final Sequence laid;
    private final OwnedTensor rows;
    private final @Nullable OwnedTensor deep;
    private final int deepLayers;
    private final int filler;

    /** @param filler token whose embedding stands where a token is masked; -1 for zeros */
    PromptGradients(Decoder decoder, PromptLaying.Laid prompt, int deepLayers, int filler) {
        this.decoder = decoder;
        this.laid = prompt.sequence();
        this.deepLayers = deepLayers;
        this.filler = filler;
        this.rows = OwnedTensor.of(copy(Tensors.cat(0, prompt.embeddings().toArray(Tensor[]::new))));
        DeepFeatures added = laid.deep();
        this.deep = added == null ? null : OwnedTensor.of(copy(added.all()));
    }

    private static Tensor copy(Tensor x) {
        return Tensors.to(x, DType.F32).clone();
    }

    /** Where the tokens stand as they enter the language model. */
    public Layout layout() {
        return laid.layout();
    }

    /** How many tokens enter the language model. */
    public int tokens() {
        return laid.length();
    }

    /**
     * The number, for the prompt as it is or with tokens masked.
     *
     * @param masks of each number that is wanted the masked tokens, counted over the prompt and the continuation behind it
     * @throws IllegalArgumentException if there is no such token, or the model does not read as many
     */
    public double[] values(Continuation continuation, List<int[]> masks) {
        try (Scope ignored = Scope.inference()) {
            List<Inputs> all =
                    masks.stream().map(mask -> masked(continuation.ids(), mask)).toList();
            float[] values = Tensors.floats(numbers(continuation, all));
            return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
        }
    }

    /**
     * Hidden states of the last token behind every layer, before the final norm: {@code [layers, width]}, f32; for the prompt
     * as it is or with tokens masked.
     *
     * @param continuation what stands behind the prompt, or nothing
     * @param masks as in {@link #values}
     */
    public List<Matrix> states(int[] continuation, List<int[]> masks) {
        int[] last = {tokens() + continuation.length - 1};
        try (Scope ignored = Scope.inference()) {
            List<Inputs> all =
                    masks.stream().map(mask -> masked(continuation, mask)).toList();
            DecoderPass pass = new DecoderPass(decoder, chunks(all, continuation.length, last), Pace.whole(), true);
            pass.states(embeddings(all));
            return IntStream.range(0, all.size())
                    .mapToObj(i -> pass.taps().ofAllLayers(i))
                    .toList();
        }
    }

    /**
     * What each token adds to the number: {@code [tokens]}, with {@link Attribution.Over#ALL} those of the continuation behind those of
     * the prompt.
     */
    public float[] attribution(Continuation continuation, Attribution how, Attribution.Over over) {
        int whole = tokens() + continuation.ids().length;
        int moved = over == Attribution.Over.ALL ? whole : tokens();
        Spreading spreading = new Spreading(how, Math.max(1, PathEngine.ROWS_AT_ONCE / whole));
        try (Scope ignored = Scope.inference()) {
            Tensor all = whole(continuation.ids());
            Tensor rest = all.narrow(0, moved, whole - moved);
            OwnedTensor added = deep;
            Tensor own = all.narrow(0, 0, moved);
            List<Tensor> inputs = added == null ? List.of(own) : List.of(own, added.get());
            List<float[]> shares = spreading.shares(
                    inputs,
                    points -> numbers(
                            continuation,
                            points.stream().map(point -> inputs(point, rest)).toList()));
            float[] out = shares.getFirst();
            for (int v = 0; added != null && v < laid.visualAt().length; v++) {
                out[laid.visualAt()[v]] += shares.getLast()[v];
            }
            return out;
        }
    }

    private static Inputs inputs(List<Tensor> point, Tensor rest) {
        Tensor own = point.getFirst();
        return new Inputs(
                rest.size(0) == 0 ? own : Tensors.cat(0, own, rest), point.size() == 1 ? null : point.getLast());
    }

    /** What enters the language model: {@code [tokens, width]} and {@code [visual tokens, layers * width]}, f32. */
    private record Inputs(Tensor rows, @Nullable Tensor deep) {}

    /** The prompt with what follows it: {@code [tokens, width]}, f32. */
    private Tensor whole(int[] continuation) {
        return continuation.length == 0
                ? rows.get()
                : Tensors.cat(0, rows.get(), Tensors.to(decoder.embed(continuation), DType.F32));
    }

    private Inputs masked(int[] continuation, int[] mask) {
        Tensor all = whole(continuation);
        OwnedTensor added = deep;
        Tensor allDeep = added == null ? null : added.get();
        if (mask.length == 0) {
            return new Inputs(all, allDeep);
        }
        for (int token : mask) {
            if (token < 0 || token >= all.size(0)) {
                throw new IllegalArgumentException(
                        "Token " + token + " cannot be masked: there are " + all.size(0) + " of them.");
            }
        }
        Tensor fill = filler < 0
                ? Tensors.zeros(DType.F32, 1, all.size(1))
                : Tensors.to(decoder.embed(new int[] {filler}), DType.F32);
        Tensor covered = all.index_copy(0, Tensors.indices(mask), fill.expand(mask.length, all.size(1)));
        int[] visual = Arrays.stream(mask)
                .map(token -> Arrays.binarySearch(laid.visualAt(), token))
                .filter(v -> v >= 0)
                .toArray();
        if (allDeep == null || visual.length == 0) {
            return new Inputs(covered, allDeep);
        }
        Tensor nothing = Tensors.zeros(DType.F32, visual.length, allDeep.size(1));
        return new Inputs(covered, allDeep.index_copy(0, Tensors.indices(visual), nothing));
    }

    /** The number for each of some inputs: {@code [inputs]}, in the graph with them. */
    private Tensor numbers(Continuation continuation, List<Inputs> all) {
        int n = tokens();
        int[] ids = continuation.ids();
        int[] asked = switch (continuation.worth()) {
            case LIKELIHOOD -> IntStream.range(n - 1, n - 1 + ids.length).toArray();
            case LAST_AGAIN -> new int[] {n + ids.length - 1};
        };
        int[] expected = continuation.worth() == Continuation.Worth.LIKELIHOOD ? ids : new int[] {ids[ids.length - 1]};
        Tensor logits = new DecoderPass(decoder, chunks(all, ids.length, asked), Pace.whole()).run(embeddings(all));
        long[] targets = IntStream.range(0, all.size())
                .mapToObj(i -> Arrays.stream(expected).asLongStream())
                .flatMapToLong(s -> s)
                .toArray();
        Tensor own = Tensors.logSoftmax(logits).gather(1, Tensors.of(targets, targets.length, 1));
        return own.view(all.size(), expected.length).sum(new long[] {1}, false, new ScalarTypeOptional());
    }

    private List<DecoderPass.Chunk> chunks(List<Inputs> all, int continuation, int[] asked) {
        List<DecoderPass.Chunk> chunks = new ArrayList<>();
        for (Inputs inputs : all) {
            Sequence s = laid.once(continuation, asked);
            Tensor added = inputs.deep;
            s.deep(added == null ? null : new DeepFeatures(Tensors.to(added, decoder.dtype()), deepLayers));
            chunks.add(new DecoderPass.Chunk(s, 0, true));
        }
        return chunks;
    }

    private Tensor embeddings(List<Inputs> all) {
        return Tensors.to(Tensors.cat(0, all.stream().map(Inputs::rows).toArray(Tensor[]::new)), decoder.dtype());
    }

    @Override
    public void close() {
        rows.close();
        if (deep != null) {
            deep.close();
        }
        laid.close();
    }
}

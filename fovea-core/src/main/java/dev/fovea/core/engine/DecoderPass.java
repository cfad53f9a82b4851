package dev.fovea.core.engine;

import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.model.language.DecoderLayer;
import dev.fovea.core.model.language.KvCache;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * One pass of several sequences through the language model, end to end in one tall matrix: fresh prompts, which stop at
 * the stations of their plans, and continuations of any length over their caches, which do not.
 */
final class DecoderPass {
    private final Decoder decoder;
    private final List<Chunk> chunks;
    private final Pace pace;
    private final List<@Nullable PromptFactors> factors;
    private final PassPositions standing;
    private final PassAttention attention;
    private final DecoderStations stations;
    private final Steering steering;
    private final StateTaps taps;
    private @Nullable AttentionSlopes slopes;
    private @Nullable DecoderProjections previous;
    private float[] finalStates = new float[0];

    /**
     * The tokens of one sequence in this pass.
     *
     * @param count tokens of a continuation; ignored for a fresh prompt, whose length changes at the stations
     * @param each whether it is asked what follows each of its tokens, as if each had been read as the last one
     */
    record Chunk(Sequence sequence, int count, boolean fresh, boolean each) {

        /** Tokens of which the last is asked for, or those that the sequence says. */
        Chunk(Sequence sequence, int count, boolean fresh) {
            this(sequence, count, fresh, false);
        }

        int length() {
            return fresh ? sequence.length() : count;
        }

        /** Whether all of its tokens leave the last layer, and not those alone whose successors are asked for. */
        boolean whole() {
            return each || sequence.finalStates() != null;
        }

        /** Those of its tokens that leave the last layer. */
        int[] leaving() {
            return whole() ? IntStream.range(0, length()).toArray() : asked();
        }

        /** Those of its tokens whose successors are asked for, ascending. */
        int[] asked() {
            int[] own = sequence.asked();
            return own != null ? own : each ? IntStream.range(0, length()).toArray() : new int[] {length() - 1};
        }

        /**
         * Keeps keys and values of some neighbouring rows in a layer, those behind them still to come.
         *
         * @param k {@code [kv-heads, n, d]}
         * @param positions on the first axis, of all rows
         * @param places of all rows of a continuation
         * @param start the first of these rows
         */
        void keep(int layer, Tensor k, Tensor v, int[] positions, int[] places, int start) {
            KvCache.Layer cache = sequence.cache().layer(layer);
            int n = (int) k.size(1);
            int[] all = fresh ? sequence.origins() : places;
            cache.append(
                    k,
                    v,
                    Arrays.copyOfRange(all, start, start + n),
                    Arrays.copyOfRange(positions, start, start + n),
                    fresh ? sequence.next() : cache.nextPosition() + n);
        }
    }

    /**
     * A pass for what its sequences expect next.
     *
     * @param pace of its layers; tokens of sequences that keep nothing are taken whole, and so is everything where
     *     gradients are recorded, which need what was computed of all tokens
     */
    DecoderPass(Decoder decoder, List<Chunk> chunks, Pace pace) {
        this(decoder, chunks, pace, false);
    }

    /** @param states whether the states of the last tokens behind all layers are wanted */
    DecoderPass(Decoder decoder, List<Chunk> chunks, Pace pace, boolean states) {
        this.decoder = decoder;
        this.chunks = chunks;
        this.pace = pace;
        this.factors = chunks.stream().map(c -> c.sequence().factors()).collect(Collectors.toList());
        this.standing = new PassPositions(decoder, chunks);
        this.attention = new PassAttention(decoder, chunks);
        this.stations = new DecoderStations(decoder, chunks, standing, attention.acrossWindows());
        this.steering = new Steering(chunks);
        this.taps = new StateTaps(chunks, states);
    }

    /**
     * What a pass makes of the tokens asked for.
     *
     * @param states behind the last layer, before its norm: {@code [asked, width]}
     * @param logits {@code [asked, vocabulary]}, f32
     */
    record Made(Tensor states, Tensor logits) {}

    /** {@link #read}, for the logits. */
    Tensor run(Tensor embeddings) {
        return read(embeddings).logits();
    }

    /**
     * Runs all layers, with gradients if the caller's scope records them.
     *
     * @param embeddings {@code [total tokens, width]}
     * @return for the tokens asked for, those of one sequence after those of the one before, in the caller's scope
     */
    Made read(Tensor embeddings) {
        try (Scope scope = Scope.inner()) {
            Tensor leaving = through(embeddings);
            Tensor normed = decoder.norm().forward(leaving);
            follow(normed);
            Tensor last = chunks.stream().anyMatch(Chunk::whole)
                    ? normed.index_select(0, Tensors.indices(askedOfLeaving()))
                    : normed;
            if (chunks.stream().allMatch(c -> c.sequence().asked() == null)) {
                finalStates = Tensors.floats(last);
            }
            return new Made(scope.keep(leaving), scope.keep(decoder.predict(last)));
        } finally {
            end();
        }
    }

    /** Tells the sequences that want to know what became of all their tokens. */
    private void follow(Tensor normed) {
        int from = 0;
        for (Chunk chunk : chunks) {
            int rows = chunk.leaving().length;
            if (chunk.sequence().finalStates() != null) {
                chunk.sequence().reached(Tensors.floats(normed.narrow(0, from, rows)), chunk.fresh());
            }
            from += rows;
        }
    }

    /** Runs all layers for the states that are taken down on the way; nobody asks what comes next. */
    void states(Tensor embeddings) {
        try (Scope ignored = Scope.inner()) {
            through(embeddings);
        } finally {
            end();
        }
    }

    /** The tokens asked for, behind the last layer. */
    private Tensor through(Tensor embeddings) {
        Tensor x = stations.enter(new Station.Prompt(), stations.enter(new Station.Embeddings(), embeddings));
        checkContext(decoder, chunks);
        chunks.stream().map(c -> c.sequence().watch()).filter(Objects::nonNull).forEach(AnswerAttention::begin);
        int[][] places = chunks.stream()
                .map(c -> c.fresh() ? new int[0] : c.sequence().takePlaces(c.count()))
                .toArray(int[][]::new);
        return layers(x, places);
    }

    /** Has attention remembered, where gradients are recorded, by somebody who will ask what hangs on it. */
    void remembering(AttentionSlopes ofOneSequence) {
        slopes = ofOneSequence;
    }

    private void end() {
        standing.close();
        chunks.forEach(c -> c.sequence().forgetGates());
        attention.close();
    }

    /** Whether other tokens than the last of each sequence leave the last layer. */
    private boolean selective() {
        return chunks.stream().anyMatch(c -> c.whole() || c.sequence().asked() != null);
    }

    /** What was taken down on the way, once run. */
    StateTaps taps() {
        return taps;
    }

    /**
     * The last token of every sequence, and of one that is asked for each all of them, behind the final norm, once run:
     * {@code [tokens, width]}, row after row.
     */
    float[] finalStates() {
        return finalStates;
    }

    /** The tokens asked for behind the last layer: {@code [tokens, width]}, in the caller's scope. */
    private Tensor layers(Tensor embeddings, int[][] places) {
        Tensor x = embeddings;
        taps.behind(Signal.LateLogits.BEFORE_LAYERS, x, ends());
        // What a layer computed is needed until the station of the next has passed: two scopes take turns.
        Scope older = Scope.inner();
        try {
            for (int layer = 0; layer < decoder.layers().size(); layer++) {
                Scope younger = Scope.inner();
                try {
                    x = layer(layer, x, places);
                } catch (RuntimeException | Error e) {
                    younger.close();
                    throw e;
                }
                older.close();
                older = younger;
            }
            return older.keep(x);
        } finally {
            older.close();
        }
    }

    /** One layer, with all stations before it. */
    private Tensor layer(int index, Tensor entering, int[][] places) {
        DecoderLayer layer = decoder.layers().get(index);
        PackedFactors beside = PackedFactors.of(index, factors, lengths());
        DecoderProjections now = new DecoderProjections(layer, beside, entering);
        Tensor x = stations.enter(index, entering, now, previous);
        int[][][] positions = standing.in(index);
        now.positions(standing.table(index, positions));
        enter(index);
        stations.attention(index);
        attention.requireSight(index);
        stations.residual(index);
        List<RowBlock> blocks = blocks();
        if (blocks.size() > 1) {
            return inBlocks(new LayerBlocks(
                    index, layer, chunks, attention, steering, now, x, positions, places, blocks, this::passed));
        }
        Tensor leaving = atOnce(index, now, x, positions, places);
        passed((int) x.size(0));
        return leaving;
    }

    private void passed(int rows) {
        pace.breaks().after(rows, decoder.layers().size());
    }

    /** The rest of a layer whose rows are taken at once. */
    private Tensor atOnce(int index, DecoderProjections now, Tensor x, int[][][] positions, int[][] places) {
        DecoderLayer layer = decoder.layers().get(index);
        boolean last = index == decoder.layers().size() - 1;
        if (x.size(0) == chunks.size() || x.requires_grad() || chunks.stream().allMatch(Chunk::each)) {
            // With gradients, which want all of them anyway; or where all tokens are asked for, as one of each sequence
            // is: also the last layer, whose other queries nobody asks for otherwise, needs all of them.
            now.together();
        }
        Tensor k = now.keys(true);
        Tensor v = now.values();
        fillCaches(index, k, v, positions, places);
        watch(index, now);
        Tensor attended = last && !selective()
                ? attention.lastRows(index, now, ends())
                : attention.allRows(index, now, k, v, lengths());
        if (slopes != null) {
            slopes.took(now, attended);
        }
        previous = last || !wantedBehind(index) ? null : now;
        if (last) {
            return lastLayer(x, now, selective() ? attended.index_select(0, Tensors.indices(leaving())) : attended);
        }
        int[] rows = lengths();
        PackedFactors beside = now.beside().over(rows);
        Tensor between = layer.attentionResidual(x, attended, beside);
        return behind(index, steering.leaving(index, layer, between, beside, Steering.Part.whole(rows)));
    }

    /** What is known behind a layer other than the last, and what is added to visual tokens there. */
    private Tensor behind(int index, Tensor leaving) {
        taps.behind(index, leaving, ends());
        return withDeepFeatures(index, leaving);
    }

    /** @param attended what the heads gathered for the tokens that leave, of which alone the rest is computed */
    private Tensor lastLayer(Tensor x, DecoderProjections now, Tensor attended) {
        int index = decoder.layers().size() - 1;
        DecoderLayer layer = decoder.layers().get(index);
        int[] rows = leavingOfEach();
        PackedFactors behind = now.beside().over(rows);
        Tensor residual = x.index_select(0, Tensors.indices(leaving()));
        Tensor between = layer.attentionResidual(residual, attended, behind);
        Tensor leaving = steering.leaving(index, layer, between, behind, Steering.Part.asked(rows));
        return behindLast(leaving);
    }

    private Tensor behindLast(Tensor leaving) {
        taps.behind(decoder.layers().size() - 1, leaving, ends(leavingOfEach()));
        return leaving;
    }

    private List<RowBlock> blocks() {
        boolean whole = GradMode.is_enabled()
                || chunks.stream().anyMatch(c -> !c.sequence().keeps());
        return RowBlock.of(lengths(), whole ? Integer.MAX_VALUE : pace.rows());
    }

    /** A layer that a step behind it looks back at is projected whole: the step sees all tokens. */
    private Tensor inBlocks(LayerBlocks many) {
        int index = many.index();
        boolean last = index == decoder.layers().size() - 1;
        if (last && selective()) {
            Tensor all = many.leaving();
            watch(index, many.now());
            previous = null;
            return behindLast(all.index_select(0, Tensors.indices(leaving())));
        }
        if (last) {
            many.keep();
            watch(index, many.now());
            previous = null;
            return lastLayer(many.x(), many.now(), attention.lastRows(index, many.now(), ends()));
        }
        boolean wanted = wantedBehind(index);
        if (wanted) {
            many.now().complete();
        }
        Tensor leaving = many.leaving();
        watch(index, many.now());
        previous = wanted ? many.now() : null;
        return behind(index, leaving);
    }

    /** Adds to the visual tokens of fresh prompts what comes from earlier blocks of the encoder, behind a layer. */
    private Tensor withDeepFeatures(int layer, Tensor x) {
        List<Tensor> parts = new ArrayList<>();
        IntStream rows = IntStream.empty();
        int from = 0;
        for (Chunk chunk : chunks) {
            Sequence s = chunk.sequence();
            DeepFeatures deep = chunk.fresh() ? s.deep() : null;
            if (deep != null && deep.at(layer) && s.visual().count() > 0) {
                int base = from;
                parts.add(deep.of(layer));
                rows = IntStream.concat(rows, Arrays.stream(s.visualAt()).map(v -> base + v));
            }
            from += chunk.length();
        }
        return parts.isEmpty()
                ? x
                : x.index_add(0, Tensors.indices(rows.toArray()), Tensors.cat(0, parts.toArray(Tensor[]::new)));
    }

    /** Whether a step at the next station looks back at this layer. */
    private boolean wantedBehind(int layer) {
        return chunks.stream().anyMatch(c -> c.fresh() && c.sequence().book().decoderSignal(layer + 1, layer));
    }

    /** The tokens of fresh prompts are those that the layer has. */
    private void enter(int index) {
        for (Chunk chunk : chunks) {
            if (chunk.fresh()) {
                chunk.sequence().entered(index);
                chunk.sequence().decoderTokens().add(chunk.sequence().visual().count());
            }
        }
    }

    /** Notes how the last token of each sequence looks at what the layer holds, where that is wanted. */
    private void watch(int index, DecoderProjections now) {
        int[] ends = ends();
        for (int c = 0; c < ends.length; c++) {
            Chunk chunk = chunks.get(c);
            AnswerAttention watched = chunk.sequence().watch();
            if (watched != null) {
                try (Scope ignored = Scope.inner()) {
                    Tensor q = now.rows(ends[c], 1).query(0, true);
                    watched.add(chunk.sequence().cache().layer(index).origins(), attention.lastRow(index, chunk, q));
                }
            }
        }
    }

    private void fillCaches(int index, Tensor k, Tensor v, int[][][] positions, int[][] places) {
        int from = 0;
        for (int c = 0; c < chunks.size(); c++) {
            Chunk chunk = chunks.get(c);
            int n = chunk.length();
            if (chunk.sequence().keeps()) {
                chunk.keep(index, k.narrow(1, from, n), v.narrow(1, from, n), positions[c][0], places[c], 0);
            }
            from += n;
        }
    }

    /** @throws IllegalArgumentException with one sentence if a sequence grows longer than the model reads */
    static void checkContext(Decoder decoder, List<Chunk> chunks) {
        int context = decoder.options().contextLength();
        for (Chunk chunk : chunks) {
            int tokens =
                    chunk.fresh() ? chunk.sequence().length() : chunk.sequence().places() + chunk.count();
            if (tokens > context) {
                throw new IllegalArgumentException(
                        "The prompt has " + tokens + " tokens, more than the " + context
                                + " that this model reads; shorten the question, use fewer images, or keep fewer visual tokens.");
            }
        }
    }

    private int[] lengths() {
        return chunks.stream().mapToInt(Chunk::length).toArray();
    }

    /** How many tokens of each sequence leave the last layer. */
    private int[] leavingOfEach() {
        return chunks.stream().mapToInt(c -> c.leaving().length).toArray();
    }

    /** Rows of the tokens that leave the last layer. */
    private int[] leaving() {
        IntStream.Builder rows = IntStream.builder();
        int from = 0;
        for (Chunk chunk : chunks) {
            int base = from;
            Arrays.stream(chunk.leaving()).forEach(row -> rows.add(base + row));
            from += chunk.length();
        }
        return rows.build().toArray();
    }

    /** Rows of the tokens asked for among those that leave the last layer. */
    private int[] askedOfLeaving() {
        IntStream.Builder rows = IntStream.builder();
        int from = 0;
        for (Chunk chunk : chunks) {
            int[] leaving = chunk.leaving();
            int base = from;
            if (chunk.whole()) {
                Arrays.stream(chunk.asked()).forEach(row -> rows.add(base + row));
            } else {
                IntStream.range(base, base + leaving.length).forEach(rows::add);
            }
            from += leaving.length;
        }
        return rows.build().toArray();
    }

    /** Rows of the last tokens. */
    private int[] ends() {
        return ends(lengths());
    }

    private static int[] ends(int[] lengths) {
        int[] ends = lengths.clone();
        Arrays.parallelPrefix(ends, Integer::sum);
        return Arrays.stream(ends).map(e -> e - 1).toArray();
    }
}

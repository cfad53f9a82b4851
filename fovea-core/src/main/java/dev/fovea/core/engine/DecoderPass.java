package dev.fovea.core.engine;

import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.model.language.DecoderLayer;
import dev.fovea.core.model.language.KvCache;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.OwnedTensor;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
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
    private final int most;
    private final List<@Nullable PromptFactors> factors;
    private final PassAttention attention;
    private final Steering steering;
    private final StateTaps taps;
    private @Nullable DecoderProjections previous;
    private final Map<RotaryEmbedding, Rotation> rotations = new IdentityHashMap<>();
    private float[] finalStates = new float[0];

    /** A rotary table that the layers of one position embedding share. */
    private record Rotation(int[][] positions, OwnedTensor cos, OwnedTensor sin, RotaryEmbedding.Table table) {
        void close() {
            cos.close();
            sin.close();
        }
    }

    /**
     * The tokens of one sequence in this pass.
     *
     * @param count tokens of a continuation; ignored for a fresh prompt, whose length changes at the stations
     */
    record Chunk(Sequence sequence, int count, boolean fresh) {
        int length() {
            return fresh ? sequence.length() : count;
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
     * @param most tokens that a layer takes at once; those of sequences that keep nothing are taken whole, and so is
     *     everything where gradients are recorded, which need what was computed of all tokens
     */
    DecoderPass(Decoder decoder, List<Chunk> chunks, int most) {
        this(decoder, chunks, most, false);
    }

    /** @param states whether the states of the last tokens behind all layers are wanted */
    DecoderPass(Decoder decoder, List<Chunk> chunks, int most, boolean states) {
        this.decoder = decoder;
        this.chunks = chunks;
        this.most = most;
        this.factors = chunks.stream().map(c -> c.sequence().factors()).collect(Collectors.toList());
        this.attention = new PassAttention(decoder, chunks);
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
            Tensor last = decoder.norm().forward(leaving);
            if (!selective()) {
                finalStates = Tensors.floats(last);
            }
            return new Made(scope.keep(leaving), scope.keep(decoder.predict(last)));
        } finally {
            end();
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
        Tensor x = station(new Station.Prompt(), station(new Station.Embeddings(), embeddings, null), null);
        checkContext();
        chunks.stream().map(c -> c.sequence().watch()).filter(Objects::nonNull).forEach(AnswerAttention::begin);
        int[][] places = chunks.stream()
                .map(c -> c.fresh() ? new int[0] : c.sequence().takePlaces(c.count()))
                .toArray(int[][]::new);
        return layers(x, places);
    }

    private void end() {
        rotations.values().forEach(Rotation::close);
        rotations.clear();
        chunks.forEach(c -> c.sequence().forgetGates());
        attention.close();
    }

    /** Whether other tokens than the last of each sequence are asked for. */
    private boolean selective() {
        return chunks.stream().anyMatch(c -> c.sequence().asked() != null);
    }

    /** What was taken down on the way, once run. */
    StateTaps taps() {
        return taps;
    }

    /** The last token of every sequence behind the final norm, once run: {@code [sequences, width]}, row after row. */
    float[] finalStates() {
        return finalStates;
    }

    /** The tokens asked for behind the last layer: {@code [tokens, width]}, in the caller's scope. */
    private Tensor layers(Tensor embeddings, int[][] places) {
        Tensor x = embeddings;
        // What a layer computed is needed until the station of the next has passed: two scopes take turns.
        Scope older = Scope.inner();
        try {
            for (int layer = 0; layer < decoder.layers().size(); layer++) {
                Scope younger = Scope.inner();
                try {
                    x = layer(layer, x, places);
                } catch (RuntimeException e) {
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
        Tensor x = station(new Station.Decoder(index), entering, now);
        boolean last = index == decoder.layers().size() - 1;
        int[][][] positions = positions(index);
        now.positions(rotation(index, packed(positions)));
        enter(index);
        attentionStation(index);
        residualStation(index);
        LayerBlocks many =
                new LayerBlocks(index, layer, chunks, attention, steering, now, x, positions, places, blocks());
        if (many.blocks().size() > 1 && !last) {
            return inBlocks(index, many);
        }
        if (many.blocks().size() > 1) {
            many.keep();
            watch(index, now);
            previous = null;
            return lastLayer(layer, x, beside, attention.lastRows(index, now, ends()));
        }
        if (x.size(0) == chunks.size() || x.requires_grad()) {
            // With gradients, which want all of them anyway; or one token of each sequence: also the last layer, whose
            // other queries nobody asks for, needs all of them.
            now.together();
        }
        Tensor k = now.keys(true);
        Tensor v = now.values();
        fillCaches(index, k, v, positions, places);
        watch(index, now);
        Tensor attended = last && !selective()
                ? attention.lastRows(index, now, ends())
                : attention.allRows(index, now, k, v, lengths());
        previous = last || !wantedBehind(index) ? null : now;
        if (last) {
            return lastLayer(
                    layer, x, beside, selective() ? attended.index_select(0, Tensors.indices(asked())) : attended);
        }
        int[] rows = lengths();
        Tensor between = layer.attentionResidual(x, attended, beside.over(rows));
        return behind(index, steering.leaving(index, layer, between, beside.over(rows), Steering.Part.whole(rows)));
    }

    /** What is known behind a layer other than the last, and what is added to visual tokens there. */
    private Tensor behind(int index, Tensor leaving) {
        taps.behind(index, leaving, ends());
        return withDeepFeatures(index, leaving);
    }

    /** @param attended what the heads gathered for the tokens asked for, of which alone the rest is computed */
    private Tensor lastLayer(DecoderLayer layer, Tensor x, PackedFactors beside, Tensor attended) {
        int index = decoder.layers().size() - 1;
        int[] rows = askedOfEach();
        PackedFactors behind = beside.over(rows);
        Tensor residual = x.index_select(0, Tensors.indices(asked()));
        Tensor between = layer.attentionResidual(residual, attended, behind);
        Tensor leaving = steering.leaving(index, layer, between, behind, Steering.Part.asked(rows));
        taps.behind(index, leaving, IntStream.range(0, chunks.size()).toArray());
        return leaving;
    }

    private List<RowBlock> blocks() {
        boolean whole = GradMode.is_enabled()
                || chunks.stream().anyMatch(c -> !c.sequence().keeps());
        return RowBlock.of(lengths(), whole ? Integer.MAX_VALUE : most);
    }

    /** A layer that a step behind it looks back at is projected whole: the step sees all tokens. */
    private Tensor inBlocks(int index, LayerBlocks many) {
        boolean wanted = wantedBehind(index);
        if (wanted) {
            many.now().complete();
        }
        Tensor leaving = many.leaving();
        watch(index, many.now());
        previous = wanted ? many.now() : null;
        return behind(index, leaving);
    }

    /** Asks what is to be added to the hidden states of fresh prompts in a layer, also where no visual token is left. */
    private void residualStation(int index) {
        for (Station.Stream stream : Station.Stream.values()) {
            Station.Residual station = new Station.Residual(index, stream);
            for (Chunk chunk : chunks) {
                Sequence s = chunk.sequence();
                List<Step> steps = s.book().at(station);
                for (int i = 0; i < steps.size() && chunk.fresh() && s.shows() && !s.isBeside(); i++) {
                    Outcome outcome = call(s, steps.get(i), i, signal -> DecoderSignals.beforePrompt(s, signal));
                    if (outcome.decision() instanceof Decision.Steer steer && steer.acts()) {
                        s.steer(station, steer);
                    }
                }
            }
        }
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

    private void attentionStation(int index) {
        Station station = new Station.Attention(index);
        for (Chunk chunk : chunks) {
            Sequence s = chunk.sequence();
            List<Step> steps = s.book().at(station);
            if (!chunk.fresh() || s.visual().count() == 0) {
                continue;
            }
            for (int i = 0; i < steps.size(); i++) {
                Outcome outcome = call(s, steps.get(i), i, signal -> DecoderSignals.elsewhere(s, signal));
                switch (outcome.decision()) {
                    case Decision.Rescale rescale -> rescale(s, index, rescale);
                    case Decision.Edges edges -> s.restrict(index, edges.edges());
                    default -> {}
                }
            }
        }
    }

    private static void rescale(Sequence s, int layer, Decision.Rescale rescale) {
        if (!s.keeps()) {
            throw new IllegalArgumentException("Technique '" + s.book().plan().technique()
                    + "' rescales attention for the token that is being answered, of which there is none while a"
                    + " network learns; leave it out of training and use it to answer.");
        }
        s.addRescaling(layer, rescale.factors());
    }

    private static Outcome call(Sequence s, Step step, int index, Function<Signal<?>, Object> source) {
        Outcome outcome = s.run().runner().run(step, s.name(), index, s.layout(), source);
        s.decided().add(new Decided(step.station(), s.visual().ids(), outcome));
        outcome.notes()
                .forEach((name, values) -> s.ofPrompt()
                        .put(new Signal.Noted(name), values, s.visual().ids()));
        outcome.textNotes().forEach(s::noteText);
        return outcome;
    }

    /** Lets the steps of a station act on fresh prompts, one step of every prompt at a time. */
    private Tensor station(Station station, Tensor states, @Nullable DecoderProjections now) {
        Tensor x = states;
        int most = 0;
        for (Chunk chunk : chunks) {
            most = Math.max(
                    most, chunk.fresh() ? chunk.sequence().book().at(station).size() : 0);
        }
        for (int index = 0; index < most; index++) {
            int[] lengths = lengths();
            if (now != null) {
                int layer = ((Station.Decoder) station).layer();
                now.positions(rotation(layer, packed(positions(layer))));
            }
            @Nullable RowChange[] changes = new RowChange[chunks.size()];
            @Nullable Tensor[] added = new Tensor[chunks.size()];
            int[] addedAt = new int[chunks.size()];
            Decision.@Nullable Rewrite[] rewritten = new Decision.Rewrite[chunks.size()];
            int from = 0;
            for (int c = 0; c < changes.length; c++) {
                Sequence s = chunks.get(c).sequence();
                List<Step> steps = s.book().at(station);
                if (chunks.get(c).fresh() && index < steps.size() && s.visual().count() > 0) {
                    DecoderSignals signals = signals(s, from, x, station, now);
                    Outcome outcome = call(s, steps.get(index), index, signals::measure);
                    if (outcome.decision() instanceof Decision.Append append) {
                        added[c] = EncoderPass.toTensor(append.tokens(), x.size(1), station);
                        addedAt[c] = from + s.insert(append.tokens().rows());
                    } else if (outcome.decision() instanceof Decision.Rewrite rewrite) {
                        rewritten[c] = rewrite;
                    } else if (outcome.decision() instanceof Decision.Edges edges) {
                        s.restrict(edges.edges());
                    } else if (outcome.decision() instanceof Decision.Gate gate) {
                        s.gate(TensorRows.tensor(gate.gates()));
                    } else if (!(outcome.decision() instanceof Decision.Unchanged)) {
                        changes[c] = change(s, station, outcome.decision());
                    }
                }
                from += lengths[c];
            }
            x = inserted(RowChange.apply(rewritten(x, lengths, rewritten, station), lengths, changes), added, addedAt);
            follow(now, lengths, changes, x);
        }
        return x;
    }

    private void follow(@Nullable DecoderProjections now, int[] lengths, @Nullable RowChange[] changes, Tensor x) {
        if (now != null && Arrays.stream(changes).anyMatch(c -> c != null)) {
            now.follow(lengths, changes, x);
            if (previous != null) {
                previous.followBehind(lengths, changes);
            }
        }
    }

    private DecoderSignals signals(Sequence s, int from, Tensor x, Station station, @Nullable DecoderProjections now) {
        int here = station instanceof Station.Decoder decoderStation ? decoderStation.layer() : -1;
        return new DecoderSignals(
                s,
                from,
                x,
                layer -> {
                    DecoderProjections found = layer == here ? now : previous;
                    if (found == null) {
                        throw new IllegalArgumentException(
                                "Layer " + layer + " cannot be looked at from " + station.label() + ".");
                    }
                    return found;
                },
                decoder.norm()::forward,
                layer -> decoder.layers().get(layer).attention(),
                attention.acrossWindows());
    }

    private static RowChange change(Sequence s, Station station, Decision decision) {
        RowChange change = RowChange.ofSequence(s.length(), s.visualAt(), decision);
        Decision.Positions positions = switch (decision) {
            case Decision.Keep d -> d.positions();
            case Decision.Merge d -> d.positions();
            case Decision.DropAllVisual d -> d.positions();
            default -> Decision.Positions.ORIGINAL;
        };
        // Before the first layer no position has been used yet: counted ones are always contiguous there.
        boolean contiguous = station instanceof Station.Prompt && s.axes() == 1;
        s.follow(decision, change, contiguous ? Decision.Positions.RENUMBERED : positions);
        return change;
    }

    /** Other embeddings in the place of some of each sequence's. */
    private static Tensor rewritten(Tensor x, int[] lengths, Decision.@Nullable Rewrite[] rewrites, Station station) {
        List<Tensor> rows = new ArrayList<>();
        IntStream places = IntStream.empty();
        int from = 0;
        for (int c = 0; c < rewrites.length; c++) {
            Decision.Rewrite own = rewrites[c];
            if (own != null && own.at().length > 0) {
                int base = from;
                rows.add(Tensors.to(EncoderPass.toTensor(own.tokens(), x.size(1), station), DType.of(x.scalar_type())));
                places = IntStream.concat(places, Arrays.stream(own.at()).map(at -> base + at));
            }
            from += lengths[c];
        }
        return rows.isEmpty()
                ? x
                : x.index_copy(0, Tensors.indices(places.toArray()), Tensors.cat(0, rows.toArray(Tensor[]::new)));
    }

    private Tensor inserted(Tensor x, @Nullable Tensor[] added, int[] at) {
        List<Tensor> parts = new ArrayList<>();
        int done = 0;
        int shift = 0;
        for (int c = 0; c < added.length; c++) {
            Tensor tokens = added[c];
            if (tokens != null) {
                parts.add(x.narrow(0, done, at[c] - done));
                parts.add(Tensors.to(tokens, DType.of(x.scalar_type())));
                done = at[c];
                shift++;
            }
        }
        if (shift == 0) {
            return x;
        }
        parts.add(x.narrow(0, done, x.size(0) - done));
        return Tensors.cat(0, parts.toArray(Tensor[]::new));
    }

    private void checkContext() {
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

    /** Position ids of the packed tokens in one layer: {@code [sequences][axes][tokens]}. */
    private int[][][] positions(int layer) {
        return chunks.stream()
                .map(c -> {
                    if (c.fresh()) {
                        return c.sequence().positions();
                    }
                    int next = c.sequence().cache().layer(layer).nextPosition();
                    int[] counted = IntStream.range(next, next + c.count()).toArray();
                    return Collections.nCopies(c.sequence().axes(), counted).toArray(int[][]::new);
                })
                .toArray(int[][][]::new);
    }

    /** The positions of all sequences end to end: {@code [axes][total tokens]}. */
    private static int[][] packed(int[][][] parts) {
        if (parts.length == 1) {
            return parts[0];
        }
        int[][] out = new int[parts[0].length][];
        for (int axis = 0; axis < out.length; axis++) {
            int a = axis;
            out[axis] =
                    Arrays.stream(parts).flatMapToInt(p -> Arrays.stream(p[a])).toArray();
        }
        return out;
    }

    private RotaryEmbedding.Table rotation(int layer, int[][] positions) {
        RotaryEmbedding rotary = decoder.options().rotary(layer);
        Rotation known = rotations.get(rotary);
        if (known != null && Arrays.deepEquals(known.positions, positions)) {
            return known.table;
        }
        if (known != null) {
            known.close();
        }
        RotaryEmbedding.Table table = rotary.table(positions);
        rotations.put(rotary, new Rotation(positions, OwnedTensor.of(table.cos()), OwnedTensor.of(table.sin()), table));
        return table;
    }

    private int[] lengths() {
        return chunks.stream().mapToInt(Chunk::length).toArray();
    }

    /** How many tokens of each sequence are asked for. */
    private int[] askedOfEach() {
        return chunks.stream()
                .mapToInt(c -> {
                    int[] own = c.sequence().asked();
                    return own == null ? 1 : own.length;
                })
                .toArray();
    }

    /** Rows of the tokens asked for. */
    private int[] asked() {
        if (!selective()) {
            return ends();
        }
        IntStream.Builder rows = IntStream.builder();
        int from = 0;
        for (Chunk chunk : chunks) {
            int[] own = chunk.sequence().asked();
            int base = from;
            if (own == null) {
                rows.add(from + chunk.length() - 1);
            } else {
                Arrays.stream(own).forEach(row -> rows.add(base + row));
            }
            from += chunk.length();
        }
        return rows.build().toArray();
    }

    /** Rows of the last tokens. */
    private int[] ends() {
        int[] ends = lengths();
        Arrays.parallelPrefix(ends, Integer::sum);
        return Arrays.stream(ends).map(e -> e - 1).toArray();
    }
}

package dev.fovea.core.engine;

import dev.fovea.core.model.language.KvCache;
import dev.fovea.core.path.AttentionEdges;
import dev.fovea.core.path.Branch;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Station;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.OwnedTensor;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * One prompt in the language model: where its tokens are, which of them are visual, what its cache holds. Changes as
 * the prompt passes the stations. The cache belongs to whoever made it.
 */
final class Sequence {
    private final String name;
    private final PlanRun run;
    private final @Nullable KvCache cache;
    private final int answer;
    private final List<Ledger.Grid> grids;
    private final int[] firstCells;
    private final List<Carried> ofImages;
    private final Carried ofPrompt = new Carried(false);
    private final List<Decided> decided = new ArrayList<>();
    private final List<Integer> decoderTokens = new ArrayList<>();
    private @Nullable List<Integer> cachedTokens;
    private final Map<Integer, List<float[]>> rescalings = new HashMap<>();
    private final Map<Station.Residual, List<Decision.Steer>> steers = new LinkedHashMap<>();
    private Map<Branch, Matrix> statesOfBranches = Map.of();
    private boolean beside;
    private final Map<Integer, AttentionEdges> ofLayer = new HashMap<>();
    private final Map<String, Map<Integer, Float>> textNotes = new HashMap<>();
    private final int total;
    private final int first;
    private int place;
    private int[][] positions;
    private int[] origins;
    private int[] blocks;
    private int[] visualAt;
    private VisualTokens visual;
    private int next;
    private int @Nullable [] branches;
    private @Nullable AttentionEdges edges;
    private int @Nullable [] asked;
    private @Nullable DeepFeatures deep;
    private @Nullable OwnedTensor gates;
    private @Nullable PromptFactors factors;
    private final int[] firstAt;
    private final VisualTokens firstVisual;
    private @Nullable AnswerAttention watch;
    private int @Nullable [] sources;
    private @Nullable FinalStates finalStates;
    private final List<int[]> inserted = new ArrayList<>();

    /**
     * A prompt that nothing has happened to yet.
     *
     * @param name put before recorded names
     * @param positions position ids: {@code [axes][tokens]}
     * @param next position id of the token behind them
     * @param blocks for each token the block in which tokens see each other both ways, or {@link Sight#NONE}
     * @param visualAt ascending places of the visual tokens
     * @param total visual tokens before any technique acted
     * @param ofImages what was measured about each image before
     */
    Sequence(
            String name,
            PlanRun run,
            KvCache cache,
            int[][] positions,
            int next,
            int[] blocks,
            int[] visualAt,
            VisualTokens visual,
            int total,
            List<Ledger.Grid> grids,
            List<Carried> ofImages) {
        this(name, run, cache, positions, next, blocks, visualAt, visual, total, grids, ofImages, null, null, 0);
    }

    /**
     * A prompt of which more than its next token is asked, and whose continuations may be packed behind it.
     *
     * @param cache null if nothing will follow
     * @param branches for each token 0, or the continuation that it belongs to; null where there is but one
     * @param asked ascending places of the tokens whose successors are asked for; null for the last one alone
     * @param answer how many of the last tokens answer: they are there to be learned from, and no step sees them
     */
    Sequence(
            String name,
            PlanRun run,
            @Nullable KvCache cache,
            int[][] positions,
            int next,
            int[] blocks,
            int[] visualAt,
            VisualTokens visual,
            int total,
            List<Ledger.Grid> grids,
            List<Carried> ofImages,
            int @Nullable [] branches,
            int @Nullable [] asked,
            int answer) {
        this.answer = answer;
        this.branches = branches;
        this.edges = branches == null ? null : AttentionEdges.branches(branches);
        this.asked = asked;
        this.name = name;
        this.run = run;
        this.cache = cache;
        this.grids = List.copyOf(grids);
        this.firstCells = new int[grids.size() + 1];
        for (int i = 0; i < grids.size(); i++) {
            firstCells[i + 1] = firstCells[i] + grids.get(i).tokens();
        }
        this.ofImages = List.copyOf(ofImages);
        this.visualAt = visualAt.clone();
        this.visual = visual;
        this.firstAt = this.visualAt;
        this.firstVisual = visual;
        this.total = total;
        this.first = positions[0].length == 0 || positions.length > 1 ? 0 : positions[0][0];
        this.place = positions[0].length;
        this.positions = positions.clone();
        this.origins = IntStream.range(0, place).toArray();
        this.blocks = blocks.clone();
        this.next = next;
    }

    /**
     * The same prompt, to which nothing has happened yet, with words behind it: to be read once, nothing is kept of it.
     *
     * @param more words; no step sees them, and only the prompt sees itself both ways
     * @param expecting ascending places of the tokens whose successors are asked for
     */
    Sequence once(int more, int[] expecting) {
        int[] counted = IntStream.range(next, next + more).toArray();
        Sequence copy = new Sequence(
                name,
                run,
                null,
                ofEachAxis(axis -> joined(axis, counted)),
                next + more,
                joined(blocks, Sight.none(more)),
                visualAt,
                visual,
                total,
                grids,
                ofImages,
                null,
                expecting,
                more);
        copy.factors(factors);
        return copy;
    }

    private static int[] joined(int[] front, int[] behind) {
        return IntStream.concat(Arrays.stream(front), Arrays.stream(behind)).toArray();
    }

    /** With what is added to its visual tokens behind the first layers, while the prompt is read. */
    void deep(@Nullable DeepFeatures features) {
        deep = features;
    }

    @Nullable
    DeepFeatures deep() {
        return deep;
    }

    /** With what its pictures add beside the weights of the language model, for as long as it is there. */
    void factors(@Nullable PromptFactors ofPictures) {
        factors = ofPictures;
    }

    @Nullable
    PromptFactors factors() {
        return factors;
    }

    /** From now on it is known how the token that was read last looks at the visual tokens; or no longer. */
    void watch(boolean wanted, boolean clsIsFeature) {
        if (!wanted) {
            watch = null;
            return;
        }
        LedgerBuilder ledger = new LedgerBuilder(grids, clsIsFeature);
        int[] cells = inLedger(ledger);
        watch = new AnswerAttention(cells, ledger.count());
    }

    /**
     * For each place of the prompt as it was laid out, up to its last visual token, which token of the ledger stands there;
     * -1 for words and what else is none.
     */
    int[] inLedger(boolean clsIsFeature) {
        return inLedger(new LedgerBuilder(grids, clsIsFeature));
    }

    private int[] inLedger(LedgerBuilder ledger) {
        int last = firstAt.length == 0 ? -1 : firstAt[firstAt.length - 1];
        int[] cells = new int[last + 1];
        Arrays.fill(cells, -1);
        for (int i = 0; i < firstAt.length; i++) {
            cells[firstAt[i]] = ledger.index(firstVisual.ids()[i]);
        }
        return cells;
    }

    /** How the token that was read last looks at the visual tokens, or null where nobody asked. */
    @Nullable
    AnswerAttention watch() {
        return watch;
    }

    /**
     * From now on what the last layer makes of every token is kept.
     *
     * @param into where
     * @param ofTokens which of the prompt's ids each token stands for; all tokens of a picture stand for its placeholder
     */
    void gather(FinalStates into, int[] ofTokens) {
        finalStates = into;
        sources = ofTokens.clone();
    }

    /** Where what the last layer makes of every token is kept, or null where nobody asked. */
    @Nullable
    FinalStates finalStates() {
        return finalStates;
    }

    /** Keeps what the last layer made of the tokens of a pass: {@code [tokens, width]}, row after row. */
    void reached(float[] states, boolean fresh) {
        FinalStates into = finalStates;
        int[] of = sources;
        if (into != null && of != null) {
            if (fresh) {
                into.add(states, of);
            } else {
                into.addNext(states);
            }
        }
    }

    /** A prompt of words alone, under the plain model. */
    static Sequence ofText(KvCache cache, int[] blocks, int axes) {
        int length = blocks.length;
        return new Sequence(
                "",
                PlanRun.plain(),
                cache,
                counted(axes, 0, length),
                length,
                blocks,
                new int[0],
                VisualTokens.ofCells(0),
                0,
                List.of(),
                List.of());
    }

    /** Makes it a branch beside a prompt: nothing is added to its hidden states, and nobody decides about its logits. */
    void beside() {
        beside = true;
    }

    /** Whether this is a branch beside a prompt. */
    boolean isBeside() {
        return beside;
    }

    /**
     * Whether nothing but the model, and edges, act on tokens that follow or look at how they pass it.
     * What the last layer makes of them may be kept.
     */
    boolean isPlain() {
        return cache != null
                && factors == null
                && gates == null
                && watch == null
                && branches == null
                && asked == null
                && rescalings.isEmpty()
                && steers.isEmpty()
                && (beside || book().lateLogits().isEmpty());
    }

    /** With what branches that were read before it made of the prompt: their last token behind every layer. */
    void statesOfBranches(Map<Branch, Matrix> states) {
        statesOfBranches = states;
    }

    /** {@code [layers, width]} of a branch that was read before, or null. */
    @Nullable
    Matrix statesOf(Branch branch) {
        return statesOfBranches.get(branch);
    }

    /** Adds to the hidden states of a layer from here on. */
    void steer(Station.Residual station, Decision.Steer steer) {
        steers.computeIfAbsent(station, s -> new ArrayList<>()).add(steer);
    }

    /** What is added there, in the order in which it was decided. */
    List<Decision.Steer> steers(Station.Residual station) {
        return steers.getOrDefault(station, List.of());
    }

    /** What the ledger says about it. */
    List<Ledger.Steered> steered() {
        List<Ledger.Steered> all = new ArrayList<>();
        steers.forEach((station, own) -> own.forEach(s -> all.add(
                new Ledger.Steered(station.label(), s.push(), s.tokens(), s.strength(), Steering.length(s.vector())))));
        return all;
    }

    /** Whether the prompt shows anything, whatever became of it. */
    boolean shows() {
        return total > 0;
    }

    String name() {
        return name;
    }

    PlanRun run() {
        return run;
    }

    StepBook book() {
        return run.book();
    }

    /** @throws IllegalStateException for a sequence that keeps none */
    KvCache cache() {
        if (cache == null) {
            throw new IllegalStateException("Nothing can follow a sequence that was made to be read once");
        }
        return cache;
    }

    /** What is added to every score towards each token, {@code [length]}, while its gates are learned; or null. */
    @Nullable
    Tensor gates() {
        OwnedTensor own = gates;
        return own == null ? null : own.get();
    }

    /** Gates outlive the layer at which they were given: they hold in every layer behind it. */
    private void gates(@Nullable Tensor next) {
        OwnedTensor before = gates;
        gates = next == null ? null : OwnedTensor.of(next);
        if (before != null) {
            before.close();
        }
    }

    /** Frees its cache, and what its pictures add beside the weights. */
    void close() {
        cache().close();
        if (factors != null) {
            factors.close();
        }
    }

    /** Native memory that these take. */
    long bytes() {
        return cache().bytes() + (factors == null ? 0 : factors.bytes());
    }

    /** Frees what no layer needs any more. */
    void forgetGates() {
        gates(null);
    }

    /** Gates of the visual tokens, {@code [visual, 1]}: they multiply those that there were. */
    void gate(Tensor ofVisual) {
        Tensor logs = torch.log(Tensors.add(Tensors.to(ofVisual, DType.F32), Decision.Gate.LEAST))
                .view(-1);
        Tensor open = Tensors.zeros(DType.F32, length());
        Tensor more = open.index_add(0, Tensors.indices(visualAt), logs);
        Tensor before = gates();
        gates(before == null ? more : before.add(more));
    }

    /** Whether keys and values are kept, for tokens that follow. */
    boolean keeps() {
        return cache != null;
    }

    /** Which tokens see which, or null where each sees all before it. */
    @Nullable
    AttentionEdges edges() {
        return edges;
    }

    /** The same in one layer, of the tokens that it held when the prompt was read. */
    @Nullable
    AttentionEdges edges(int layer) {
        AttentionEdges own = ofLayer.get(layer);
        return own == null ? edges : own;
    }

    /** Leaves of the edges between the prompt's tokens in a layer only these; an answer is of the group of what follows. */
    void restrict(int layer, AttentionEdges more) {
        ofLayer.put(layer, and(edges(layer), more));
    }

    /** The same in every layer, before the first one. */
    void restrict(AttentionEdges more) {
        edges = and(edges, more);
    }

    private AttentionEdges and(@Nullable AttentionEdges before, AttentionEdges ofPrompt) {
        AttentionEdges more = answer == 0 ? ofPrompt : ofPrompt.extended(length());
        return before == null ? more : before.and(more);
    }

    /** A layer has the tokens that are there now, whatever is decided deeper down. */
    void entered(int layer) {
        AttentionEdges now = edges;
        if (now != null) {
            ofLayer.put(layer, now);
        }
    }

    /** The tokens whose successors are asked for, or null for the last one alone. */
    int @Nullable [] asked() {
        return asked;
    }

    int length() {
        return positions[0].length;
    }

    /** How many tokens the prompt has: all of them, but for an answer behind it that is learned from. */
    int prompt() {
        return length() - answer;
    }

    /** Position ids of the tokens: {@code [axes][tokens]}. */
    int[][] positions() {
        return positions;
    }

    /** How many of the prompt's tokens are not visual. */
    int words() {
        return prompt() - visualAt.length;
    }

    /** How many numbers a position has. */
    int axes() {
        return positions.length;
    }

    private static int[][] counted(int axes, int first, int length) {
        return Collections.nCopies(axes, IntStream.range(first, first + length).toArray())
                .toArray(int[][]::new);
    }

    int[] origins() {
        return origins;
    }

    /** Who sees whom among the tokens in a layer. */
    Sight sight(int layer) {
        AttentionEdges own = edges(layer);
        // Those of a layer that has run are of the tokens that it held, which may be more by now.
        boolean current = own != null && own.groups().length == length();
        return Sight.of(counted() ? positions[0] : origins, blocks, current ? own : edges);
    }

    /** Who sees whom among what the cache of a layer holds: a prompt that has been read, and what followed it. */
    Sight held(int layer) {
        KvCache.Layer held = cache().layer(layer);
        return Sight.of(counted() ? held.positions() : held.origins(), Sight.none(held.length()), edges(layer));
    }

    /** Whether tokens are counted; distances between rows and columns say nothing about what lies between. */
    private boolean counted() {
        return axes() == 1;
    }

    /** What {@link dev.fovea.core.path.Signal.Continuations} says of the words of the prompt. */
    float[] continuations() {
        int[] text = layout().text();
        int[] known = branches;
        int[] expecting = asked;
        float[] out = new float[text.length];
        for (int i = 0; i < out.length; i++) {
            int at = text[i];
            boolean one = at > 0 && (known == null || known[at - 1] == known[at]);
            boolean expected = one && expecting != null && Arrays.binarySearch(expecting, at - 1) >= 0;
            out[i] = expected ? -1 : known == null ? 0 : known[at];
        }
        return out;
    }

    int[] visualAt() {
        return visualAt;
    }

    VisualTokens visual() {
        return visual;
    }

    int next() {
        return next;
    }

    List<Decided> decided() {
        return decided;
    }

    List<Integer> decoderTokens() {
        return decoderTokens;
    }

    /** Places of the sequence that have been used, dropped tokens included. */
    int places() {
        return place;
    }

    /** Takes the next places of the sequence for tokens that follow the prompt. */
    int[] takePlaces(int count) {
        place += count;
        return IntStream.range(place - count, place).toArray();
    }

    /** Forgets the tokens from this place on, to continue otherwise. */
    void truncate(int to) {
        cache().truncate(to);
        place = Math.min(place, to);
    }

    /** What was decided at the attention of a layer, each over the keys that the layer then held; or null. */
    @Nullable
    List<float[]> rescaling(int layer) {
        return rescalings.get(layer);
    }

    void addRescaling(int layer, float[] perVisual) {
        float[] perKey = new float[length()];
        boolean any = false;
        for (int i = 0; i < visualAt.length; i++) {
            perKey[visualAt[i]] = perVisual[i];
            any |= perVisual[i] != 0;
        }
        if (any) {
            rescalings.computeIfAbsent(layer, l -> new ArrayList<>()).add(perKey);
        }
    }

    /** Remembers a value per text token after the first visual one, by the token's place in the prompt. */
    void noteText(String name, float[] values) {
        int[] at = layout().instruction();
        Map<Integer, Float> byOrigin = HashMap.newHashMap(at.length);
        for (int i = 0; i < at.length; i++) {
            byOrigin.put(origins[at[i]], values[i]);
        }
        textNotes.put(name, byOrigin);
    }

    /** What was noted, for the text tokens that stand after the first visual one now. */
    float[] notedText(String name) {
        Map<Integer, Float> byOrigin = textNotes.get(name);
        if (byOrigin == null) {
            throw new IllegalArgumentException("No earlier step noted '" + name + "' of the text.");
        }
        int[] at = layout().instruction();
        float[] out = new float[at.length];
        for (int i = 0; i < at.length; i++) {
            out[i] = byOrigin.getOrDefault(origins[at[i]], 0f);
        }
        return out;
    }

    Layout layout() {
        return new Layout(prompt(), visualAt, visual.cells(image -> firstCells[image]), grids, total);
    }

    Carried ofPrompt() {
        return ofPrompt;
    }

    List<Carried> ofImages() {
        return ofImages;
    }

    Ledger ledger(List<List<Decided>> beforeDecoder, List<Integer> encoderTokens, boolean clsIsFeature) {
        LedgerBuilder builder = new LedgerBuilder(grids, clsIsFeature);
        for (int image = 0; image < beforeDecoder.size(); image++) {
            for (Decided d : beforeDecoder.get(image)) {
                builder.add(d, image);
            }
        }
        decided.forEach(d -> builder.add(d, 0));
        List<Integer> cached = cachedTokens;
        return builder.build(visual, encoderTokens, decoderTokens, cached == null ? decoderTokens : cached);
    }

    /**
     * Follows a decision that chose rows.
     *
     * @param rule what becomes of positions
     */
    void follow(Decision decision, RowChange change, Decision.Positions rule) {
        visual = EncoderPass.afterwards(visual, decision);
        if (deep != null) {
            deep.follow(decision);
        }
        boolean[] isVisual = new boolean[length()];
        Arrays.stream(visualAt).forEach(v -> isVisual[v] = true);
        int[] rows = change.anchors();
        visualAt =
                IntStream.range(0, rows.length).filter(i -> isVisual[rows[i]]).toArray();
        origins = Sight.chosen(origins, rows);
        blocks = Sight.chosen(blocks, rows);
        branches = branches == null ? null : Sight.chosen(branches, rows);
        sources = sources == null ? null : Sight.chosen(sources, rows);
        followEdges(rows);
        Tensor gated = gates();
        gates(gated == null ? null : gated.index_select(0, Tensors.indices(rows)));
        switch (rule) {
            case RENUMBERED -> {
                positions = renumbered(rows.length);
                next = first + rows.length;
            }
            case ORIGINAL -> positions = ofEachAxis(axis -> Sight.chosen(axis, rows));
            case MEAN -> positions = ofEachAxis(change::means);
        }
    }

    private int[][] ofEachAxis(UnaryOperator<int[]> change) {
        return Arrays.stream(positions).map(change).toArray(int[][]::new);
    }

    /**
     * Leaves of what was read only these tokens: their keys and values, and what was said about them.
     *
     * @param from the first layer for which that holds
     * @param tokens ascending
     * @param renumber whether what follows counts on from what is left
     * @param room for tokens that follow
     */
    void retain(int from, int[] tokens, boolean renumber, int room) {
        BitSet stay = new BitSet();
        Arrays.stream(tokens).forEach(stay::set);
        int[] seen = IntStream.range(0, visualAt.length)
                .filter(v -> stay.get(visualAt[v]))
                .toArray();
        follow(Decision.Keep.of(seen), RowChange.select(tokens), Decision.Positions.ORIGINAL);
        BitSet places = new BitSet();
        Arrays.stream(origins).forEach(places::set);
        int words = tokens.length - seen.length;
        List<Integer> before = cachedTokens == null ? decoderTokens : cachedTokens;
        List<Integer> cached = new ArrayList<>(before.subList(0, from));
        for (int l = from; l < cache().layers(); l++) {
            KvCache.Layer layer = cache().layer(l);
            int[] held = layer.origins();
            int[] rows = IntStream.range(0, held.length)
                    .filter(i -> places.get(held[i]))
                    .toArray();
            layer.retain(rows, renumber ? first + rows.length : layer.nextPosition(), room);
            cached.add(rows.length - words);
            ofLayer.computeIfPresent(l, (index, known) -> known.follow(rows));
            List<float[]> factors = rescalings.get(l);
            if (factors != null) {
                factors.replaceAll(perKey -> chosen(perKey, rows));
            }
        }
        cachedTokens = cached;
    }

    private static float[] chosen(float[] values, int[] rows) {
        float[] out = new float[rows.length];
        for (int i = 0; i < rows.length; i++) {
            out[i] = values[rows[i]];
        }
        return out;
    }

    private void followEdges(int[] rows) {
        AttentionEdges known = edges;
        edges = known == null ? null : known.follow(rows);
        int[] wanted = asked;
        if (wanted != null) {
            int[] at = new int[Arrays.stream(rows).max().orElse(-1) + 1];
            for (int i = 0; i < rows.length; i++) {
                at[rows[i]] = i;
            }
            // Words are never dropped: each is where its row went.
            asked = Arrays.stream(wanted).map(row -> at[row]).toArray();
        }
    }

    /** Contiguous positions, from the first on. */
    private int[][] renumbered(int length) {
        int[] known = branches;
        return known == null ? counted(axes(), first, length) : branchedPositions(known);
    }

    /** Every continuation begins at the position behind the common beginning. */
    private int[][] branchedPositions(int[] groups) {
        int common = (int) Arrays.stream(groups).filter(g -> g == 0).count();
        int[] used = new int[Arrays.stream(groups).max().orElse(0) + 1];
        int[] at = Arrays.stream(groups)
                .map(g -> first + (g == 0 ? used[0]++ : common + used[g]++))
                .toArray();
        return Collections.nCopies(axes(), at).toArray(int[][]::new);
    }

    /** Where a place of the prompt as it was laid out has come to lie behind tokens that steps inserted. */
    int moved(int laidOut) {
        int to = laidOut;
        for (int[] some : inserted) {
            to += to >= some[0] ? some[1] : 0;
        }
        return to;
    }

    /** Makes room for tokens that a step put behind the visual ones, before the first layer. */
    int insert(int count) {
        int at = visualAt.length == 0 ? length() : visualAt[visualAt.length - 1] + 1;
        inserted.add(new int[] {at, count});
        visual = visual.append(count, Math.max(0, grids.size() - 1));
        if (deep != null) {
            deep.append(count);
        }
        int oldLength = length();
        visualAt = IntStream.concat(Arrays.stream(visualAt), IntStream.range(at, at + count))
                .toArray();
        origins = IntStream.range(0, oldLength + count).toArray();
        blocks = at == 0
                ? IntStream.concat(Arrays.stream(Sight.none(count)), Arrays.stream(blocks))
                        .toArray()
                : repeated(blocks, at - 1, count);
        place = oldLength + count;
        int[] from = repeated(IntStream.range(0, oldLength).toArray(), Math.max(0, at - 1), count);
        branches = branches == null ? null : Sight.chosen(branches, from);
        sources = sources == null ? null : Sight.chosen(sources, from);
        followEdges(from, at, count);
        Tensor gated = gates();
        if (gated != null) {
            gates(Tensors.cat(
                    0, gated.narrow(0, 0, at), Tensors.zeros(DType.F32, count), gated.narrow(0, at, oldLength - at)));
        }
        if (axes() == 1) {
            positions = renumbered(place);
            next = first + place;
        } else {
            // Where rows and columns are positions, added tokens stand at the one that they follow.
            positions = Arrays.stream(positions)
                    .map(axis -> repeated(axis, Math.max(0, at - 1), count))
                    .toArray(int[][]::new);
        }
        return at;
    }

    private void followEdges(int[] from, int at, int count) {
        AttentionEdges known = edges;
        edges = known == null ? null : known.follow(from);
        int[] wanted = asked;
        asked = wanted == null
                ? null
                : Arrays.stream(wanted).map(row -> row < at ? row : row + count).toArray();
    }

    /** An axis with the value at one place repeated behind it. */
    private static int[] repeated(int[] axis, int place, int count) {
        int[] out = Arrays.copyOf(axis, axis.length + count);
        System.arraycopy(axis, place + 1, out, place + 1 + count, axis.length - place - 1);
        Arrays.fill(out, place + 1, place + 1 + count, axis[place]);
        return out;
    }
}

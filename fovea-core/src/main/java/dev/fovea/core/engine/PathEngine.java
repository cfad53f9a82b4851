package dev.fovea.core.engine;

import dev.fovea.core.adapt.Additions;
import dev.fovea.core.kernel.BlockAttention;
import dev.fovea.core.layer.Norm;
import dev.fovea.core.message.Printable;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.contrastive.ContrastiveModel;
import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.model.language.MutualSight;
import dev.fovea.core.model.vision.VisionOptions;
import dev.fovea.core.path.Branch;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Slot;
import dev.fovea.core.path.Station;
import dev.fovea.core.technique.Plans;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Takes prompts along the path: pictures through encoder and connector, their tokens and the words through the language
 * model. Holds nothing but the model, so any number of threads may use it at once.
 */
public final class PathEngine {
    /** Tokens, or patches of pictures, that a layer takes at once unless it is told otherwise. */
    public static final int ROWS_AT_ONCE = 2_048;

    private final ModelParts model;
    private final AdaptedModels adapted;
    private final Pace pace;
    private final TokenLayers.Later tokens;

    /** An engine for a model whose weights no plan may change. */
    public PathEngine(ModelParts model) {
        this(model, additions -> {
            throw new IllegalArgumentException(
                    "This plan changes the weights of the model, which cannot be changed here.");
        });
    }

    /**
     * An engine.
     *
     * @param adapt makes the same model with something added to its weights; what it makes lives as long as the model
     */
    public PathEngine(ModelParts model, Function<Additions, ModelParts> adapt) {
        this(model, new AdaptedModels(model, adapt), Pace.of(ROWS_AT_ONCE), new TokenLayers.Later(model.decoder()));
    }

    private PathEngine(ModelParts model, AdaptedModels adapted, Pace pace, TokenLayers.Later tokens) {
        BlockAttention.prepare(model.decoder().dtype());
        this.model = model;
        this.adapted = adapted;
        this.pace = pace;
        this.tokens = tokens;
    }

    /**
     * The same engine with another bound of what a layer has in memory. A prompt of more tokens passes each layer in
     * blocks of at most so many: norms, projections, attention and MLP of one block at a time over the keys and values of
     * all, so that answers stay the same up to rounding and no more than the caches and the states of one layer grow with
     * the prompt. Plans act as they do otherwise, for a station lies between two layers and sees all tokens: what a step
     * asks for is computed of all of them (queries, keys and values of the layer that it looks at; an attention map only
     * where a step declares one). Pictures and tiles pass the encoder some at a time, at least one; a picture of more
     * patches passes it by itself.
     *
     * <p>A prompt is taken whole, whatever its length, where gradients are recorded or nothing is kept of it: while a
     * network learns.
     *
     * @param rows at least 1
     */
    public PathEngine takingAtOnce(int rows) {
        return new PathEngine(model, adapted, pace.taking(rows), tokens);
    }

    /** Tokens, or patches of pictures, that a layer takes at once. */
    public int rowsAtOnce() {
        return pace.rows();
    }

    /**
     * The same engine, which lets others have their turn while it reads pictures and prompts: between two layers, and
     * between two blocks of rows in one. What it reads is what it reads without a break.
     */
    public PathEngine withBreaks(Breaks breaks) {
        return new PathEngine(model, adapted, new Pace(pace.rows(), breaks), tokens);
    }

    /** The engine of the model with something added to its weights. */
    private PathEngine with(Additions additions) {
        if (additions.isEmpty()) {
            return this;
        }
        ModelParts other = adapted.with(additions);
        return new PathEngine(other, adapted, pace, new TokenLayers.Later(other.decoder()));
    }

    public ModelParts model() {
        return model;
    }

    /** Whether what was read of a prompt stays as it is whatever words follow it. */
    public boolean readsForwards() {
        return decoder().options().variant().mutual() != MutualSight.PROMPT;
    }

    /** How the plan of a whole picture has it cut, before it is encoded; null where it leaves it whole. */
    public Decision.@Nullable Cut cut(ImageInput image) {
        try (Scope ignored = Scope.inference()) {
            return new Framing(
                            model.shape().tokenPixels(),
                            model.connector().grouping().side())
                    .cut(image);
        }
    }

    /** Encodes pictures, all together; the caller owns what comes back. */
    public List<EncodedImage> encode(List<ImageInput> images) {
        if (images.isEmpty()) {
            return List.of();
        }
        try (Scope ignored = Scope.inference()) {
            return Groups.each(
                    images,
                    image -> image.run().ofEncoder(image.part()),
                    (additions, own) -> with(additions).encoded(own),
                    image -> image::close);
        }
    }

    /** As above, with gradients if the caller's scope records them. */
    List<EncodedImage> encoded(List<ImageInput> images) {
        int[] patches = images.stream().mapToInt(this::patches).toArray();
        List<EncodedImage> done = new ArrayList<>();
        try {
            for (RowBlock some : RowBlock.of(patches, GradMode.is_enabled() ? Integer.MAX_VALUE : pace.rows())) {
                if (some.start() == 0) {
                    done.addAll(encodedTogether(images.subList(some.sequence(), some.sequence() + some.sequences())));
                }
            }
            return done;
        } catch (RuntimeException e) {
            done.forEach(EncodedImage::close);
            throw e;
        }
    }

    private int patches(ImageInput image) {
        int side = model.vision().options().patches().size();
        return Math.toIntExact(image.pixels().size(1) / side * (image.pixels().size(2) / side));
    }

    private List<EncodedImage> encodedTogether(List<ImageInput> images) {
        int[] layers =
                model.featureLayers().stream().mapToInt(Integer::intValue).toArray();
        ContrastiveModel tower = model.textTower();
        return new EncoderPass(
                        model.vision(),
                        model.connector().grouping(),
                        layers,
                        pace,
                        tower == null
                                ? null
                                : last -> tower.head().patches(model.vision().features(last)))
                .encode(images);
    }

    /** Features in the space that the encoder shares with the paired text tower: {@code [tokens, projection]}. */
    private Tensor shared(Tensor features) {
        Norm norm = model.vision().postNorm();
        ContrastiveModel tower = model.textTower();
        if (norm == null || tower == null) {
            throw new IllegalArgumentException(
                    "The features of this model cannot be compared with the question: its "
                            + "checkpoint has no norm behind the encoder (post_layernorm); use a technique that does not need it.");
        }
        long width = model.vision().options().width();
        Tensor lastLayer = features.narrow(1, features.size(1) - width, width);
        VisionOptions o = model.vision().options();
        boolean normed = o.postNorm() == VisionOptions.PostNorm.FEATURES
                && model.featureLayers().contains(o.layers());
        return Tensors.to(tower.head().patches(normed ? lastLayer : norm.forward(lastLayer)), DType.F32);
    }

    /**
     * A prompt behind the encoder.
     *
     * @param ids token ids, with one placeholder per slot
     * @param slots what each placeholder stands for
     * @param images the images, in order
     * @param run the plan
     * @param ofImages for each image its plan up to the language model
     * @param room tokens to make room for behind the prompt
     * @param worded the token ids of branches that ask otherwise, with the same placeholders
     */
    public record Prompt(
            String name,
            int[] ids,
            List<Slot> slots,
            List<EncodedImage> images,
            PlanRun run,
            List<PlanRun> ofImages,
            int room,
            Map<Branch.Worded, int[]> worded) {

        /** One plan for all images, each of which stands in one place. */
        public Prompt(String name, int[] ids, List<EncodedImage> images, PlanRun run, int room) {
            this(
                    name,
                    ids,
                    IntStream.range(0, images.size()).mapToObj(Slot::whole).toList(),
                    images,
                    run,
                    Collections.nCopies(images.size(), run),
                    room);
        }

        /** A prompt whose plan asks nothing in other words. */
        public Prompt(
                String name,
                int[] ids,
                List<Slot> slots,
                List<EncodedImage> images,
                PlanRun run,
                List<PlanRun> ofImages,
                int room) {
            this(name, ids, slots, images, run, ofImages, room, Map.of());
        }

        /** The first of its tokens, which must hold every placeholder. */
        private Prompt beginning(int tokens) {
            return tokens == ids.length
                    ? this
                    : new Prompt(name, Arrays.copyOf(ids, tokens), slots, images, run, ofImages, room, worded);
        }

        int[] worded(Branch.Worded branch) {
            int[] others = worded.get(branch);
            if (others == null) {
                throw new IllegalArgumentException("A plan asks '" + Printable.of(branch.words())
                        + "' beside the question, but the prompt does not say which tokens that is.");
            }
            return others;
        }
    }

    /** Runs the prompts through connector and language model, all together. The caller owns what comes back. */
    public List<PromptState> prefill(List<Prompt> prompts) {
        return Groups.each(
                prompts,
                prompt -> prompt.run().book().additions(),
                (additions, own) -> with(additions).prefillTogether(own),
                state -> state::close);
    }

    /**
     * A prompt as a function of its tokens, under its plan; the caller closes it.
     *
     * @param filler token whose embedding stands where a token is masked; -1 for zeros
     */
    public PromptGradients gradients(Prompt prompt, int filler) {
        return with(prompt.run().book().additions()).gradientsOf(prompt, filler);
    }

    private PromptGradients gradientsOf(Prompt p, int filler) {
        try (Scope ignored = Scope.inference()) {
            PromptLaying.Laid laid = new PromptLaying(model).prompt(p, projected(items(p, 0)));
            int deep = p.images().isEmpty() ? 0 : model.connector().deep();
            return new PromptGradients(decoder(), laid, deep, filler);
        }
    }

    /** What passes the connector for a prompt. */
    private static List<ConnectorPass.Item> items(Prompt p, int number) {
        List<ConnectorPass.Item> items = new ArrayList<>();
        for (int i = 0; i < p.images().size(); i++) {
            items.add(new ConnectorPass.Item(
                    p.images().get(i),
                    number,
                    imageName(p.name(), i),
                    p.ofImages().get(i)));
        }
        return items;
    }

    /**
     * How fast the log-odds of a next token, {@code log(p / (1 - p))}, rise when a prompt's tokens look harder at others:
     * when the scores of some queries towards a token are raised in a layer, in all heads alike, before the softmax. A model
     * that is sure of its answer hangs on what it looks at no less than one that is not, which the probability alone would
     * hide. One pass forwards and one back; nothing of the prompt is kept.
     *
     * @param token the next token
     * @param queries groups of places in the sequence
     * @return {@code [layers][groups][tokens of the sequence]}, summed over the queries of a group
     * @throws IllegalArgumentException if a place or the token is none
     */
    public float[][][] attentionSlopes(Prompt prompt, int token, List<int[]> queries) {
        return with(prompt.run().book().additions()).slopes(prompt, token, queries);
    }

    private float[][][] slopes(Prompt p, int token, List<int[]> queries) {
        try (Scope ignored = Scope.training()) {
            PromptLaying.Laid laid = new PromptLaying(model).once(p, projected(items(p, 0)));
            return AttentionSlopes.read(decoder(), laid, token, queries);
        }
    }

    /** Where a plan decides what remains of the pictures, the words behind them are read over what does. */
    private List<PromptState> prefillTogether(List<Prompt> prompts) {
        TokenLayers plain = tokens.get();
        if (plain != null) {
            plain.prepare();
        }
        int[] first = prompts.stream().mapToInt(this::readFirst).toArray();
        List<PromptState> states = new ArrayList<>();
        try {
            begin(prompts, first, states);
            List<PromptState> going = new ArrayList<>();
            List<int[]> behind = new ArrayList<>();
            for (int i = 0; i < first.length; i++) {
                Prompt p = prompts.get(i);
                int[] rest = Arrays.copyOfRange(p.ids(), first[i], p.ids().length);
                passCache(states.get(i), p, Station.Behind.PICTURES, rest.length);
                if (rest.length > 0) {
                    going.add(states.get(i));
                    behind.add(rest);
                }
            }
            if (!going.isEmpty()) {
                extendTogether(going, behind, false);
            }
            for (int i = 0; i < first.length; i++) {
                passCache(states.get(i), prompts.get(i), Station.Behind.PROMPT, 0);
            }
            return states;
        } catch (RuntimeException e) {
            states.forEach(PromptState::close);
            throw e;
        }
    }

    /** How many tokens of a prompt are read before those behind them. */
    private int readFirst(Prompt p) {
        int n = p.ids().length;
        if (!Plans.readsPicturesFirst(p.run().book().plan())) {
            return n;
        }
        int behindPictures = n;
        while (behindPictures > 0 && !model.isPlaceholder(p.ids()[behindPictures - 1])) {
            behindPictures--;
        }
        return behindPictures == 0 ? n : behindPictures;
    }

    private static void passCache(PromptState state, Prompt p, Station.Behind behind, int unread) {
        try (Scope ignored = Scope.inference()) {
            new CacheStation(state.sequence(), behind).pass(unread + p.room());
            state.companions().values().forEach(s -> new CacheStation(s, behind).pass(unread + p.room()));
        }
    }

    /**
     * Reads prompts, or as much of them as must be read first, and the branches beside them.
     *
     * @param first how many tokens of each are read
     * @param states takes what was read
     */
    private void begin(List<Prompt> prompts, int[] first, List<PromptState> states) {
        try (Scope ignored = Scope.inference();
                BranchReading branches = new BranchReading(model, pace)) {
            List<ConnectorPass.Item> items = new ArrayList<>();
            for (int number = 0; number < prompts.size(); number++) {
                items.addAll(items(prompts.get(number), number));
            }
            List<ConnectorPass.Projected> projected = projected(items);
            List<Tensor> embeddings = new ArrayList<>();
            int from = 0;
            for (int i = 0; i < prompts.size(); i++) {
                Prompt p = prompts.get(i);
                int to = from + p.images().size();
                List<ConnectorPass.Projected> own = projected.subList(from, to);
                PromptLaying.Laid laid = new PromptLaying(model).prompt(p.beginning(first[i]), own);
                embeddings.addAll(laid.embeddings());
                PromptState state = state(p.beginning(first[i]), laid, own);
                states.add(state);
                branches.probe(p, own, state);
                from = to;
            }
            branches.readProbes();
            List<DecoderPass.Chunk> chunks = new ArrayList<>();
            states.forEach(state -> chunks.add(new DecoderPass.Chunk(state.sequence(), 0, true)));
            from = 0;
            for (int i = 0; i < prompts.size(); i++) {
                Prompt p = prompts.get(i);
                int to = from + p.images().size();
                branches.companions(p.beginning(first[i]), projected.subList(from, to), states.get(i))
                        .forEach(laid -> {
                            embeddings.addAll(laid.embeddings());
                            chunks.add(new DecoderPass.Chunk(laid.sequence(), 0, true));
                        });
                from = to;
            }
            run(
                    states,
                    chunks,
                    packed(embeddings),
                    i -> first[i] == prompts.get(i).ids().length);
            states.forEach(PromptState::settle);
            for (DecoderPass.Chunk chunk : chunks) {
                chunk.sequence().deep(null);
            }
        }
    }

    /** Pictures behind the connector, with gradients if the caller's scope records them. */
    List<ConnectorPass.Projected> projected(List<ConnectorPass.Item> items) {
        if (items.isEmpty()) {
            return List.of();
        }
        return new ConnectorPass(
                        model.connector(),
                        model.vision().options().classToken(),
                        model.clsIsFeature(),
                        pace.rows(),
                        this::shared)
                .project(items);
    }

    /** Feeds one or more further tokens of the prompt to each, all together, and updates their logits. */
    public void extend(List<PromptState> states, List<int[]> tokens) {
        extend(states, tokens, false);
    }

    /** The same with tokens of the answer. */
    public void answer(List<PromptState> states, List<int[]> tokens) {
        extend(states, tokens, true);
    }

    /**
     * Feeds tokens of an answer of which only the first is certain, and learns in one pass what follows each. The state then
     * looks at the first of them ({@link PromptState#look}) until it is told how many are kept ({@link PromptState#keep}).
     * Attention sees what it would see if they came one by one.
     *
     * @throws IllegalArgumentException if the plan decides about logits
     */
    public void guess(PromptState state, int[] tokens) {
        if (!state.mayGuess()) {
            throw new IllegalArgumentException(
                    "A plan that decides about logits must be asked token by token; decode" + " without guesses.");
        }
        with(state.sequence().book().additions()).guessed(state, tokens);
    }

    private void guessed(PromptState state, int[] tokens) {
        try (Scope ignored = Scope.inference()) {
            state.append(tokens, true);
            DecoderPass.Chunk chunk = new DecoderPass.Chunk(state.sequence(), tokens.length, false, true);
            Read read = read(List.of(chunk), decoder().embed(tokens));
            state.guessed(rows(read.logits, tokens.length), rows(read.finalStates, tokens.length));
        }
    }

    private static List<float[]> rows(float[] all, int count) {
        int width = all.length / count;
        return IntStream.range(0, count).mapToObj(i -> row(all, i, width)).toList();
    }

    private void extend(List<PromptState> states, List<int[]> tokens, boolean answer) {
        Groups.each(
                IntStream.range(0, states.size()).boxed().toList(),
                i -> states.get(i).sequence().book().additions(),
                (additions, own) -> {
                    with(additions)
                            .extendTogether(
                                    own.stream().map(states::get).toList(),
                                    own.stream().map(tokens::get).toList(),
                                    answer);
                    return own;
                },
                i -> () -> {});
    }

    /** Those whose tokens are plain pass the model by themselves, so that they do not hang on what becomes of others. */
    private void extendTogether(List<PromptState> states, List<int[]> tokens, boolean answer) {
        try (Scope ignored = Scope.inference()) {
            Map<Boolean, List<Fed>> parts = IntStream.range(0, states.size())
                    .mapToObj(i -> fed(states.get(i), tokens.get(i), answer))
                    .collect(Collectors.partitioningBy(fed -> plainly(fed.chunks()) != null));
            parts.values().stream().filter(part -> !part.isEmpty()).forEach(this::extendTogether);
        }
    }

    /** Tokens that a prompt and the branches beside it are fed. */
    private record Fed(PromptState state, List<DecoderPass.Chunk> chunks, int[] tokens) {}

    private static Fed fed(PromptState state, int[] tokens, boolean answer) {
        state.append(tokens, answer);
        List<DecoderPass.Chunk> chunks = new ArrayList<>();
        chunks.add(new DecoderPass.Chunk(state.sequence(), tokens.length, false));
        for (Sequence companion : state.companions().values()) {
            chunks.add(new DecoderPass.Chunk(companion, tokens.length, false));
        }
        return new Fed(state, chunks, tokens);
    }

    private void extendTogether(List<Fed> fed) {
        List<DecoderPass.Chunk> chunks = new ArrayList<>();
        List<int[]> ids = new ArrayList<>();
        for (Fed one : fed) {
            chunks.add(one.chunks.getFirst());
            ids.add(one.tokens);
        }
        for (Fed one : fed) {
            List<DecoderPass.Chunk> beside = one.chunks.subList(1, one.chunks.size());
            chunks.addAll(beside);
            ids.addAll(Collections.nCopies(beside.size(), one.tokens));
        }
        int[] all = ids.stream().flatMapToInt(Arrays::stream).toArray();
        run(fed.stream().map(Fed::state).toList(), chunks, decoder().embed(all), i -> true);
    }

    /** The layers as plain tokens pass them, or null where something acts on some of these. */
    private @Nullable TokenLayers plainly(List<DecoderPass.Chunk> chunks) {
        TokenLayers layers = tokens.get();
        return layers != null
                        && !GradMode.is_enabled()
                        && chunks.stream().allMatch(chunk -> TokenPass.takes(layers, chunk))
                ? layers
                : null;
    }

    /**
     * What a pass made of the tokens asked for.
     *
     * @param logits {@code [asked, vocabulary]}, row after row
     * @param finalStates behind the final norm: {@code [asked, width]}
     * @param late to each sequence
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on at once; never compared
    private record Read(float[] logits, float[] finalStates, List<Map<Signal.LateLogits, float[]>> late) {}

    private Read read(List<DecoderPass.Chunk> chunks, Tensor embeddings) {
        TokenLayers layers = plainly(chunks);
        if (layers != null && layers.ready((int) embeddings.size(0))) {
            TokenPass pass = new TokenPass(layers, chunks, pace.breaks());
            float[] logits = pass.run(embeddings);
            return new Read(logits, pass.finalStates(), Collections.nCopies(chunks.size(), Map.of()));
        }
        DecoderPass pass = new DecoderPass(decoder(), chunks, pace);
        Tensor logits = pass.run(embeddings);
        return new Read(Tensors.floats(logits), pass.finalStates(), pass.taps().lateLogits(decoder()));
    }

    /**
     * Runs a pass and tells prompts what comes next.
     *
     * @param chunks those of the prompts, then those of the branches beside them
     * @param wanted which of the prompts are told
     */
    private void run(List<PromptState> states, List<DecoderPass.Chunk> chunks, Tensor embeddings, IntPredicate wanted) {
        Read read = read(chunks, embeddings);
        int vocabulary = read.logits.length / chunks.size();
        int width = read.finalStates.length / chunks.size();
        Map<Sequence, float[]> ofBranches = new IdentityHashMap<>();
        for (int c = states.size(); c < chunks.size(); c++) {
            ofBranches.put(chunks.get(c).sequence(), row(read.logits, c, vocabulary));
        }
        for (int i = 0; i < states.size(); i++) {
            if (wanted.test(i)) {
                states.get(i)
                        .deliver(
                                row(read.logits, i, vocabulary),
                                ofBranches,
                                read.late.get(i),
                                row(read.finalStates, i, width));
            }
        }
    }

    private static float[] row(float[] all, int row, int width) {
        return Arrays.copyOfRange(all, row * width, (row + 1) * width);
    }

    private PromptState state(Prompt p, PromptLaying.Laid laid, List<ConnectorPass.Projected> images) {
        PromptState state = new PromptState(
                laid.sequence(),
                p.ids(),
                laid.places(),
                p.images(),
                images.stream().map(ConnectorPass.Projected::decided).toList(),
                model.clsIsFeature(),
                model::isPlaceholder);
        state.watch(p.run().watched());
        state.gather(p.run().followed());
        return state;
    }

    private static Tensor packed(List<Tensor> parts) {
        return Tensors.cat(0, parts.toArray(Tensor[]::new));
    }

    private Decoder decoder() {
        return model.decoder();
    }

    static String promptName(int prompt) {
        return "prompt" + prompt + ".";
    }

    public static String imageName(String prompt, int image) {
        return prompt + "image" + image + ".";
    }
}

package dev.fovea.core.engine;

import dev.fovea.core.adapt.Additions;
import dev.fovea.core.layer.Norm;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.contrastive.ContrastiveModel;
import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.model.language.KvCache;
import dev.fovea.core.model.language.MutualSight;
import dev.fovea.core.model.language.PositionIds;
import dev.fovea.core.model.vision.VisionOptions;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Slot;
import dev.fovea.core.path.Station;
import dev.fovea.core.technique.Plans;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.text.TextException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntPredicate;
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
    private final int most;

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
        this(model, new AdaptedModels(model, adapt), ROWS_AT_ONCE);
    }

    private PathEngine(ModelParts model, AdaptedModels adapted, int most) {
        this.model = model;
        this.adapted = adapted;
        this.most = most;
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
        if (rows < 1) {
            throw new IllegalArgumentException("A layer takes at least one token at once, not " + rows + ".");
        }
        return new PathEngine(model, adapted, rows);
    }

    /** The engine of the model with something added to its weights. */
    private PathEngine with(Additions additions) {
        return additions.isEmpty() ? this : new PathEngine(adapted.with(additions), adapted, most);
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
            for (RowBlock some : RowBlock.of(patches, GradMode.is_enabled() ? Integer.MAX_VALUE : most)) {
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
                        most,
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
     */
    public record Prompt(
            String name,
            int[] ids,
            List<Slot> slots,
            List<EncodedImage> images,
            PlanRun run,
            List<PlanRun> ofImages,
            int room) {

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

        /** The first of its tokens, which must hold every placeholder. */
        private Prompt beginning(int tokens) {
            return tokens == ids.length
                    ? this
                    : new Prompt(name, Arrays.copyOf(ids, tokens), slots, images, run, ofImages, room);
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

    /** Where a plan decides what remains of the pictures, the words behind them are read over what does. */
    private List<PromptState> prefillTogether(List<Prompt> prompts) {
        int[] first = prompts.stream().mapToInt(this::readFirst).toArray();
        List<Prompt> beginnings = IntStream.range(0, first.length)
                .mapToObj(i -> prompts.get(i).beginning(first[i]))
                .toList();
        List<PromptState> states = new ArrayList<>();
        try {
            begin(beginnings, states, i -> first[i] == prompts.get(i).ids().length);
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
                extendTogether(going, behind);
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
        }
    }

    /**
     * Reads prompts, or as much of them as must be read first.
     *
     * @param states takes what was read
     * @param whole whether nothing of a prompt is left: what its last token predicts is asked for
     */
    private void begin(List<Prompt> prompts, List<PromptState> states, IntPredicate whole) {
        try (Scope ignored = Scope.inference()) {
            List<ConnectorPass.Item> items = new ArrayList<>();
            for (int number = 0; number < prompts.size(); number++) {
                Prompt p = prompts.get(number);
                for (int i = 0; i < p.images().size(); i++) {
                    items.add(new ConnectorPass.Item(
                            p.images().get(i),
                            number,
                            imageName(p.name(), i),
                            p.ofImages().get(i)));
                }
            }
            List<ConnectorPass.Projected> projected = projected(items);
            List<DecoderPass.Chunk> chunks = new ArrayList<>();
            List<Tensor> embeddings = new ArrayList<>();
            int from = 0;
            for (Prompt p : prompts) {
                int to = from + p.images().size();
                PromptState state = state(p, projected.subList(from, to), embeddings);
                states.add(state);
                chunks.add(new DecoderPass.Chunk(state.sequence(), 0, true));
                from = to;
            }
            for (PromptState state : states) {
                Sequence blind = state.blind();
                // A prompt may begin with its pictures: then the branch without them has nothing to read yet.
                if (blind != null && blind.length() > 0) {
                    embeddings.add(decoder().embed(withoutImages(state.ids())));
                    chunks.add(new DecoderPass.Chunk(blind, 0, true));
                }
            }
            DecoderPass pass = new DecoderPass(decoder(), chunks, most);
            deliver(states, chunks, pass.run(packed(embeddings)), pass.finalStates(), whole);
            states.forEach(state -> state.sequence().deep(null));
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
                        most,
                        this::shared)
                .project(items);
    }

    /** Feeds one or more further tokens to each prompt, all together, and updates their logits. */
    public void extend(List<PromptState> states, List<int[]> tokens) {
        Groups.each(
                IntStream.range(0, states.size()).boxed().toList(),
                i -> states.get(i).sequence().book().additions(),
                (additions, own) -> {
                    with(additions)
                            .extendTogether(
                                    own.stream().map(states::get).toList(),
                                    own.stream().map(tokens::get).toList());
                    return own;
                },
                i -> () -> {});
    }

    private void extendTogether(List<PromptState> states, List<int[]> tokens) {
        try (Scope ignored = Scope.inference()) {
            List<DecoderPass.Chunk> chunks = new ArrayList<>();
            List<int[]> fed = new ArrayList<>();
            for (int i = 0; i < states.size(); i++) {
                PromptState state = states.get(i);
                state.append(tokens.get(i));
                chunks.add(new DecoderPass.Chunk(state.sequence(), tokens.get(i).length, false));
                fed.add(tokens.get(i));
            }
            for (int i = 0; i < states.size(); i++) {
                Sequence blind = states.get(i).blind();
                if (blind != null) {
                    chunks.add(new DecoderPass.Chunk(blind, tokens.get(i).length, false));
                    fed.add(tokens.get(i));
                }
            }
            int[] all = fed.stream().flatMapToInt(Arrays::stream).toArray();
            DecoderPass pass = new DecoderPass(decoder(), chunks, most);
            deliver(states, chunks, pass.run(decoder().embed(all)), pass.finalStates(), i -> true);
        }
    }

    /**
     * Tells prompts what comes next.
     *
     * @param chunks those of the prompts, then those of the branches without pictures, a row of the results each
     * @param wanted which of the prompts are told
     */
    private static void deliver(
            List<PromptState> states,
            List<DecoderPass.Chunk> chunks,
            Tensor logits,
            float[] finalStates,
            IntPredicate wanted) {
        float[] all = Tensors.floats(logits);
        int vocabulary = (int) logits.size(1);
        int width = finalStates.length / (int) logits.size(0);
        int blindRow = states.size();
        for (int i = 0; i < states.size(); i++) {
            float[] blind = null;
            if (blindRow < chunks.size()
                    && chunks.get(blindRow).sequence() == states.get(i).blind()) {
                blind = row(all, blindRow++, vocabulary);
            }
            if (wanted.test(i)) {
                states.get(i).deliver(row(all, i, vocabulary), blind, row(finalStates, i, width));
            }
        }
    }

    private static float[] row(float[] all, int row, int width) {
        return Arrays.copyOfRange(all, row * width, (row + 1) * width);
    }

    /** Lays a prompt out: words and visual tokens in their order. Adds its embeddings to {@code embeddings}. */
    private PromptState state(Prompt p, List<ConnectorPass.Projected> images, List<Tensor> embeddings) {
        int[] ids = p.ids();
        checkImages(ids, p.slots().size());
        Tensor words = decoder().embed(withPlaceholder(ids));
        SlotTokens visual = new SlotTokens(images, grids(p), model);
        int[] places = new int[ids.length + 1];
        int place = 0;
        int slot = 0;
        int wordsFrom = 0;
        for (int i = 0; i < ids.length; i++) {
            places[i] = place;
            if (model.isPlaceholder(ids[i])) {
                if (i > wordsFrom) {
                    embeddings.add(words.narrow(0, wordsFrom, i - wordsFrom));
                }
                Tensor tokens = visual.take(p.slots().get(slot++), place);
                embeddings.add(tokens);
                place += (int) tokens.size(0);
                wordsFrom = i + 1;
            } else {
                place++;
            }
        }
        places[ids.length] = place;
        if (wordsFrom < ids.length) {
            embeddings.add(words.narrow(0, wordsFrom, ids.length - wordsFrom));
        }
        PromptState state = new PromptState(
                sequence(p, images, place, visual),
                p.run().book().declares(Signal.ImageFreeLogProbabilities.class) && !images.isEmpty() ? blind(p) : null,
                ids,
                places,
                p.images(),
                images.stream().map(ConnectorPass.Projected::decided).toList(),
                model.clsIsFeature(),
                model::isPlaceholder);
        state.watch(p.run().watched());
        return state;
    }

    private static List<Ledger.Grid> grids(Prompt p) {
        return p.images().stream().map(EncodedImage::grid).toList();
    }

    private Sequence sequence(Prompt p, List<ConnectorPass.Projected> images, int length, SlotTokens taken) {
        List<Ledger.Grid> grids = grids(p);
        boolean cls = model.clsIsFeature();
        int total = grids.stream().mapToInt(g -> g.tokens() + (cls ? 1 : 0)).sum();
        PromptFactors factors = factors(images);
        VisualTokens visual = taken.visual();
        int[] visualAt = taken.at();
        PositionIds.Laid positions = new PromptPositions(model).of(p.ids(), grids, visual, visualAt, length);
        Sequence sequence = new Sequence(
                p.name(),
                p.run(),
                new KvCache(decoder().options(), decoder().dtype(), length + p.room()),
                positions.ids(),
                positions.next(),
                new PromptBlocks(decoder().options().variant().mutual(), model::isPlaceholder)
                        .of(p.ids(), visual, visualAt, length),
                visualAt,
                visual,
                total,
                grids,
                images.stream().map(ConnectorPass.Projected::carried).toList());
        sequence.factors(factors == null ? null : factors.kept());
        if (!images.isEmpty()) {
            sequence.deep(
                    DeepFeatures.of(images, taken::ordered, model.connector().deep()));
        }
        return sequence;
    }

    private @Nullable PromptFactors factors(List<ConnectorPass.Projected> images) {
        return PromptFactors.of(images.stream().flatMap(i -> i.added().stream()).toList(), decoder());
    }

    /** The same words for a second branch that never sees the pictures. */
    private Sequence blind(Prompt p) {
        int length = withoutImages(p.ids()).length;
        KvCache cache = new KvCache(decoder().options(), decoder().dtype(), length + p.room());
        int[] blocks = new PromptBlocks(decoder().options().variant().mutual(), model::isPlaceholder)
                .of(withoutImages(p.ids()), VisualTokens.ofCells(0), new int[0], length);
        return Sequence.ofText(cache, blocks, model.positions().axes());
    }

    private void checkImages(int[] ids, int images) {
        long tokens = Arrays.stream(ids).filter(model::isPlaceholder).count();
        if (tokens < images) {
            throw new TextException("The chat template of the model has a place for " + tokens + " of " + images
                    + (images == 1 ? " picture" : " pictures") + "; take the one that the model was published with");
        }
        if (tokens > images) {
            throw new IllegalArgumentException("The prompt has " + tokens + " image tokens for " + images
                    + (images == 1 ? " picture" : " pictures")
                    + "; leave the model's image token out of the question.");
        }
    }

    private int[] withoutImages(int[] ids) {
        return Arrays.stream(ids).filter(id -> !model.isPlaceholder(id)).toArray();
    }

    /** A placeholder may lie outside of the embedding; its row is never used. */
    private int[] withPlaceholder(int[] ids) {
        return Arrays.stream(ids).map(id -> model.isPlaceholder(id) ? 0 : id).toArray();
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

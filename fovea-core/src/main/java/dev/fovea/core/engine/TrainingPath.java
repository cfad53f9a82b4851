package dev.fovea.core.engine;

import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.connector.Grouping;
import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.model.language.PositionIds;
import dev.fovea.core.model.vision.VisionEncoder;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The path while a network learns: the passes that answer, in the caller's {@link dev.fovea.core.tensor.Scope}, which
 * decides whether gradients are recorded. Nothing is cached, the logits of any token may be asked for, and several
 * continuations may be packed behind one picture. Plans act as they do when the network answers; what a decision moves,
 * it moves with its gradient, and a dropped token gets none.
 *
 * <p>Holds nothing but the network, so any number of threads may use it at once.
 */
public final class TrainingPath {
    private final Decoder decoder;
    private final PositionIds positions;
    private final @Nullable ModelParts model;

    private TrainingPath(Decoder decoder, PositionIds positions, @Nullable ModelParts model) {
        this.decoder = decoder;
        this.positions = positions;
        this.model = model;
    }

    /** The whole path of a model. */
    public static TrainingPath of(ModelParts model) {
        return new TrainingPath(model.decoder(), model.positions(), model);
    }

    /** The language model alone: prompts of words and of visual tokens made elsewhere. */
    public static TrainingPath of(Decoder decoder, PositionIds positions) {
        return new TrainingPath(decoder, positions, null);
    }

    /**
     * Hidden states of pictures cut into patches: behind each number of {@code layers} (0 = embeddings) {@code [pictures,
     * rows, width]}, class token first where it is asked for.
     */
    public static List<Tensor> states(VisionEncoder encoder, Grouping grouping, CutPictures pictures, int... layers) {
        return new EncoderPass(encoder, grouping, layers, Pace.whole(), null).states(pictures);
    }

    /**
     * Encodes pictures under their plans, all together; the caller closes what comes back.
     *
     * @throws IllegalStateException if this is the language model alone
     */
    public List<EncodedImage> encode(List<ImageInput> images) {
        return engine().encoded(images);
    }

    /** A stretch of a prompt. */
    public sealed interface Span {

        /** Words, by token id. */
        @SuppressWarnings("ArrayRecordComponent") // handed on at once; never compared
        record Words(int[] ids) implements Span {}

        /** An encoded picture, which passes the connector on its way in. */
        record Picture(EncodedImage image) implements Span {}

        /**
         * Visual tokens as the language model takes them.
         *
         * @param tokens {@code [tokens, decoder width]}
         * @param cells of the grid, counted row by row, at which they stand
         */
        @SuppressWarnings("ArrayRecordComponent") // handed on at once; never compared
        record Given(Tensor tokens, int[] cells, Ledger.Grid grid) implements Span {}
    }

    /**
     * A prompt with its continuations.
     *
     * @param spans in their order
     * @param run the plan
     * @param branches of each word, in their order, 0 where it is common, otherwise which of the continuations it belongs
     *     to: these do not see each other, and all begin at the position behind what is common. Null where there is one
     * @param positions position ids if they are not what the model gives, for prompts of words and
     *     given tokens; or null
     * @param asked ascending indices of the words whose successors are asked for
     * @param answer how many of the last words are the answer that is learned from. Steps see what is before it, as they
     *     do when the network answers; what they decide holds for the answer too. 0 where several continuations are packed
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on at once; never compared
    public record Prompt(
            List<Span> spans,
            PlanRun run,
            int @Nullable [] branches,
            PositionIds.@Nullable Laid positions,
            int[] asked,
            int answer) {
        public Prompt(
                List<Span> spans,
                PlanRun run,
                int @Nullable [] branches,
                PositionIds.@Nullable Laid positions,
                int[] asked,
                int answer) {
            this.spans = List.copyOf(spans);
            this.run = run;
            this.branches = branches;
            this.positions = positions;
            this.asked = asked;
            this.answer = answer;
            Span last = this.spans.isEmpty() ? new Span.Words(new int[0]) : this.spans.getLast();
            if (answer < 0 || (answer > 0 && !(last instanceof Span.Words w && w.ids().length >= answer))) {
                throw new IllegalArgumentException("A prompt says that its last " + answer
                        + " words are an answer, but does not end with as many words");
            }
        }

        /** A prompt whose steps see all of it. */
        public Prompt(
                List<Span> spans,
                PlanRun run,
                int @Nullable [] branches,
                PositionIds.@Nullable Laid positions,
                int[] asked) {
            this(spans, run, branches, positions, asked, 0);
        }

        private int words() {
            return spans.stream()
                    .mapToInt(s -> s instanceof Span.Words w ? w.ids().length : 0)
                    .sum();
        }
    }

    /**
     * What reading some prompts gave: what the model makes of the words asked for, those of one prompt after those of the
     * one before.
     *
     * @param states behind the last layer, before its norm: {@code [asked, width]}
     * @param logits of what it expects next: {@code [asked, vocabulary]}, f32
     * @param visualTokens of each prompt in each layer of the language model
     */
    public record Read(Tensor states, Tensor logits, List<List<Integer>> visualTokens) {}

    /** The logits of {@link #read}. */
    public Tensor logits(List<Prompt> prompts) {
        return read(prompts).logits();
    }

    /**
     * Reads prompts, each to its end.
     *
     * @throws IllegalArgumentException if a prompt's arrays disagree, or its plan cannot run
     */
    public Read read(List<Prompt> prompts) {
        List<ConnectorPass.Projected> pictures = project(prompts);
        Tensor[] words = words(prompts);
        List<Tensor> embeddings = new ArrayList<>();
        List<DecoderPass.Chunk> chunks = new ArrayList<>();
        int picture = 0;
        int word = 0;
        for (int p = 0; p < prompts.size(); p++) {
            Assembly assembly = new Assembly();
            for (Span span : prompts.get(p).spans()) {
                switch (span) {
                    case Span.Words w -> {
                        embeddings.add(words[word++]);
                        assembly.words(w.ids().length);
                    }
                    case Span.Picture image -> {
                        ConnectorPass.Projected projected = pictures.get(picture++);
                        embeddings.add(projected.tokens());
                        assembly.picture(image.image().grid(), projected, (int)
                                projected.tokens().size(0));
                    }
                    case Span.Given given -> {
                        embeddings.add(given.tokens());
                        VisualTokens whole = VisualTokens.ofCells(given.grid().tokens());
                        assembly.picture(
                                given.grid(),
                                new ConnectorPass.Projected(
                                        given.tokens(),
                                        null,
                                        whole.keep(given.cells()),
                                        new Carried(false),
                                        List.of(),
                                        List.of()),
                                given.cells().length);
                    }
                }
            }
            chunks.add(new DecoderPass.Chunk(assembly.sequence(prompts.get(p), PathEngine.promptName(p)), 0, true));
        }
        DecoderPass.Made made =
                new DecoderPass(decoder, chunks, Pace.whole()).read(Tensors.cat(0, embeddings.toArray(Tensor[]::new)));
        return new Read(
                made.states(),
                made.logits(),
                chunks.stream()
                        .map(c -> List.copyOf(c.sequence().decoderTokens()))
                        .toList());
    }

    private PathEngine engine() {
        if (model == null) {
            throw new IllegalStateException("This path begins behind the connector: it takes no pictures");
        }
        return new PathEngine(model);
    }

    /** All pictures of all prompts through the connector, together. */
    private List<ConnectorPass.Projected> project(List<Prompt> prompts) {
        List<ConnectorPass.Item> items = new ArrayList<>();
        for (int p = 0; p < prompts.size(); p++) {
            int image = 0;
            for (Span span : prompts.get(p).spans()) {
                if (span instanceof Span.Picture picture) {
                    items.add(new ConnectorPass.Item(
                            picture.image(),
                            p,
                            PathEngine.imageName(PathEngine.promptName(p), image++),
                            prompts.get(p).run()));
                }
            }
        }
        return items.isEmpty() ? List.of() : engine().projected(items);
    }

    /** Embeddings of all words of all prompts, looked up together, by span. */
    private Tensor[] words(List<Prompt> prompts) {
        List<int[]> spans = prompts.stream()
                .flatMap(p -> p.spans().stream())
                .filter(Span.Words.class::isInstance)
                .map(s -> ((Span.Words) s).ids())
                .toList();
        if (spans.isEmpty()) {
            return new Tensor[0];
        }
        Tensor all = decoder.embed(spans.stream().flatMapToInt(Arrays::stream).toArray());
        return Tensors.split(all, 0, spans.stream().mapToInt(s -> s.length).toArray());
    }

    /** Puts one prompt together. */
    private final class Assembly {
        private final List<Ledger.Grid> grids = new ArrayList<>();
        private final List<ConnectorPass.Projected> images = new ArrayList<>();
        private final List<PositionIds.Span> laid = new ArrayList<>();
        private final List<Integer> visualAt = new ArrayList<>();
        private final List<Integer> wordsAt = new ArrayList<>();
        private final List<Integer> blocks = new ArrayList<>();
        private int length;

        void words(int count) {
            blocks.addAll(Collections.nCopies(count, Sight.NONE));
            laid.add(new PositionIds.Words(count));
            IntStream.range(length, length + count).forEach(wordsAt::add);
            length += count;
        }

        void picture(Ledger.Grid grid, ConnectorPass.Projected projected, int count) {
            grids.add(grid);
            images.add(projected);
            // Pictures with nothing between them are one block.
            boolean behindOne = length > 0 && blocks.get(length - 1) != Sight.NONE;
            blocks.addAll(Collections.nCopies(count, behindOne ? blocks.get(length - 1) : length));
            laid.add(new PositionIds.Picture(grid.rows(), grid.cols(), grid.part()));
            IntStream.range(length, length + count).forEach(visualAt::add);
            length += count;
        }

        Sequence sequence(Prompt prompt, String name) {
            int[] branches = prompt.branches();
            if (branches != null && branches.length != prompt.words()) {
                throw new IllegalArgumentException("A prompt of " + prompt.words() + " words says of " + branches.length
                        + " which continuation they belong to; say it of each");
            }
            int[] visual = visualAt.stream().mapToInt(Integer::intValue).toArray();
            boolean cls = model != null && model.clsIsFeature();
            VisualTokens tokens = VisualTokens.join(
                    images.stream().map(ConnectorPass.Projected::visual).toList(), cls);
            int[] groups = branches == null ? null : groups(branches);
            PositionIds.Laid ids = positions(prompt, tokens, visual, groups);
            Sequence sequence = new Sequence(
                    name,
                    prompt.run(),
                    null,
                    ids.ids(),
                    ids.next(),
                    blocks(prompt.asked()),
                    visual,
                    tokens,
                    grids.stream().mapToInt(g -> g.tokens() + (cls ? 1 : 0)).sum(),
                    grids,
                    images.stream().map(ConnectorPass.Projected::carried).toList(),
                    groups,
                    Arrays.stream(prompt.asked()).map(wordsAt::get).toArray(),
                    prompt.answer());
            sequence.factors(PromptFactors.of(
                    images.stream().flatMap(i -> i.added().stream()).toList(), decoder));
            sequence.deep(DeepFeatures.of(
                    images, model == null ? 0 : model.connector().deep()));
            return sequence;
        }

        /** Who sees whom both ways; a prompt ends where the first answer begins. */
        private int[] blocks(int[] asked) {
            return switch (decoder.options().variant().mutual()) {
                case NONE -> Sight.none(length);
                case PICTURES -> blocks.stream().mapToInt(Integer::intValue).toArray();
                case PROMPT -> {
                    int[] all = Sight.none(length);
                    Arrays.fill(all, 0, asked.length == 0 ? length : wordsAt.get(asked[0]) + 1, 0);
                    yield all;
                }
            };
        }

        /** Visual tokens are common to all continuations. */
        private int[] groups(int[] branches) {
            int[] groups = new int[length];
            for (int w = 0; w < branches.length; w++) {
                groups[wordsAt.get(w)] = branches[w];
            }
            return groups;
        }

        private PositionIds.Laid positions(Prompt prompt, VisualTokens tokens, int[] visual, int @Nullable [] groups) {
            PositionIds.Laid given = prompt.positions();
            if (given != null) {
                int[][] ids = given.ids();
                if (ids.length != positions.axes() || ids[0].length != length) {
                    throw new IllegalArgumentException("A prompt of " + length + " tokens is given " + ids[0].length
                            + " positions on " + ids.length + " axes; the model counts on " + positions.axes());
                }
                return given;
            }
            PositionIds.Laid plain = PromptPositions.of(positions, laid, grids, tokens, visual, length);
            return groups == null ? plain : branched(plain, groups);
        }

        /** Every continuation begins where the first one does. */
        private PositionIds.Laid branched(PositionIds.Laid plain, int[] groups) {
            int[] first = new int[Arrays.stream(groups).max().orElse(0) + 1];
            Arrays.fill(first, -1);
            int begin = -1;
            int[][] ids = Arrays.stream(plain.ids()).map(int[]::clone).toArray(int[][]::new);
            for (int i = 0; i < groups.length; i++) {
                int g = groups[i];
                if (g == 0) {
                    continue;
                }
                begin = begin < 0 ? i : begin;
                first[g] = first[g] < 0 ? i : first[g];
                for (int[] axis : ids) {
                    axis[i] = axis[i] - (first[g] - begin);
                }
            }
            return new PositionIds.Laid(ids, plain.next());
        }
    }
}

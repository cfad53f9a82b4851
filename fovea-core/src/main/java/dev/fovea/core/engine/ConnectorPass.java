package dev.fovea.core.engine;

import dev.fovea.core.adapt.Additions;
import dev.fovea.core.model.connector.Connector;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Rows;
import dev.fovea.core.path.Seen;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Takes encoded pictures through the connector. What is dropped before anyone asked for projected tokens is never
 * projected; all pictures that nobody asked about are projected together.
 */
final class ConnectorPass {
    private final Connector connector;
    private final int lead;
    private final boolean clsIsFeature;
    private final int most;
    private final UnaryOperator<Tensor> shared;

    /**
     * @param cls whether features begin with those of a class token
     * @param clsIsFeature whether the class token goes to the language model too
     * @param most patches that it takes at once
     * @param shared takes states of the encoder's last feature layer into the space of the paired text tower
     */
    ConnectorPass(Connector connector, boolean cls, boolean clsIsFeature, int most, UnaryOperator<Tensor> shared) {
        this.most = most;
        this.connector = connector;
        this.lead = cls ? 1 : 0;
        this.clsIsFeature = clsIsFeature;
        this.shared = shared;
    }

    /**
     * An image on its way through, with the plan of the prompt it belongs to.
     *
     * @param prompt tells the prompts of a pass apart
     */
    record Item(EncodedImage image, int prompt, String name, PlanRun run) {
        /** Whether both are parts of one picture: its overview or tiles. */
        private boolean ofOnePicture(Item other) {
            return prompt == other.prompt
                    && image.grid().picture() == other.image.grid().picture()
                    && isPart(image.grid().part())
                    && isPart(other.image.grid().part());
        }

        private static boolean isPart(Part part) {
            return part instanceof Part.Overview || part instanceof Part.Tile;
        }
    }

    /**
     * A picture as the language model will see it.
     *
     * @param tokens {@code [visual tokens, decoder width]}, class token first where it is a feature
     * @param deep what is added to them behind the first decoder layers, {@code [visual tokens, layers * width]}, or
     *     null
     * @param carried signals and notes for later stations
     * @param decided the decisions at the connector
     * @param added beside the weights of the language model, while it reads and answers the prompt
     */
    record Projected(
            Tensor tokens,
            @Nullable Tensor deep,
            VisualTokens visual,
            Carried carried,
            List<Decided> decided,
            List<Additions> added) {}

    private static final class State {
        final Item item;
        final Carried carried;
        final List<Decided> decided = new ArrayList<>();
        final List<Additions> added = new ArrayList<>();
        final Tensor before;
        VisualTokens visual;
        Tensor features;

        @Nullable
        Tensor projected;

        /** @param lead rows of the class token before those of the patches */
        State(Item item, int lead) {
            this.item = item;
            this.carried = new Carried(item.image().carried());
            this.visual = item.image().tokens();
            Tensor own = item.image().features().get();
            Blending blending = item.image().blending();
            this.before = blending == null ? own : blending.rows(own, lead);
            this.features = before;
        }

        @Nullable
        Blending blending() {
            return item.image().blending();
        }

        Layout layout() {
            return visual.layout(item.image().grid());
        }
    }

    List<Projected> project(List<Item> items) {
        List<State> states = items.stream().map(item -> new State(item, lead)).toList();
        Station connector = new Station.Connector();
        projectCanvases(states.stream().filter(s -> s.blending() != null).toList());
        projectTogether(states.stream()
                .filter(s -> s.projected == null && wantsProjected(s, connector))
                .toList());
        states.forEach(s -> decide(s, connector, states));
        projectTogether(states.stream().filter(s -> s.projected == null).toList());
        states.forEach(s -> decide(s, new Station.Projector(), states));
        return states.stream().map(this::finished).toList();
    }

    private Projected finished(State s) {
        Tensor all = projected(s);
        int deep = connector.deep();
        long width = tokenWidth(all);
        return new Projected(
                deep == 0 ? all : all.narrow(1, 0, width),
                deep == 0 ? null : all.narrow(1, width, deep * width),
                s.visual,
                s.carried,
                s.decided,
                s.added);
    }

    /** Channels of a token, behind which those of its deep features stand. */
    private long tokenWidth(Tensor projected) {
        return projected.size(1) / (1 + connector.deep());
    }

    private static boolean wantsProjected(State s, Station station) {
        return s.item.run().book().at(station).stream()
                .anyMatch(step -> step.needs().contains(new Signal.Projected()));
    }

    /** What goes to the language model, of all these pictures in one matrix. */
    private void projectTogether(List<State> states) {
        if (states.isEmpty()) {
            return;
        }
        Tensor[] rows = states.stream()
                .map(s -> clsIsFeature ? s.features : ownFeatures(s))
                .toArray(Tensor[]::new);
        Tensor all = map(Tensors.cat(0, rows));
        int[] tokens =
                Arrays.stream(rows).mapToInt(r -> (int) r.size(0) / patches()).toArray();
        Tensor[] each = Tensors.split(all, 0, tokens);
        for (int i = 0; i < rows.length; i++) {
            states.get(i).projected = withoutDepth(each[i], states.get(i).visual);
        }
    }

    /** Tokens that a step added have no deep features: nothing was there in the earlier blocks. */
    private Tensor withoutDepth(Tensor projected, VisualTokens visual) {
        int[] added = visual.added();
        if (connector.deep() == 0 || added.length == 0) {
            return projected;
        }
        long width = tokenWidth(projected);
        Tensor deep = projected
                .narrow(1, width, connector.deep() * width)
                .index_fill(0, Tensors.indices(added), new Scalar(0.0));
        return Tensors.cat(1, projected.narrow(1, 0, width), deep);
    }

    /** Views whose tokens are interpolated, each canvas as a whole. */
    private void projectCanvases(List<State> states) {
        int from = 0;
        while (from < states.size()) {
            int to = from + 1;
            while (to < states.size() && !beginsCanvas(states.get(to))) {
                to++;
            }
            projectCanvas(states.subList(from, to));
            from = to;
        }
    }

    private static boolean beginsCanvas(State s) {
        Blending blending = s.blending();
        return blending == null
                || (blending.blend().top() == 0 && blending.blend().left() == 0);
    }

    private void projectCanvas(List<State> views) {
        Tensor[] rows = views.stream()
                .map(s -> s.item.image().features().get())
                .map(f -> f.narrow(0, lead, f.size(0) - lead))
                .toArray(Tensor[]::new);
        Seen.Blend canvas = blend(views.getFirst());
        int[] places = new int[canvas.canvasRows() * canvas.canvasCols()];
        int row = 0;
        for (State s : views) {
            Seen.Blend b = blend(s);
            int cols = windowOf(s).cols();
            for (int i = 0; i < windowOf(s).rows() * cols; i++) {
                places[(b.top() + i / cols) * b.canvasCols() + b.left() + i % cols] = row++;
            }
        }
        Tensor all = map(Tensors.cat(0, rows)).index_select(0, Tensors.indices(places));
        Tensor blended = Blending.canvas(all, canvas);
        for (State s : views) {
            Seen.Blend b = blend(s);
            int[] own = IntStream.range(0, b.rows() * b.cols())
                    .map(i -> (b.row() + i / b.cols()) * b.totalCols() + b.col() + i % b.cols())
                    .toArray();
            s.projected = blended.index_select(0, Tensors.indices(own));
        }
    }

    private static Seen.Blend blend(State s) {
        return Objects.requireNonNull(s.blending()).blend();
    }

    private static Seen windowOf(State s) {
        return Objects.requireNonNull(s.blending()).seen();
    }

    /** Those of the visual tokens, without the class token's. */
    private Tensor ownFeatures(State s) {
        return s.features.narrow(0, lead, s.features.size(0) - lead);
    }

    private Tensor map(Tensor features) {
        return RowBlock.map(features, most, patches(), connector::project);
    }

    private int patches() {
        return connector.grouping().patches();
    }

    private static Tensor projected(State s) {
        Tensor projected = s.projected;
        if (projected == null) {
            throw new IllegalStateException("A picture was not projected");
        }
        return projected;
    }

    private void decide(State s, Station station, List<State> all) {
        List<Step> steps = s.item.run().book().at(station);
        for (int i = 0; i < steps.size(); i++) {
            VisualTokens before = s.visual;
            Outcome outcome = s.item.run()
                    .runner()
                    .run(steps.get(i), s.item.name(), i, s.layout(), signal -> signal(s, signal, all));
            s.decided.add(new Decided(station, before.ids(), outcome));
            outcome.notes().forEach((name, values) -> s.carried.put(new Signal.Noted(name), values, before.ids()));
            switch (outcome.decision()) {
                case Decision.Unchanged ignored -> {}
                case Decision.Adapt adapt -> s.added.add(adapt.additions());
                case Decision.Append more -> append(s, station, more.tokens());
                case Decision.Resample resample -> resample(s, station, resample);
                default -> choose(s, station, outcome.decision());
            }
        }
    }

    /**
     * Selections hold for features and projected tokens alike; combinations only for what the station combines. Tokens
     * that were interpolated behind the projector are combined there.
     */
    private void choose(State s, Station station, Decision decision) {
        RowChange[] change = {RowChange.ofImage(lead, patches(), decision)};
        Tensor projected = s.projected;
        if (projected != null) {
            boolean stale = station instanceof Station.Connector && !RowChange.pure(change) && s.blending() == null;
            s.projected = stale ? null : chosen(s, projected, decision);
        }
        s.features = RowChange.apply(s.features, new int[] {(int) s.features.size(0)}, change);
        s.visual = EncoderPass.afterwards(s.visual, decision);
    }

    private Tensor chosen(State s, Tensor projected, Decision decision) {
        RowChange[] change = {RowChange.ofImage(lead, 1, decision)};
        int[] lengths = {lead + s.visual.count()};
        if (clsIsFeature || lead == 0) {
            return RowChange.apply(projected, lengths, change);
        }
        // The class token is projected only for a group that it takes part in.
        boolean withCls = decision instanceof Decision.Merge merge
                && Arrays.stream(merge.members()).anyMatch(m -> m == Decision.CLS);
        Tensor cls = withCls ? connector.project(clsAsToken(s.features)) : projected.narrow(0, 0, 1);
        Tensor rows = RowChange.apply(Tensors.cat(0, cls, projected), lengths, change);
        return rows.narrow(0, 1, rows.size(0) - 1);
    }

    /** The class token's features, once for each patch of a token. */
    private Tensor clsAsToken(Tensor features) {
        return features.narrow(0, 0, 1).expand(patches(), features.size(1));
    }

    /** Other tokens in place of these: features before the projector, tokens of the language model behind it. */
    private void resample(State s, Station station, Decision.Resample resample) {
        s.visual = EncoderPass.afterwards(s.visual, resample);
        Rows tokens = resample.tokens();
        Tensor lead = s.features.narrow(0, 0, this.lead);
        if (station instanceof Station.Projector) {
            Tensor projected = projected(s);
            Tensor made = wide(EncoderPass.toTensor(tokens, tokenWidth(projected), station), projected);
            s.projected = clsIsFeature ? below(projected.narrow(0, 0, 1), made) : as(projected, made);
            s.features = below(lead, zeros(s, tokens.rows()));
        } else {
            s.features = below(lead, asFeatures(s, tokens, station));
            s.projected = null;
        }
    }

    /** Tokens that a step made as features, one for each patch, behind deep features that they do not have. */
    private Tensor asFeatures(State s, Rows made, Station station) {
        Tensor tokens = EncoderPass.toTensor(made, connector.featureWidth(), station);
        Tensor rows = new EncoderRows(false, 0, patches()).rows(tokens);
        int deep = (int) s.features.size(1) - connector.featureWidth();
        return deep == 0 ? rows : Tensors.cat(1, Tensors.zeros(DType.F32, rows.size(0), deep), rows);
    }

    /** What stands behind the projector has no features: zeros keep the rows in step. */
    private Tensor zeros(State s, int tokens) {
        return Tensors.zeros(DType.F32, (long) tokens * patches(), s.features.size(1));
    }

    private void append(State s, Station station, Rows more) {
        Tensor projected = s.projected;
        if (station instanceof Station.Projector && projected != null) {
            s.projected = below(projected, wide(EncoderPass.toTensor(more, tokenWidth(projected), station), projected));
            s.features = below(s.features, zeros(s, more.rows()));
        } else {
            Tensor tokens = asFeatures(s, more, station);
            s.features = below(s.features, tokens);
            s.projected =
                    projected != null && s.blending() != null ? below(projected, connector.project(tokens)) : null;
        }
        s.visual = s.visual.append(more.rows(), 0);
    }

    /** Tokens without deep features in as many columns as those with them. */
    private static Tensor wide(Tensor tokens, Tensor like) {
        long deep = like.size(1) - tokens.size(1);
        return deep == 0 ? tokens : Tensors.cat(1, tokens, Tensors.zeros(DType.F32, tokens.size(0), deep));
    }

    private static Tensor below(Tensor x, Tensor more) {
        return Tensors.cat(0, x, as(x, more));
    }

    private static Tensor as(Tensor x, Tensor other) {
        return Tensors.to(other, DType.of(x.scalar_type()));
    }

    private Object signal(State s, Signal<?> signal, List<State> all) {
        Object common = s.item.run().common(signal);
        if (common != null) {
            return common;
        }
        return switch (signal) {
            case Signal.PictureSize ignored ->
                new float[] {s.item.image().width(), s.item.image().height()};
            case Signal.Features ignored -> means(seen(s));
            case Signal.PictureFeatures ignored -> means(ofPicture(s, all));
            case Signal.FeatureImageEmbeddings ignored -> means(shared.apply(seen(s)));
            case Signal.Projected ignored -> new TensorRows(projectedTokens(s));
            default -> s.carried.of(signal, s.visual);
        };
    }

    /** The features of all parts of a picture, the overview's first. */
    private Tensor ofPicture(State s, List<State> all) {
        List<State> parts = all.stream()
                .filter(other -> other == s || other.item.ofOnePicture(s.item))
                .sorted(Comparator.comparingLong(
                        other -> order(other.item.image().grid().part())))
                .toList();
        return Tensors.cat(
                0,
                parts.stream()
                        .map(part -> shallow(part.before.narrow(0, lead, part.before.size(0) - lead)))
                        .toArray(Tensor[]::new));
    }

    /** The overview, then tiles row by row. */
    private static long order(Part part) {
        return part instanceof Part.Tile tile ? ((long) tile.row() << 32) + tile.column() : -1;
    }

    /** The features that make the tokens themselves, behind the deep ones. */
    private Tensor seen(State s) {
        return shallow(ownFeatures(s));
    }

    private Tensor shallow(Tensor own) {
        return own.narrow(1, own.size(1) - connector.featureWidth(), connector.featureWidth());
    }

    private Rows means(Tensor perPatch) {
        return new TensorRows(new EncoderRows(false, 0, patches()).perToken(perPatch));
    }

    private Tensor projectedTokens(State s) {
        Tensor all = projected(s);
        Tensor projected = all.narrow(1, 0, tokenWidth(all));
        return clsIsFeature ? projected.narrow(0, 1, s.visual.count()) : projected;
    }
}

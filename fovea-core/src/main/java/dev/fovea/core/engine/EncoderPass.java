package dev.fovea.core.engine;

import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.model.connector.Grouping;
import dev.fovea.core.model.vision.TransformerBlock;
import dev.fovea.core.model.vision.VisionEncoder;
import dev.fovea.core.model.vision.VisionOptions;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Rows;
import dev.fovea.core.path.Seen;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Takes pictures through the vision encoder, all of them end to end in one tall matrix, stopping at the stations of
 * their plans. Layers behind the last feature layer run only as far as a declared signal needs them.
 */
final class EncoderPass {
    private final VisionEncoder encoder;
    private final Grouping grouping;
    private final int[] featureLayers;
    private final Pace pace;
    private final @Nullable UnaryOperator<Tensor> shared;
    private List<EncodingImage> images = List.of();
    private final List<@Nullable Tensor> features;
    private boolean placed;
    private @Nullable EncoderWindows windows;
    private RotaryEmbedding.@Nullable Table rotation;

    /**
     * @param grouping which patches make which token: they stay together
     * @param featureLayers numbers of layers behind which the features are taken (0 = embeddings)
     * @param pace of its blocks, whose MLPs take some rows at once
     * @param shared takes patches behind the last block into the space of the paired text tower; or null
     */
    EncoderPass(
            VisionEncoder encoder,
            Grouping grouping,
            int[] featureLayers,
            Pace pace,
            @Nullable UnaryOperator<Tensor> shared) {
        this.pace = pace;
        this.encoder = encoder;
        this.grouping = grouping;
        this.features = new ArrayList<>(Collections.nCopies(featureLayers.length, null));
        this.featureLayers = featureLayers.clone();
        this.shared = shared;
    }

    /** Encodes the pictures; the caller owns what comes back. */
    List<EncodedImage> encode(List<ImageInput> inputs) {
        try (Scope ignored = Scope.inner()) {
            run(embedding().of(inputs));
            return finished();
        }
    }

    /**
     * Hidden states of pictures cut into patches, under no plan: behind each feature layer {@code [images, rows, width]},
     * in the caller's scope.
     */
    List<Tensor> states(CutPictures pictures) {
        try (Scope scope = Scope.inner()) {
            run(embedding().of(pictures));
            return features.stream()
                    .map(x -> scope.keep(Objects.requireNonNull(x).view(images.size(), -1, x.size(1))))
                    .toList();
        }
    }

    private EncoderEmbedding embedding() {
        return new EncoderEmbedding(encoder, grouping, featureLayers.length);
    }

    private void run(EncoderEmbedding.Embedded entering) {
        images = entering.images();
        Tensor x = entering.states();
        int complete = last(featureLayers);
        int begun = complete;
        for (EncodingImage image : images) {
            complete = Math.max(
                    complete,
                    image.book().encoderLayersComplete(encoder.blocks().size()));
            begun = Math.max(begun, image.book().encoderLayersBegun());
        }
        begun = Math.max(begun, complete);
        x = station(new Station.Patches(), x);
        observe(x, 0);
        for (int layer = 0; layer < begun; layer++) {
            if (!placed) {
                place();
            }
            try (Scope inner = Scope.inner()) {
                EncoderProjections p = project(layer, x);
                if (layer < complete) {
                    x = inner.keep(block(layer, x, p));
                }
            }
            if (layer < complete) {
                x = outputStation(layer, x);
            }
            pace.breaks().after((int) x.size(0), begun);
        }
    }

    private List<EncodedImage> finished() {
        return images.stream()
                .map(image -> image.finished(encoder, last(featureLayers)))
                .toList();
    }

    /** The first part of a block, with the signals that come from it. */
    private EncoderProjections project(int layer, Tensor x) {
        TransformerBlock block = encoder.blocks().get(layer);
        EncoderProjections p = EncoderProjections.of(
                block,
                x,
                rotation,
                proportional(),
                images.stream().map(image -> image.guests).toArray(Tensor[]::new));
        measure(layer, block, p);
        return p;
    }

    /** The rest of it. */
    private Tensor block(int layer, Tensor x, EncoderProjections p) {
        TransformerBlock block = encoder.blocks().get(layer);
        images.forEach(image -> image.encoderTokens.add(image.tokens.count()));
        Tensor attended = p.attend(block, lengths(), windowsOf(layer));
        images.forEach(image -> image.guests = null);
        Tensor y = station(new Station.EncoderAttention(layer), block.attentionResidual(x, attended));
        return RowBlock.map(y, pace.rows(), 1, block::mlpResidual);
    }

    /** The logarithm of token sizes for images whose plan wants it and that have merged tokens; null if none has. */
    private @Nullable Tensor @Nullable [] proportional() {
        @Nullable Tensor[] bias = new Tensor[images.size()];
        boolean any = false;
        for (int i = 0; i < bias.length; i++) {
            EncodingImage image = images.get(i);
            float[] sizes = image.tokens.sizes();
            float[] logs = new float[image.length()];
            boolean merged = false;
            for (int t = 0; t < sizes.length; t++) {
                merged |= sizes[t] != 1;
                Arrays.fill(logs, image.rows.of(t), image.rows.of(t + 1), (float) Math.log(sizes[t]));
            }
            if (merged && image.book().plan().proportionalAttention()) {
                bias[i] = Tensors.of(logs, logs.length);
                any = true;
            }
        }
        return any ? bias : null;
    }

    private void measure(int layer, TransformerBlock block, EncoderProjections p) {
        int from = 0;
        for (int i = 0; i < images.size(); i++) {
            EncodingImage image = images.get(i);
            int n = image.length();
            List<Signal<?>> wanted = image.book().ofEncoderLayer(layer);
            if (!wanted.isEmpty()) {
                EncoderProjections.OfImage own = p.ofImage(i, from, n);
                EncoderWindows inside = windowsOf(layer);
                EncoderSignals signals = new EncoderSignals(
                        block,
                        own.q(),
                        own.k(),
                        own.v().narrow(1, 0, n),
                        own.bias(),
                        image.rows,
                        inside == null ? null : inside.ofImages().get(i));
                wanted.forEach(s -> signals.measure(s, image.carried, image.tokens.ids()));
            }
            from += n;
        }
    }

    private Tensor outputStation(int layer, Tensor x) {
        observe(x, layer + 1);
        return station(new Station.EncoderOutput(layer), x);
    }

    /** Hidden states behind {@code layers} layers: features and declared signals, before any decision there. */
    private void observe(Tensor x, int layers) {
        int from = 0;
        for (EncodingImage image : images) {
            Tensor own = x.narrow(0, from, image.length());
            Signal<?> signal = new Signal.EncoderHidden(layers);
            if (image.book().declared().contains(signal)) {
                image.carried.put(signal, image.rows.means(own), image.tokens.ids());
            }
            if (layers == encoder.blocks().size()
                    && image.book().declares(Signal.PatchImageEmbeddings.class)
                    && shared != null) {
                // Patches alone: the class token has no part in the signal.
                int prefix = image.rows.prefix();
                Tensor patches = own.narrow(0, prefix, own.size(0) - prefix);
                Matrix projected = new EncoderRows(false, 0, grouping.patches()).means(shared.apply(patches));
                image.carried.put(new Signal.PatchImageEmbeddings(), projected, image.tokens.ids());
            }
            from += image.length();
        }
        takeFeatures(x, layers);
    }

    /** Features are what leaves a layer: taken behind it, and again behind its last station if that changed the rows. */
    private void takeFeatures(Tensor x, int layers) {
        for (int f = 0; f < featureLayers.length; f++) {
            if (featureLayers[f] == layers) {
                features.set(f, x);
                Tensor[] each = Tensors.split(x, 0, lengths());
                for (int i = 0; i < each.length; i++) {
                    images.get(i).features[f] = new FollowingRows(each[i]);
                }
            }
        }
    }

    private Tensor station(Station station, Tensor x) {
        int most =
                images.stream().mapToInt(i -> i.book().at(station).size()).max().orElse(0);
        boolean changed = false;
        for (int index = 0; index < most; index++) {
            int[] lengths = lengths();
            @Nullable RowChange[] changes = new RowChange[images.size()];
            @Nullable Tensor[] added = new Tensor[images.size()];
            int from = 0;
            for (int i = 0; i < changes.length; i++) {
                EncodingImage image = images.get(i);
                List<Step> steps = image.book().at(station);
                if (index < steps.size()) {
                    Tensor states = x.narrow(0, from, lengths[i]);
                    decide(image, steps.get(index), index, i, states, changes, added);
                }
                from += lengths[i];
            }
            x = append(RowChange.apply(x, lengths, changes), added);
            for (int i = 0; i < changes.length; i++) {
                images.get(i).follow(changes[i], added[i]);
            }
            changed = true;
            placed = false;
        }
        if (changed && station instanceof Station.EncoderOutput output) {
            takeFeatures(x, output.layer() + 1);
        }
        return x;
    }

    private void decide(
            EncodingImage image,
            Step step,
            int index,
            int slot,
            Tensor states,
            @Nullable RowChange[] changes,
            @Nullable Tensor[] added) {
        VisualTokens before = image.tokens;
        Outcome outcome = image.input
                .run()
                .runner()
                .run(step, image.input.name(), index, image.layout(), s -> signal(image, s, states));
        image.decided.add(new Decided(step.station(), before.ids(), outcome));
        outcome.notes().forEach((name, values) -> image.carried.put(new Signal.Noted(name), values, before.ids()));
        Decision decision = outcome.decision();
        refuseBlended(image, step.station(), decision);
        if (decision instanceof Decision.Append append) {
            refuseInWindows(step.station(), "append tokens");
            added[slot] = image.rows.rows(toTensor(append.tokens(), states.size(1), step.station()));
            image.tokens = before.append(append.tokens().rows(), 0);
        } else if (decision instanceof Decision.Attend attend) {
            refuseInWindows(step.station(), "let further tokens attend");
            Tensor more = Tensors.to(
                    toTensor(attend.tokens(), states.size(1), step.station()), DType.of(states.scalar_type()));
            image.guests = image.guests == null ? more : Tensors.cat(0, image.guests, more);
        } else if (!(decision instanceof Decision.Unchanged)) {
            changes[slot] = RowChange.ofImage(image.rows.prefix(), grouping.patches(), decision);
            image.tokens = afterwards(before, decision);
        }
    }

    /** The visual tokens behind a Keep, Merge or DropAllVisual; places are filled in ascending order of anchors. */
    static VisualTokens afterwards(VisualTokens before, Decision decision) {
        return switch (decision) {
            case Decision.Keep keep -> before.keep(keep.indices());
            case Decision.Merge merge -> before.merge(merge);
            case Decision.Resample resample -> before.merge(resample.places());
            case Decision.DropAllVisual ignored -> before.keep(new int[0]);
            default -> before;
        };
    }

    /** Tokens that a step made, checked against the width they must have. */
    static Tensor toTensor(Rows tokens, long width, Station station) {
        if (tokens.cols() != width) {
            throw new IllegalArgumentException("A step gave tokens of width " + tokens.cols() + " at " + station.label()
                    + ", where tokens have width " + width + ".");
        }
        return TensorRows.tensor(tokens);
    }

    private Tensor append(Tensor x, @Nullable Tensor[] added) {
        if (Arrays.stream(added).allMatch(a -> a == null)) {
            return x;
        }
        List<Tensor> parts = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < added.length; i++) {
            Tensor more = added[i];
            int n = images.get(i).length() - (more == null ? 0 : (int) more.size(0));
            parts.add(x.narrow(0, from, n));
            if (more != null) {
                parts.add(Tensors.to(more, DType.of(x.scalar_type())));
            }
            from += n;
        }
        return Tensors.cat(0, parts.toArray(Tensor[]::new));
    }

    /** Follows the tokens that are left: where rotary positions and windows of the next blocks stand. */
    private void place() {
        placed = true;
        VisionOptions o = encoder.options();
        windows = o.windows().pixels() > 0
                ? EncoderWindows.of(images, o.windows(), o.patches().size())
                : null;
        RotaryEmbedding rotary = encoder.rotary();
        rotation = rotary == null ? null : rotary.table(patchPositions());
    }

    /** Row and column of every patch: {@code [2][total rows]}; 0 for what stands at none. */
    private int[][] patchPositions() {
        int[][] at = new int[2][Arrays.stream(lengths()).sum()];
        int side = grouping.side();
        int from = 0;
        for (EncodingImage image : images) {
            int[] cells = image.layout().cells();
            int patches = grouping.patches();
            int prefix = from + image.rows.prefix();
            for (int i = 0; i < cells.length * patches; i++) {
                int cell = cells[i / patches];
                int inside = i % patches;
                if (cell >= 0) {
                    at[0][prefix + i] = cell / image.grid.cols() * side + inside / side;
                    at[1][prefix + i] = cell % image.grid.cols() * side + inside % side;
                }
            }
            from += image.length();
        }
        return at;
    }

    private @Nullable EncoderWindows windowsOf(int layer) {
        return encoder.options().windows().in(layer) ? windows : null;
    }

    private void refuseInWindows(Station station, String what) {
        if (encoder.options().windows().pixels() > 0) {
            throw new IllegalArgumentException("A step at " + station.label() + " wants to " + what
                    + ", but the encoder of this model attends inside windows, to none of which they would belong.");
        }
    }

    private static void refuseBlended(EncodingImage image, Station station, Decision decision) {
        Seen seen = image.input.seen();
        boolean changes = !(decision instanceof Decision.Unchanged || decision instanceof Decision.Attend);
        if (changes && seen != null && seen.blend() != null) {
            throw new IllegalArgumentException("A step at " + station.label() + " wants to change the tokens of a view"
                    + " that this model interpolates to a smaller grid behind its encoder; use a technique that acts"
                    + " later, or a smaller picture.");
        }
    }

    /** What a step inside the encoder may see. */
    private Object signal(EncodingImage image, Signal<?> signal, Tensor states) {
        if (signal instanceof Signal.EncoderStates) {
            return new TensorRows(image.rows.perToken(image.rows.withoutRegisters(states)));
        }
        Object common = Framing.common(image.input, signal);
        if (common != null) {
            return common;
        }
        return image.carried.of(signal, image.tokens);
    }

    private int[] lengths() {
        return images.stream().mapToInt(EncodingImage::length).toArray();
    }

    private static int last(int[] layers) {
        return Arrays.stream(layers).max().orElse(0);
    }
}

package dev.fovea.core.engine;

import dev.fovea.core.layer.Linear;
import dev.fovea.core.model.clip.ClipBlock;
import dev.fovea.core.model.clip.ClipVisionEncoder;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Takes pictures through the vision encoder, all of them end to end in one tall matrix, stopping at the stations of
 * their plans. Layers behind the last feature layer run only as far as a declared signal needs them.
 */
final class EncoderPass {
    private final ClipVisionEncoder encoder;
    private final int[] featureLayers;
    private final @Nullable Linear visualProjection;
    private final List<EncodingImage> images = new ArrayList<>();

    /**
     * @param featureLayers numbers of layers behind which the features are taken (0 = embeddings)
     * @param visualProjection of the paired text tower, or null
     */
    EncoderPass(ClipVisionEncoder encoder, int[] featureLayers, @Nullable Linear visualProjection) {
        this.encoder = encoder;
        this.featureLayers = featureLayers.clone();
        this.visualProjection = visualProjection;
    }

    /** Encodes the pictures; the caller owns what comes back. */
    List<EncodedImage> encode(List<ImageInput> inputs) {
        try (Scope ignored = Scope.inference()) {
            Tensor x = embed(inputs);
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
                try (Scope inner = Scope.inference()) {
                    EncoderProjections p = project(layer, x);
                    if (layer < complete) {
                        x = inner.keep(block(layer, x, p));
                    }
                }
                if (layer < complete) {
                    x = outputStation(layer, x);
                }
            }
            return images.stream().map(EncodingImage::finished).toList();
        }
    }

    private Tensor embed(List<ImageInput> given) {
        int patch = encoder.config().patchSize();
        List<Framing.Framed> framed =
                given.stream().map(input -> Framing.of(input, patch)).toList();
        List<ImageInput> inputs = framed.stream().map(Framing.Framed::input).toList();
        List<Tensor> parts = new ArrayList<>();
        int from = 0;
        while (from < inputs.size()) {
            // Neighbours of one size are embedded together.
            int to = from + 1;
            long[] shape = Tensors.shape(inputs.get(from).pixels());
            while (to < inputs.size()
                    && Arrays.equals(shape, Tensors.shape(inputs.get(to).pixels()))) {
                to++;
            }
            Tensor[] same = inputs.subList(from, to).stream()
                    .map(i -> i.pixels().unsqueeze(0))
                    .toArray(Tensor[]::new);
            Tensor x = encoder.embed(Tensors.cat(0, same));
            parts.add(x.reshape(-1, x.size(2)));
            for (Framing.Framed one : framed.subList(from, to)) {
                EncodingImage state = new EncodingImage(one, Framing.grid(one.input(), patch));
                images.add(state);
                measurePixels(state);
            }
            from = to;
        }
        return Tensors.cat(0, parts.toArray(Tensor[]::new));
    }

    private void measurePixels(EncodingImage image) {
        Signal<Matrix> signal = new Signal.PatchPixels();
        if (image.book().declared().contains(signal)) {
            Tensor rows = Framing.patchPixels(image.input, encoder.config().patchSize());
            Tensor cls = Tensors.zeros(DType.F32, 1, rows.size(1));
            image.carried.put(signal, EncoderSignals.matrix(Tensors.cat(0, cls, rows)), image.tokens.ids());
        }
    }

    /** The first part of a block, with the signals that come from it. */
    private EncoderProjections project(int layer, Tensor x) {
        ClipBlock block = encoder.blocks().get(layer);
        EncoderProjections p = EncoderProjections.of(
                block,
                x,
                proportional(),
                images.stream().map(image -> image.guests).toArray(Tensor[]::new));
        measure(layer, block, p);
        return p;
    }

    /** The rest of it. */
    private Tensor block(int layer, Tensor x, EncoderProjections p) {
        ClipBlock block = encoder.blocks().get(layer);
        images.forEach(image -> image.encoderTokens.add(image.tokens.count()));
        Tensor attended = p.attend(block, lengths());
        images.forEach(image -> image.guests = null);
        Tensor y =
                station(new Station.EncoderAttention(layer), x.add(block.out().forward(attended)));
        return block.mlpResidual(y);
    }

    /** The logarithm of token sizes for images whose plan wants it and that have merged tokens; null if none has. */
    private @Nullable Tensor @Nullable [] proportional() {
        @Nullable Tensor[] bias = new Tensor[images.size()];
        boolean any = false;
        for (int i = 0; i < bias.length; i++) {
            EncodingImage image = images.get(i);
            float[] sizes = sizes(image.tokens);
            boolean merged = false;
            for (int t = 0; t < sizes.length; t++) {
                merged |= sizes[t] != 1;
                sizes[t] = (float) Math.log(sizes[t]);
            }
            if (merged && image.book().plan().proportionalAttention()) {
                bias[i] = Tensors.of(sizes, sizes.length);
                any = true;
            }
        }
        return any ? bias : null;
    }

    private static float[] sizes(VisualTokens tokens) {
        float[] sizes = new float[1 + tokens.count()];
        sizes[0] = 1;
        System.arraycopy(tokens.sizes(), 0, sizes, 1, tokens.count());
        return sizes;
    }

    private void measure(int layer, ClipBlock block, EncoderProjections p) {
        int from = 0;
        for (int i = 0; i < images.size(); i++) {
            EncodingImage image = images.get(i);
            int n = image.length();
            List<Signal<?>> wanted = image.book().ofEncoderLayer(layer);
            if (!wanted.isEmpty()) {
                EncoderProjections.OfImage own = p.ofImage(i, from, n);
                EncoderSignals signals =
                        new EncoderSignals(block, own.q(), own.k(), own.v().narrow(1, 0, n), own.bias());
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
            Tensor rows = x.narrow(0, from, image.length());
            Signal<?> signal = new Signal.EncoderHidden(layers);
            if (image.book().declared().contains(signal)) {
                image.carried.put(signal, EncoderSignals.matrix(rows), image.tokens.ids());
            }
            if (layers == encoder.blocks().size()
                    && image.book().declares(Signal.PatchImageEmbeddings.class)
                    && visualProjection != null) {
                Matrix projected = EncoderSignals.matrix(visualProjection.forward(rows));
                image.carried.put(new Signal.PatchImageEmbeddings(), projected, image.tokens.ids());
            }
            from += image.length();
        }
        takeFeatures(x, layers, false);
    }

    /** Features are what leaves a layer, so behind its last station: called again there if that changed the rows. */
    private void takeFeatures(Tensor x, int layers, boolean again) {
        for (int f = 0; f < featureLayers.length; f++) {
            if (featureLayers[f] == layers) {
                int from = 0;
                for (EncodingImage image : images) {
                    if (again) {
                        image.features.removeLast();
                        image.featureIds.removeLast();
                    }
                    image.features.add(x.narrow(0, from, image.length()));
                    image.featureIds.add(image.tokens.ids());
                    from += image.length();
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
            changed = true;
        }
        if (changed && station instanceof Station.EncoderOutput output) {
            takeFeatures(x, output.layer() + 1, true);
        }
        return x;
    }

    private static void decide(
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
        if (decision instanceof Decision.Append append) {
            added[slot] = toTensor(append.tokens(), states.size(1), step.station());
            image.tokens = before.append(append.tokens().rows(), 0);
        } else if (decision instanceof Decision.Attend attend) {
            Tensor more = Tensors.to(
                    toTensor(attend.tokens(), states.size(1), step.station()), DType.of(states.scalar_type()));
            image.guests = image.guests == null ? more : Tensors.cat(0, image.guests, more);
        } else if (!(decision instanceof Decision.Unchanged)) {
            changes[slot] = RowChange.ofImage(before.count(), decision);
            image.tokens = afterwards(before, decision);
        }
    }

    /** The visual tokens behind a Keep, Merge or DropAllVisual; places are filled in ascending order of anchors. */
    static VisualTokens afterwards(VisualTokens before, Decision decision) {
        return switch (decision) {
            case Decision.Keep keep -> before.keep(keep.indices());
            case Decision.Merge merge -> before.merge(merge);
            case Decision.DropAllVisual ignored -> before.keep(new int[0]);
            default -> before;
        };
    }

    /** Tokens that a step made, checked against the width they must have. */
    static Tensor toTensor(Matrix tokens, long width, Station station) {
        if (tokens.cols() != width) {
            throw new IllegalArgumentException("A step gave tokens of width " + tokens.cols() + " at " + station.label()
                    + ", where tokens have width " + width + ".");
        }
        return Tensors.of(tokens.data(), tokens.rows(), tokens.cols());
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

    /** What a step inside the encoder may see. */
    private static Object signal(EncodingImage image, Signal<?> signal, Tensor states) {
        if (signal instanceof Signal.EncoderStates) {
            return EncoderSignals.matrix(states);
        }
        Object common = Framing.common(image.input, signal);
        if (common != null) {
            return common;
        }
        return carriedSignal(image.carried, signal, image.tokens);
    }

    /** A carried signal for the tokens that are left of one image. */
    static Object carriedSignal(Carried carried, Signal<?> signal, VisualTokens tokens) {
        return switch (signal) {
            case Signal.TokenSizes ignored -> sizes(tokens);
            case Signal.EncoderAttentionMap s -> carried.map(s, tokens.ids());
            case Signal.PatchPixels s -> withoutFirst(carried.rows(s, tokens.ids()));
            case Signal.PatchImageEmbeddings s -> withoutFirst(carried.rows(s, tokens.ids()));
            default ->
                carried.isMatrix(signal) ? carried.rows(signal, tokens.ids()) : carried.vector(signal, tokens.ids());
        };
    }

    private static Matrix withoutFirst(Matrix m) {
        return new Matrix(m.rows() - 1, m.cols(), Arrays.copyOfRange(m.data(), m.cols(), m.data().length));
    }

    private int[] lengths() {
        return images.stream().mapToInt(EncodingImage::length).toArray();
    }

    private static int last(int[] layers) {
        return Arrays.stream(layers).max().orElse(0);
    }
}

package dev.fovea.core.engine;

import dev.fovea.core.model.vision.VisionEncoder;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Seen;
import dev.fovea.core.tensor.OwnedTensor;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** One image between the layers of the encoder. */
final class EncodingImage {
    final ImageInput input;
    final Ledger.Grid grid;
    final Ledger.Grid unframed;
    final EncoderRows rows;
    final Carried carried;
    final List<Decided> decided = new ArrayList<>();
    final List<Integer> encoderTokens = new ArrayList<>();

    /** What left each of the feature layers; null where a layer has not run yet. */
    final @Nullable FollowingRows[] features;

    VisualTokens tokens;

    /** Tokens that the next block's attention sees beside the image's own: {@code [n, width]}, or null. */
    @Nullable
    Tensor guests;

    EncodingImage(Framing.Framed framed, Ledger.Grid grid, EncoderRows rows, int featureLayers) {
        this(framed, grid, rows, featureLayers, VisualTokens.ofCells(grid.tokens()));
    }

    /** @param tokens which of the grid's are there */
    EncodingImage(Framing.Framed framed, Ledger.Grid grid, EncoderRows rows, int featureLayers, VisualTokens tokens) {
        this.input = framed.input();
        this.grid = grid;
        this.unframed = framed.unframed();
        this.decided.addAll(framed.decided());
        this.rows = rows;
        this.features = new FollowingRows[featureLayers];
        this.carried = new Carried(rows.cls());
        this.tokens = tokens;
    }

    /** Rows in the packed states. */
    int length() {
        return rows.of(tokens.count());
    }

    StepBook book() {
        return input.run().book();
    }

    Layout layout() {
        return tokens.layout(grid);
    }

    /**
     * Changes what earlier layers gave as the rows of the states are changed: it is cut and merged with them. A token
     * that a step added was not there: its part of such features is 0.
     */
    void follow(@Nullable RowChange change, @Nullable Tensor added) {
        for (FollowingRows taken : features) {
            if (taken != null && change != null) {
                taken.change(change);
            }
            if (taken != null && added != null) {
                taken.append(added.size(0));
            }
        }
    }

    /** What leaves the encoder; the caller owns it. */
    EncodedImage finished(VisionEncoder encoder, int layers) {
        Tensor[] parts = Arrays.stream(features)
                .map(taken ->
                        rows.withoutRegisters(Objects.requireNonNull(taken).now()))
                .toArray(Tensor[]::new);
        Tensor joined = parts.length == 1 ? parts[0] : Tensors.cat(1, parts);
        Tensor leaving = layers == encoder.options().layers() ? encoder.features(joined) : joined;
        // A copy where nothing was computed anew: views of the packed states would keep all of them.
        boolean view = parts.length == 1 && leaving == parts[0];
        Tensor own = view ? (leaving.requires_grad() ? leaving.alias() : leaving.clone()) : leaving;
        Seen seen = input.seen();
        Seen.Blend blend = seen == null ? null : seen.blend();
        if (seen == null || blend == null) {
            return new EncodedImage(
                    OwnedTensor.of(own),
                    grid,
                    unframed,
                    input.source().width(),
                    input.source().height(),
                    tokens,
                    carried,
                    decided,
                    encoderTokens,
                    null);
        }
        // Behind the projector its patches become other tokens, about which nothing has been decided yet.
        Blending blending = Blending.of(seen, blend);
        Ledger.Grid blended = new Ledger.Grid(blend.rows(), blend.cols(), grid.picture(), grid.part(), grid.side());
        return new EncodedImage(
                OwnedTensor.of(own),
                blended,
                blended,
                input.source().width(),
                input.source().height(),
                VisualTokens.ofCells(blended.tokens()),
                carried.blended(blending),
                List.of(),
                encoderTokens,
                blending);
    }
}

package dev.fovea.core.engine;

import dev.fovea.core.model.vision.VisionEncoder;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.tensor.OwnedTensor;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    final List<int[]> featureIds = new ArrayList<>();
    VisualTokens tokens;

    /** Tokens that the next block's attention sees beside the image's own: {@code [n, width]}, or null. */
    @Nullable
    Tensor guests;

    EncodingImage(Framing.Framed framed, Ledger.Grid grid, EncoderRows rows) {
        this(framed, grid, rows, VisualTokens.ofCells(grid.tokens()));
    }

    /** @param tokens which of the grid's are there */
    EncodingImage(Framing.Framed framed, Ledger.Grid grid, EncoderRows rows, VisualTokens tokens) {
        this.input = framed.input();
        this.grid = grid;
        this.unframed = framed.unframed();
        this.decided.addAll(framed.decided());
        this.rows = rows;
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
     * What leaves the encoder; the caller owns it.
     *
     * @param features of each feature layer, with the rows that it left
     * @param layers behind which the last of them are taken
     */
    EncodedImage finished(VisionEncoder encoder, List<Tensor> features, int layers) {
        Tensor[] parts = new Tensor[features.size()];
        for (int f = 0; f < parts.length; f++) {
            parts[f] = survivors(rows.withoutRegisters(features.get(f)), featureIds.get(f), tokens.ids());
        }
        Tensor joined = parts.length == 1 ? parts[0] : Tensors.cat(1, parts);
        Tensor leaving = layers == encoder.options().layers() ? encoder.features(joined) : joined;
        // A copy where nothing was computed anew: views of the packed states would keep all of them.
        boolean view = parts.length == 1 && leaving == parts[0];
        Tensor own = view ? (leaving.requires_grad() ? leaving.alias() : leaving.clone()) : leaving;
        return new EncodedImage(OwnedTensor.of(own), grid, unframed, tokens, carried, decided, encoderTokens);
    }

    /** Features of an earlier layer for the tokens that a later one left, so that they can stand side by side. */
    private Tensor survivors(Tensor states, int[] had, int[] left) {
        if (Arrays.equals(had, left)) {
            return states;
        }
        Map<Integer, Integer> place = new HashMap<>();
        for (int i = 0; i < had.length; i++) {
            place.put(had[i], i);
        }
        int[] kept = new int[left.length];
        for (int i = 0; i < left.length; i++) {
            Integer at = place.get(left[i]);
            if (at == null) {
                throw new IllegalArgumentException(
                        "Tokens were appended between two feature layers of this model, which cannot be concatenated.");
            }
            kept[i] = at;
        }
        return states.index_select(0, Tensors.indices(rows.ofTokens(kept)));
    }
}

package dev.fovea.core.engine;

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
    final Carried carried = new Carried();
    final List<Decided> decided = new ArrayList<>();
    final List<Integer> encoderTokens = new ArrayList<>();
    final List<Tensor> features = new ArrayList<>();
    final List<int[]> featureIds = new ArrayList<>();
    VisualTokens tokens;

    /** Tokens that the next block's attention sees beside the image's own: {@code [n, width]}, or null. */
    @Nullable
    Tensor guests;

    EncodingImage(Framing.Framed framed, Ledger.Grid grid) {
        this.input = framed.input();
        this.grid = grid;
        this.unframed = framed.unframed();
        this.decided.addAll(framed.decided());
        this.tokens = VisualTokens.ofPatches(grid.rows() * grid.cols());
    }

    int length() {
        return 1 + tokens.count();
    }

    StepBook book() {
        return input.run().book();
    }

    Layout layout() {
        int n = tokens.count();
        int patches = grid.rows() * grid.cols();
        int[] all = new int[n];
        Arrays.setAll(all, i -> i);
        return new Layout(n, all, tokens.cells(patches), grid.rows(), grid.cols(), 1, patches);
    }

    /** What leaves the encoder; the caller owns it. */
    EncodedImage finished() {
        Tensor[] parts = new Tensor[features.size()];
        for (int f = 0; f < parts.length; f++) {
            parts[f] = survivors(features.get(f), featureIds.get(f), tokens.ids());
        }
        Tensor joined = parts.length == 1 ? parts[0].clone() : Tensors.cat(1, parts);
        return new EncodedImage(OwnedTensor.of(joined), grid, unframed, tokens, carried, decided, encoderTokens);
    }

    /** Features of an earlier layer for the tokens that a later one left, so that they can stand side by side. */
    private static Tensor survivors(Tensor features, int[] had, int[] left) {
        if (Arrays.equals(had, left)) {
            return features;
        }
        Map<Integer, Integer> place = new HashMap<>();
        for (int i = 0; i < had.length; i++) {
            place.put(had[i], i);
        }
        int[] rows = new int[1 + left.length];
        for (int i = 0; i < left.length; i++) {
            Integer at = place.get(left[i]);
            if (at == null) {
                throw new IllegalArgumentException(
                        "Tokens were appended between two feature layers of this model, which cannot be concatenated.");
            }
            rows[1 + i] = 1 + at;
        }
        return features.index_select(0, Tensors.indices(rows));
    }
}

package dev.fovea.core.engine;

import dev.fovea.core.model.ModelParts;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Slot;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/** Hands out the visual tokens of a prompt, slot by slot, and remembers where each went. */
final class SlotTokens {
    private final List<ConnectorPass.Projected> images;
    private final List<Ledger.Grid> grids;
    private final ModelParts model;
    private final VisualTokens joined;
    private final int[] first;
    private final List<Integer> order = new ArrayList<>();
    private final List<Integer> places = new ArrayList<>();

    SlotTokens(List<ConnectorPass.Projected> images, List<Ledger.Grid> grids, ModelParts model) {
        this.images = images;
        this.grids = grids;
        this.model = model;
        this.joined = VisualTokens.join(
                images.stream().map(ConnectorPass.Projected::visual).toList(), model.clsIsFeature());
        this.first = new int[images.size() + 1];
        for (int i = 0; i < images.size(); i++) {
            first[i + 1] = first[i] + (int) images.get(i).tokens().size(0);
        }
    }

    /**
     * The embeddings of a slot, none where all of its tokens are gone.
     *
     * @param place of the first of them in the prompt
     */
    Tensor take(Slot slot, int place) {
        return switch (slot) {
            case Slot.Newline ignored -> newline();
            case Slot.Rows rows -> rows(rows, place);
        };
    }

    private Tensor newline() {
        Tensor newline = model.newline();
        if (newline == null) {
            throw new IllegalArgumentException(
                    "The prompt ends a row of a picture, but the model has no token for that");
        }
        return newline.unsqueeze(0);
    }

    private Tensor rows(Slot.Rows slot, int place) {
        Tensor tokens = images.get(slot.view()).tokens();
        int from = first[slot.view()];
        int n = first[slot.view() + 1] - from;
        int[] own = IntStream.range(0, n)
                .filter(i -> isIn(slot, joined.ids()[from + i]))
                .toArray();
        for (int i = 0; i < own.length; i++) {
            order.add(from + own[i]);
            places.add(place + i);
        }
        return own.length == n ? tokens : tokens.index_select(0, Tensors.indices(own));
    }

    private boolean isIn(Slot.Rows slot, int id) {
        Ledger.Grid grid = grids.get(slot.view());
        if (!VisualTokens.isCell(id)) {
            return slot.to() >= grid.rows();
        }
        int row = VisualTokens.place(id) / grid.cols();
        return row >= slot.from() && row < slot.to();
    }

    /** The tokens handed out, in their order in the prompt. */
    VisualTokens visual() {
        return joined.keep(order.stream().mapToInt(Integer::intValue).toArray());
    }

    /** Rows of all tokens, view by view, in their order in the prompt. */
    Tensor ordered(Tensor rows) {
        int[] places = order.stream().mapToInt(Integer::intValue).toArray();
        boolean asTheyAre =
                Arrays.equals(places, IntStream.range(0, places.length).toArray());
        return asTheyAre ? rows : rows.index_select(0, Tensors.indices(places));
    }

    /** Where they went. */
    int[] at() {
        return places.stream().mapToInt(Integer::intValue).toArray();
    }
}

package dev.fovea.core.engine;

import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.language.PositionIds;
import dev.fovea.core.path.Ledger;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The position ids with which a prompt enters the language model. Counted ones are contiguous, whatever was dropped
 * before. Where rows and columns are positions, tokens keep those of their cell, and what stands behind a picture keeps
 * its own too.
 */
record PromptPositions(ModelParts model) {

    /**
     * The positions of what is there.
     *
     * @param ids token ids, with one placeholder per image
     * @param grids of the images
     * @param visual the visual tokens that are left
     * @param visualAt where they stand among all tokens
     * @param length of the prompt with them
     */
    PositionIds.Laid of(int[] ids, List<Ledger.Grid> grids, VisualTokens visual, int[] visualAt, int length) {
        List<PositionIds.Span> spans = new ArrayList<>();
        if (model.positions().axes() == 1) {
            // Counted over what is there: no span is looked at, and a picture may have many placeholders.
            return of(model.positions(), spans, grids, visual, visualAt, length);
        }
        int image = 0;
        for (int id : ids) {
            if (model.isPlaceholder(id)) {
                Ledger.Grid grid = grids.get(image++);
                spans.add(new PositionIds.Picture(grid.rows(), grid.cols(), grid.part()));
            } else {
                spans.add(new PositionIds.Words(1));
            }
        }
        return of(model.positions(), spans, grids, visual, visualAt, length);
    }

    /**
     * As above, of a prompt whose stretches are known.
     *
     * @param spans of the prompt of which nothing was dropped
     */
    static PositionIds.Laid of(
            PositionIds scheme,
            List<PositionIds.Span> spans,
            List<Ledger.Grid> grids,
            VisualTokens visual,
            int[] visualAt,
            int length) {
        if (scheme.axes() == 1) {
            return scheme.lay(List.of(new PositionIds.Words(length)));
        }
        int[] firstOf = new int[grids.size()];
        List<Integer> words = new ArrayList<>();
        int at = 0;
        int image = 0;
        for (PositionIds.Span span : spans) {
            switch (span) {
                case PositionIds.Picture ignored -> firstOf[image++] = at;
                case PositionIds.Words w -> IntStream.range(at, at + w.length()).forEach(words::add);
            }
            at += span.length();
        }
        PositionIds.Laid whole = scheme.lay(spans);
        int[] from = present(grids, visual, visualAt, length, firstOf, words);
        int[][] positions = new int[scheme.axes()][length];
        for (int axis = 0; axis < positions.length; axis++) {
            for (int i = 0; i < length; i++) {
                positions[axis][i] = whole.ids()[axis][from[i]];
            }
        }
        return new PositionIds.Laid(positions, whole.next());
    }

    /** For each token that is there its place in the prompt of which nothing was dropped. */
    private static int[] present(
            List<Ledger.Grid> grids,
            VisualTokens visual,
            int[] visualAt,
            int length,
            int[] firstOf,
            List<Integer> words) {
        int[] from = new int[length];
        int next = 0;
        int word = 0;
        for (int i = 0; i < length; i++) {
            if (next < visualAt.length && visualAt[next] == i) {
                int id = visual.ids()[next++];
                Ledger.Grid grid = grids.get(VisualTokens.image(id));
                // A token without a cell stands where the last one of its image does.
                int cell = VisualTokens.isCell(id) ? VisualTokens.place(id) : grid.tokens() - 1;
                from[i] = firstOf[VisualTokens.image(id)] + cell;
            } else {
                from[i] = words.get(word++);
            }
        }
        return from;
    }
}

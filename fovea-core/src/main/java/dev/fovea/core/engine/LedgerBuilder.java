package dev.fovea.core.engine;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Ledger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Replays the decisions of one prompt into a {@link Ledger}. */
final class LedgerBuilder {
    private final List<Ledger.Grid> grids;
    private final boolean clsIsFeature;
    private final int[] first;
    private final List<List<Ledger.Event>> events = new ArrayList<>();

    /**
     * @param grids grids of the prompt's images
     * @param clsIsFeature whether the class token is one of the visual tokens
     */
    LedgerBuilder(List<Ledger.Grid> grids, boolean clsIsFeature) {
        this.grids = grids;
        this.clsIsFeature = clsIsFeature;
        this.first = new int[grids.size() + 1];
        for (int i = 0; i < grids.size(); i++) {
            first[i + 1] = first[i] + tokens(i) + (clsIsFeature ? 1 : 0);
        }
        for (int i = 0; i < first[grids.size()]; i++) {
            events.add(new ArrayList<>());
        }
    }

    /**
     * Adds a decision.
     *
     * @param image which image it was about, or 0 if its identities name images themselves
     */
    void add(Decided decided, int image) {
        int[] tokens = Arrays.stream(decided.before())
                .map(id -> index(id + image * VisualTokens.PER_IMAGE))
                .toArray();
        String station = decided.station().label();
        float @Nullable [] scores = decided.outcome().scores();
        switch (decided.outcome().decision()) {
            case Decision.Keep kept -> keep(station, tokens, kept.indices(), scores);
            case Decision.DropAllVisual ignored -> keep(station, tokens, new int[0], scores);
            case Decision.Merge merge -> merge(station, tokens, merge, scores);
            case Decision.Append ignored -> keepAll(station, tokens, scores);
            case Decision.Resample resample -> merge(station, tokens, resample.places(), scores);
            case Decision.Attend ignored -> {}
            case Decision.Gate ignored -> keepAll(station, tokens, scores);
            case Decision.Adapt ignored -> {}
            case Decision.Speak ignored -> {}
            case Decision.Resize ignored -> {}
            case Decision.Cut ignored -> {}
            case Decision.Unchanged ignored -> {
                if (scores != null) {
                    keepAll(station, tokens, scores);
                }
            }
            case Decision.Rescale ignored -> {}
            case Decision.Edges ignored -> {}
            case Decision.Steer ignored -> {}
            case Decision.Rewrite ignored -> {}
            case Decision.Retain ignored ->
                throw new IllegalStateException("A cache tells which visual tokens it keeps");
            case Decision.Replace ignored -> {}
        }
    }

    /** Visual tokens of all images. */
    int count() {
        return first[grids.size()];
    }

    Ledger build(
            VisualTokens survivors,
            List<Integer> encoderTokens,
            List<Integer> decoderTokens,
            List<Integer> cachedTokens) {
        List<Ledger.Token> tokens = new ArrayList<>();
        for (int image = 0; image < grids.size(); image++) {
            int cols = grids.get(image).cols();
            for (int cell = 0; cell < first[image + 1] - first[image]; cell++) {
                boolean inGrid = cell < tokens(image);
                List<Ledger.Event> history = events.get(first[image] + cell);
                Ledger.Fate fate =
                        history.isEmpty() ? Ledger.Fate.KEPT : history.getLast().fate();
                tokens.add(
                        new Ledger.Token(image, inGrid ? cell / cols : -1, inGrid ? cell % cols : -1, history, fate));
            }
        }
        List<Ledger.Group> groups = new ArrayList<>();
        for (int i = 0; i < survivors.count(); i++) {
            groups.add(group(survivors.ids()[i], survivors.blends()[i]));
        }
        return new Ledger(
                grids, grids, tokens, groups, encoderTokens, decoderTokens, cachedTokens, List.of(), List.of());
    }

    private Ledger.Group group(int id, VisualTokens.@Nullable Blend blend) {
        int anchor = index(id);
        if (blend != null) {
            return new Ledger.Group(
                    anchor, Arrays.stream(blend.members()).map(this::index).toArray(), blend.weights());
        }
        return anchor < 0
                ? new Ledger.Group(-1, new int[0], new float[0])
                : new Ledger.Group(anchor, new int[] {anchor}, new float[] {1});
    }

    private void keep(String station, int[] tokens, int[] kept, float @Nullable [] scores) {
        Set<Integer> stay = new HashSet<>();
        Arrays.stream(kept).forEach(stay::add);
        for (int i = 0; i < tokens.length; i++) {
            note(tokens, i, station, stay.contains(i) ? Ledger.Fate.KEPT : Ledger.Fate.DROPPED, -1, scores);
        }
    }

    private void keepAll(String station, int[] tokens, float @Nullable [] scores) {
        for (int i = 0; i < tokens.length; i++) {
            note(tokens, i, station, Ledger.Fate.KEPT, -1, scores);
        }
    }

    /** An anchor stays; any other member went into the group it has most weight in; the rest is gone. */
    private void merge(String station, int[] tokens, Decision.Merge merge, float @Nullable [] scores) {
        int[] into = new int[tokens.length];
        float[] weight = new float[tokens.length];
        boolean[] used = new boolean[tokens.length];
        boolean[] anchor = new boolean[tokens.length];
        for (int g = 0; g < merge.groups(); g++) {
            int place = merge.anchors()[g];
            if (place != Decision.CLS) {
                anchor[place] = true;
            }
            int[] members = merge.members(g);
            float[] weights = merge.weights(g);
            for (int k = 0; k < members.length; k++) {
                int m = members[k];
                if (m != Decision.CLS && (!used[m] || weights[k] > weight[m])) {
                    used[m] = true;
                    weight[m] = weights[k];
                    into[m] = place == Decision.CLS ? -1 : tokens[place];
                }
            }
        }
        for (int i = 0; i < tokens.length; i++) {
            Ledger.Fate fate = anchor[i] ? Ledger.Fate.KEPT : used[i] ? Ledger.Fate.MERGED : Ledger.Fate.DROPPED;
            note(tokens, i, station, fate, fate == Ledger.Fate.MERGED ? into[i] : -1, scores);
        }
    }

    private void note(int[] tokens, int i, String station, Ledger.Fate fate, int into, float @Nullable [] scores) {
        if (tokens[i] >= 0) {
            events.get(tokens[i]).add(new Ledger.Event(station, fate, into, scores == null ? null : scores[i]));
        }
    }

    /** Where a token stands in the ledger; -1 for appended tokens and class tokens that are no feature. */
    /** The place of a visual token among all of the ledger, or -1 for one that a step added. */
    int index(int id) {
        int image = VisualTokens.image(id);
        if (VisualTokens.isCell(id)) {
            return first[image] + VisualTokens.place(id);
        }
        return clsIsFeature && VisualTokens.place(id) == VisualTokens.CLS ? first[image] + tokens(image) : -1;
    }

    private int tokens(int image) {
        return grids.get(image).tokens();
    }
}

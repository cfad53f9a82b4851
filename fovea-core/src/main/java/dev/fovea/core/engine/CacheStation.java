package dev.fovea.core.engine;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/** Lets the steps at the cache decide what remains of a prompt that has been read, in part or as a whole. */
final class CacheStation {
    private final Sequence sequence;
    private final Station.Behind behind;

    CacheStation(Sequence sequence, Station.Behind behind) {
        this.sequence = sequence;
        this.behind = behind;
    }

    /** @param room for tokens that follow */
    void pass(int room) {
        for (int layer = 0; layer < sequence.cache().layers(); layer++) {
            pass(new Station.Cache(behind, layer), room);
        }
    }

    private void pass(Station.Cache station, int room) {
        List<Step> steps = sequence.book().at(station);
        for (int i = 0; i < steps.size() && sequence.visual().count() > 0; i++) {
            Layout layout = sequence.layout();
            int[] before = sequence.visual().ids();
            Outcome outcome = sequence.run()
                    .runner()
                    .run(
                            steps.get(i),
                            sequence.name(),
                            i,
                            layout,
                            signal -> DecoderSignals.elsewhere(sequence, signal));
            outcome.notes().forEach((name, values) -> sequence.ofPrompt().put(new Signal.Noted(name), values, before));
            outcome.textNotes().forEach(sequence::noteText);
            BitSet visual = kept(layout, outcome.decision());
            sequence.decided().add(new Decided(station, before, asKeep(outcome, visual)));
            if (!(outcome.decision() instanceof Decision.Unchanged)) {
                int[] tokens = remaining(layout, outcome.decision(), visual);
                sequence.retain(station.layer(), tokens, renumbers(outcome.decision()), room);
            }
        }
    }

    private static boolean renumbers(Decision decision) {
        Decision.Positions positions = switch (decision) {
            case Decision.Keep keep -> keep.positions();
            case Decision.DropAllVisual all -> all.positions();
            default -> Decision.Positions.ORIGINAL;
        };
        return positions == Decision.Positions.RENUMBERED;
    }

    /** Which of the visual tokens remain. */
    private static BitSet kept(Layout layout, Decision decision) {
        BitSet kept = new BitSet();
        switch (decision) {
            case Decision.Keep keep -> Arrays.stream(keep.indices()).forEach(kept::set);
            case Decision.Retain retain -> {
                for (int token : retain.tokens()) {
                    int index = Arrays.binarySearch(layout.visual(), token);
                    if (index >= 0) {
                        kept.set(index);
                    }
                }
            }
            case Decision.DropAllVisual ignored -> {}
            default -> kept.set(0, layout.visualCount());
        }
        return kept;
    }

    /** Positions of all tokens that remain: words do, unless the decision names them all. */
    private static int[] remaining(Layout layout, Decision decision, BitSet visual) {
        if (decision instanceof Decision.Retain retain) {
            return retain.tokens();
        }
        BitSet gone = new BitSet();
        IntStream.range(0, layout.visualCount()).filter(v -> !visual.get(v)).forEach(v -> gone.set(layout.visual()[v]));
        return IntStream.range(0, layout.length()).filter(t -> !gone.get(t)).toArray();
    }

    /** What the ledger is told: which visual tokens are still there. */
    private static Outcome asKeep(Outcome outcome, BitSet visual) {
        return outcome.decision() instanceof Decision.Retain
                ? new Outcome(
                        Decision.Keep.of(visual.stream().toArray()),
                        outcome.scores(),
                        outcome.notes(),
                        outcome.textNotes())
                : outcome;
    }
}

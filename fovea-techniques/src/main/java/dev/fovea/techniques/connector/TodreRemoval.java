package dev.fovea.techniques.connector;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.DecoderQueries;
import dev.fovea.core.path.Signal.KeyScope;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.techniques.primitives.Vectors;
import java.util.List;

/** ToDRE's second stage: all visual tokens go once hardly any attention flows between text and image. */
final class TodreRemoval {
    private TodreRemoval() {}

    /**
     * The check on entering a decoder layer.
     *
     * @param tau both flows must be below this
     */
    static Step step(int layer, double tau) {
        Signal.DecoderAttention fromText =
                new Signal.DecoderAttention(layer - 1, DecoderQueries.INSTRUCTION, KeyScope.ALL, true);
        Signal.DecoderAttention fromImage =
                new Signal.DecoderAttention(layer - 1, DecoderQueries.VISUAL, KeyScope.ALL, true);
        return new Step(
                new Station.Decoder(layer), List.of(fromText, fromImage), s -> decide(s, fromText, fromImage, tau));
    }

    private static Outcome decide(
            Signals signals, Signal.DecoderAttention fromText, Signal.DecoderAttention fromImage, double tau) {
        Layout layout = signals.layout();
        if (layout.visualCount() == 0) {
            return Outcome.of(new Decision.Unchanged());
        }
        boolean[] visual = new boolean[layout.length()];
        for (int position : layout.visual()) {
            visual[position] = true;
        }
        int first = layout.visual()[0];
        boolean[] text = new boolean[layout.length()];
        for (int i = first; i < text.length; i++) {
            text[i] = !visual[i];
        }
        float[] textRow = signals.get(fromText);
        boolean migrated = flow(textRow, visual) < tau && flow(signals.get(fromImage), text) < tau;
        float[] scores = Vectors.pick(textRow, layout.visual());
        return Outcome.of(
                migrated ? new Decision.DropAllVisual(Decision.Positions.ORIGINAL) : new Decision.Unchanged(), scores);
    }

    /** Share of a row's attention that goes to the marked positions. */
    static double flow(float[] row, boolean[] to) {
        double some = 0;
        double all = 0;
        for (int i = 0; i < row.length; i++) {
            all += row[i];
            some += to[i] ? row[i] : 0;
        }
        return all == 0 ? 0 : some / all;
    }
}

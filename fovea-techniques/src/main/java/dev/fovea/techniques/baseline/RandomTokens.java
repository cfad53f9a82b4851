package dev.fovea.techniques.baseline;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knob;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Spending;
import dev.fovea.techniques.primitives.RandomSubset;
import java.util.List;

/** A random subset of an image's tokens, drawn anew for every picture, the same for the same picture and seed. */
public final class RandomTokens implements Technique {
    private static final Card CARD = new Card(
            "random",
            "Random token dropping",
            "",
            "Keeps a random subset of the visual tokens, in raster order, before the projector.",
            List.of("connector"),
            List.of(
                    Knob.number("seed", "0", 0, Integer.MAX_VALUE, "Another seed draws other subsets."),
                    Knob.choice(
                            "vary",
                            "image",
                            List.of("image", "never"),
                            "Draw another subset for every picture, or the same for all.")),
            false,
            List.of("Budget: tokens kept per image."));

    private static final Signal.PatchPixels PIXELS = new Signal.PatchPixels();

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Plan plan(ModelShape shape, Budget budget, Knobs knobs) {
        if (budget.isFull(shape.visualTokens())) {
            return Plan.of(CARD.id());
        }
        long seed = knobs.integer("seed");
        if (knobs.text("vary").equals("never")) {
            return Plan.of(
                    CARD.id(), new Step(new Station.Connector(), List.of(), s -> keep(budget, s.layout(), seed)));
        }
        return Plan.of(
                CARD.id(),
                new Step(
                        new Station.Connector(),
                        List.of(PIXELS),
                        s -> keep(budget, s.layout(), seed ^ fingerprint(s.get(PIXELS)))));
    }

    private static Outcome keep(Budget budget, Layout layout, long seed) {
        int count = Spending.perImage(budget, layout);
        return Outcome.of(Decision.Keep.of(RandomSubset.of(layout.visualCount(), count, seed)));
    }

    /** A number that depends on every pixel, rounded to whole grey levels so that it is the same on every machine. */
    static long fingerprint(Matrix pixels) {
        long hash = 0xcbf29ce484222325L;
        for (float value : pixels.data()) {
            hash = (hash ^ Math.round(value)) * 0x100000001b3L;
        }
        return hash;
    }
}

package dev.fovea.techniques.baseline;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Spending;
import dev.fovea.techniques.primitives.RandomSubset;
import java.util.List;

/** A random subset of an image's tokens, drawn anew for every picture, the same for the same picture and seed. */
public final class RandomTokens implements Technique {
    private static final Card CARD = Card.of("""
            id        random
            title     Random token dropping
            summary   Keeps a random subset of the visual tokens, in raster order, before the projector.
            stations  connector
            budget    Tokens kept per image.
            knob      seed = 0, whole 0..2147483647: Another seed draws other subsets.
            knob      vary = image | never: Draw another subset for every picture, or the same for all.
            """);

    private static final Signal.PatchPixels PIXELS = new Signal.PatchPixels();

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        long seed = knobs.integer("seed");
        boolean vary = knobs.is("vary", "image");
        List<Signal<?>> needs = vary ? List.of(PIXELS) : List.of();
        return List.of(new Step(new Station.Connector(), needs, s -> {
            long drawn = vary ? seed ^ fingerprint(s.get(PIXELS)) : seed;
            int count = Spending.perImage(budget, s.layout());
            return Outcome.of(Decision.Keep.of(RandomSubset.of(s.layout().visualCount(), count, drawn)));
        }));
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

package dev.fovea.eval.compare;

import dev.fovea.core.image.Geometry;
import dev.fovea.core.path.Ledger;
import dev.fovea.eval.bench.Contestant;
import dev.fovea.eval.cost.Cost;
import dev.fovea.eval.subject.Reply;
import java.util.List;

/**
 * What one contestant made of the picture and question.
 *
 * @param contestant which
 * @param reply the answer
 * @param encodeMs the picture through the encoder
 * @param cost operations and memory
 * @param meanVisual visual tokens on average over the decoder's layers
 * @param agreement share of the full model's answer, in tokens from its start, that this answer repeats; 1 if both are
 *     the same
 */
public record Compared(
        Contestant contestant, Reply reply, double encodeMs, Cost cost, double meanVisual, double agreement) {

    /** Visual tokens behind the last station. */
    public int kept() {
        return reply.ledger().kept();
    }

    public Ledger ledger() {
        return reply.ledger();
    }

    public List<Geometry> geometry() {
        return reply.geometry();
    }

    /** Length of the common beginning of two answers over the length of the longer one; 1 for two empty ones. */
    static double agreement(List<Integer> full, List<Integer> other) {
        int longer = Math.max(full.size(), other.size());
        int common = 0;
        while (common < Math.min(full.size(), other.size()) && full.get(common).equals(other.get(common))) {
            common++;
        }
        return longer == 0 ? 1 : (double) common / longer;
    }
}

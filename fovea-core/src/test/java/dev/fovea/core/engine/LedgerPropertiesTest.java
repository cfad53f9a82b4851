package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** Whatever steps decide, the ledger adds up and says what the rows became. */
class LedgerPropertiesTest {

    @RepeatedTest(200)
    void everyTokenHasOneFateAndSurvivorsAreWhatTheirMembersSay(RepetitionInfo trial) {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        int side = random.nextInt(1, 6);
        int decisions = random.nextInt(7);
        int patches = side * side;
        LedgerBuilder builder = new LedgerBuilder(List.of(new Ledger.Grid(side, side)), false);
        VisualTokens tokens = VisualTokens.ofCells(patches);
        // Every token begins as its own unit vector, so that rows can be read as mixtures.
        double[][] rows = new double[patches][patches];
        for (int i = 0; i < patches; i++) {
            rows[i][i] = 1;
        }
        for (int d = 0; d < decisions && tokens.count() > 0; d++) {
            Decision decision = random.nextBoolean() ? keep(tokens.count(), random) : merge(tokens.count(), random);
            builder.add(new Decided(new Station.EncoderOutput(d), tokens.ids(), Outcome.of(decision)), 0);
            rows = applied(rows, decision);
            tokens = EncoderPass.afterwards(tokens, decision);
        }
        Ledger ledger = builder.build(tokens, List.of(), List.of(), List.of());
        assertThat(ledger.count(Ledger.Fate.KEPT)
                        + ledger.count(Ledger.Fate.MERGED)
                        + ledger.count(Ledger.Fate.DROPPED))
                .isEqualTo(patches);
        assertThat(ledger.kept()).isEqualTo(tokens.count()).isEqualTo(rows.length);
        for (int i = 0; i < rows.length; i++) {
            Map<Integer, Double> told = new HashMap<>();
            Ledger.Group group = ledger.survivors().get(i);
            for (int k = 0; k < group.members().length; k++) {
                told.merge(group.members()[k], (double) group.weights()[k], Double::sum);
            }
            for (int p = 0; p < patches; p++) {
                assertThat(told.getOrDefault(p, 0.0))
                        .isCloseTo(rows[i][p], org.assertj.core.api.Assertions.within(1e-5));
            }
        }
    }

    @RepeatedTest(50)
    void packedRowsAreTheSameAsOneByOne(RepetitionInfo trial) {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        int[] lengths = IntStream.range(0, 3).map(i -> 2 + random.nextInt(6)).toArray();
        RowChange[] changes = new RowChange[3];
        float[] data = new float[2 * Arrays.stream(lengths).sum()];
        for (int i = 0; i < data.length; i++) {
            data[i] = random.nextFloat();
        }
        float[] expected = new float[0];
        int from = 0;
        for (int s = 0; s < 3; s++) {
            int n = lengths[s] - 1;
            Decision decision = random.nextBoolean() ? keep(n, random) : merge(n, random);
            changes[s] = random.nextInt(3) == 0 ? null : RowChange.ofImage(1, 1, decision);
            float[] own = Arrays.copyOfRange(data, 2 * from, 2 * (from + lengths[s]));
            float[] after = Tensors.floats(RowChange.apply(
                    Tensors.of(own, lengths[s], 2), new int[] {lengths[s]}, new RowChange[] {changes[s]}));
            int done = expected.length;
            expected = Arrays.copyOf(expected, done + after.length);
            System.arraycopy(after, 0, expected, done, after.length);
            from += lengths[s];
        }
        float[] together = Tensors.floats(RowChange.apply(Tensors.of(data, from, 2), lengths, changes));
        assertThat(together).containsExactly(expected);
    }

    private static Decision keep(int present, SplittableRandom random) {
        return Decision.Keep.of(
                IntStream.range(0, present).filter(i -> random.nextInt(3) > 0).toArray());
    }

    private static Decision merge(int present, SplittableRandom random) {
        int groups = 1 + random.nextInt(present);
        int[] anchors = IntStream.range(0, present).limit(groups).toArray();
        int[] offsets = new int[groups + 1];
        int[] members = new int[2 * groups];
        float[] weights = new float[2 * groups];
        for (int g = 0; g < groups; g++) {
            members[2 * g] = anchors[g];
            members[2 * g + 1] = random.nextInt(present);
            weights[2 * g] = 0.5f;
            weights[2 * g + 1] = random.nextFloat();
            offsets[g + 1] = 2 * (g + 1);
        }
        return new Decision.Merge(offsets, members, weights, anchors, Decision.Positions.ORIGINAL);
    }

    private static double[][] applied(double[][] rows, Decision decision) {
        if (decision instanceof Decision.Keep keep) {
            return Arrays.stream(keep.indices()).mapToObj(i -> rows[i]).toArray(double[][]::new);
        }
        Decision.Merge m = (Decision.Merge) decision;
        double[][] out = new double[m.groups()][rows[0].length];
        for (int g = 0; g < m.groups(); g++) {
            for (int k = m.offsets()[g]; k < m.offsets()[g + 1]; k++) {
                for (int p = 0; p < out[g].length; p++) {
                    out[g][p] += m.weights()[k] * rows[m.members()[k]][p];
                }
            }
        }
        return out;
    }
}

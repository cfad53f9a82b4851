package dev.fovea.core.kernel;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Sums the lanes of many rows of whole numbers, as many rows at a time as there are lanes: neighbours of two rows are added
 * in one vector, again and again until each lane is a row. In which order is all the same, because whole numbers lose
 * nothing.
 */
final class IntLaneSum {
    private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
    private static final int LANES = I.length();

    /** Of two vectors behind one another every second lane. */
    private static final IntVector EVEN = IntVector.zero(I).addIndex(2);

    private static final IntVector ODD = EVEN.add(1);

    private IntLaneSum() {}

    /**
     * Adds to {@code sums}, from {@code to} on, the sums of the lanes of each row.
     *
     * @param lanes row after row, with room for a multiple of as many as there are lanes; overwritten
     * @param more added to each sum besides
     */
    static void ofRows(int[] lanes, int rows, int more, int[] sums, int to) {
        for (int done = 0; done < rows; done += LANES) {
            int at = LANES * done;
            for (int pairs = LANES / 2; pairs > 0; pairs /= 2) {
                add(lanes, at, pairs);
            }
            for (int r = done; r < Math.min(rows, done + LANES); r++) {
                sums[to + r] += lanes[at + r - done] + more;
            }
        }
    }

    /** Vectors two by two; the first half of each result comes from the first of them, the second from the other. */
    private static void add(int[] lanes, int at, int pairs) {
        for (int p = 0; p < pairs; p++) {
            IntVector a = IntVector.fromArray(I, lanes, at + 2 * p * LANES);
            IntVector b = IntVector.fromArray(I, lanes, at + (2 * p + 1) * LANES);
            EVEN.selectFrom(a, b).add(ODD.selectFrom(a, b)).intoArray(lanes, at + p * LANES);
        }
    }
}

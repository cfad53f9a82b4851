package dev.fovea.techniques.primitives;

import java.util.Arrays;

/**
 * The order in which CPython (3.7 and later) walks a set of small whole numbers. Published code that loops over a set
 * decides in this order.
 *
 * <p>A number goes to the slot it has modulo the table's size; where that is taken, to one of the next nine slots if
 * they lie inside the table, else to one found by mixing in its higher bits. Once three fifths of the slots are used the
 * table becomes the smallest power of two above four times the numbers in it.
 */
public final class HashOrder {
    private static final int NEIGHBOURS = 9;
    private static final int SMALLEST = 8;
    private static final int FREE = -1;

    private HashOrder() {}

    /**
     * Places in {@code values} in the order of the walk.
     *
     * @param values different numbers, none negative, in the order they are put in
     */
    public static int[] of(int[] values) {
        int[] table = empty(SMALLEST);
        int used = 0;
        for (int place = 0; place < values.length; place++) {
            insert(table, values, place);
            used++;
            if (5 * used >= 3 * (table.length - 1)) {
                table = refilled(table, values, above(4 * used));
            }
        }
        return Arrays.stream(table).filter(place -> place != FREE).toArray();
    }

    /** The smallest table with more slots than this. */
    private static int above(int count) {
        int size = SMALLEST;
        while (size <= count) {
            size <<= 1;
        }
        return size;
    }

    private static int[] refilled(int[] old, int[] values, int size) {
        int[] table = empty(size);
        for (int place : old) {
            if (place != FREE) {
                insert(table, values, place);
            }
        }
        return table;
    }

    private static int[] empty(int size) {
        int[] table = new int[size];
        Arrays.fill(table, FREE);
        return table;
    }

    private static void insert(int[] table, int[] values, int place) {
        int mask = table.length - 1;
        int mixed = values[place];
        int slot = mixed & mask;
        while (true) {
            int last = slot + NEIGHBOURS <= mask ? slot + NEIGHBOURS : slot;
            for (int at = slot; at <= last; at++) {
                if (table[at] == FREE) {
                    table[at] = place;
                    return;
                }
            }
            mixed >>>= 5;
            slot = (slot * 5 + 1 + mixed) & mask;
        }
    }
}

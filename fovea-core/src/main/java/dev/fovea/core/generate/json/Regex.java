package dev.fovea.core.generate.json;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A regular expression as an automaton over characters (Thompson's construction), of which all places it may be at are
 * followed at once. From every place an end can be reached, so whoever only takes characters that it can read never
 * stands before nothing.
 */
final class Regex {
    private final List<State> states = new ArrayList<>();
    private int start;
    private int end;

    /**
     * One state: reads a character of these ranges and goes to {@code next}, or without reading to any of
     * {@code free}.
     */
    private record State(int[] ranges, int next, List<Integer> free) {}

    /**
     * All states that may be current, closed under what is free.
     *
     * @param states ascending
     */
    record Place(int[] states) {
        static final Place NONE = new Place(new int[0]);

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Place p && Arrays.equals(states, p.states);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(states);
        }
    }

    Regex() {}

    /** Adds a state that reads one of these ranges (pairs of first and last) and goes to {@code next}. */
    int reading(int[] ranges, int next) {
        states.add(new State(ranges, next, List.of()));
        return states.size() - 1;
    }

    /** Adds a state that goes on without reading; more ways may be added to the list. */
    int passing(List<Integer> ways) {
        states.add(new State(new int[0], -1, ways));
        return states.size() - 1;
    }

    int size() {
        return states.size();
    }

    void between(int first, int last) {
        start = first;
        end = last;
    }

    Place start() {
        BitSet at = new BitSet();
        close(start, at);
        return new Place(at.stream().toArray());
    }

    /** Adds a state and whatever it leads to without reading. */
    private void close(int state, BitSet at) {
        Deque<Integer> open = new ArrayDeque<>(List.of(state));
        while (!open.isEmpty()) {
            int next = open.remove();
            if (!at.get(next)) {
                at.set(next);
                open.addAll(states.get(next).free);
            }
        }
    }

    /** Where it is after a character, or null if it cannot read it. */
    @Nullable
    Place read(Place place, int character) {
        BitSet at = new BitSet();
        for (int s : place.states) {
            State state = states.get(s);
            if (overlaps(state.ranges, character, character)) {
                close(state.next, at);
            }
        }
        return at.isEmpty() ? null : new Place(at.stream().toArray());
    }

    /** Whether it can read any character of a range. */
    boolean mayRead(Place place, int low, int high) {
        return Arrays.stream(place.states).anyMatch(s -> overlaps(states.get(s).ranges, low, high));
    }

    private static boolean overlaps(int[] ranges, int low, int high) {
        for (int i = 0; i < ranges.length; i += 2) {
            if (ranges[i] <= high && ranges[i + 1] >= low) {
                return true;
            }
        }
        return false;
    }

    /** Whether what was read is a whole match. */
    boolean accepts(Place place) {
        return Arrays.binarySearch(place.states, end) >= 0;
    }
}

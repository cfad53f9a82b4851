package dev.fovea.core.generate.json;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is still to be read, the next piece on top; null is an empty one. Immutable; equal stacks read the same.
 *
 * @param top the next piece
 * @param below what follows
 * @param hash of both, made once: stacks are looked up for every token
 */
@SuppressWarnings("ReferenceEquality") // there is one end, and whoever is the same needs no comparison
record Stack(Part top, @Nullable Stack below, int hash) {

    static Stack of(Part top, @Nullable Stack below) {
        return new Stack(top, below, 31 * top.hashCode() + (below == null ? 7 : below.hash));
    }

    private static @Nullable Stack of(List<Part> parts, @Nullable Stack below) {
        Stack stack = below;
        for (Part part : parts.reversed()) {
            stack = of(part, stack);
        }
        return stack;
    }

    /** Adds what can be left to read after a byte. {@link #END} stands for nothing. */
    static void read(@Nullable Stack stack, int value, Set<Stack> after) {
        if (stack == null || stack == END) {
            return;
        }
        switch (stack.top) {
            case Part.Fork fork -> fork.alternatives().forEach(parts -> read(of(parts, stack.below), value, after));
            case Part.Reader reader -> {
                Part.Reader next = reader.read(value);
                if (next == Part.DONE) {
                    after.add(stack.below == null ? END : stack.below);
                } else if (next != null) {
                    after.add(next == reader ? stack : of(next, stack.below));
                }
                if (reader.mayEnd()) {
                    read(stack.below, value, after);
                }
            }
        }
    }

    /** What reading a byte costs. */
    int cost() {
        return top instanceof Part.Reader reader ? reader.cost() : 1;
    }

    /** Whether nothing needs to follow. */
    static boolean mayEnd(@Nullable Stack stack) {
        if (stack == null || stack == END) {
            return true;
        }
        return switch (stack.top) {
            case Part.Fork fork -> fork.alternatives().stream().anyMatch(parts -> mayEnd(of(parts, stack.below)));
            case Part.Reader reader -> reader.mayEnd() && mayEnd(stack.below);
        };
    }

    /** Nothing is left to read. */
    static final Stack END = new Stack(Part.DONE, null, 0);

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || (other instanceof Stack s
                        && hash == s.hash
                        && top.equals(s.top)
                        && (below == null ? s.below == null : below.equals(s.below)));
    }
}

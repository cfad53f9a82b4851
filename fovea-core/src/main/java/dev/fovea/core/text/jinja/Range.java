package dev.fovea.core.text.jinja;

import java.util.AbstractList;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/** What {@code range} gives: whole numbers that are computed where they are asked for. */
final class Range extends AbstractList<@Nullable Object> implements RandomAccess {
    /** The sandbox of Jinja allows no larger ones. */
    private static final long MAX_SIZE = 100_000;

    final long start;
    final long stop;
    final long step;
    private final int size;

    Range(long start, long stop, long step) {
        if (step == 0) {
            throw new TemplateException("range cannot have the step 0");
        }
        this.start = start;
        this.stop = stop;
        this.step = step;
        boolean empty = step > 0 ? start >= stop : start <= stop;
        double count = empty ? 0 : Math.ceil(((double) stop - start) / step);
        if (count > MAX_SIZE) {
            throw new TemplateException("a range can have no more than " + MAX_SIZE + " numbers");
        }
        this.size = (int) count;
    }

    @Override
    public Object get(int index) {
        return start + index * step;
    }

    @Override
    public int size() {
        return size;
    }

    boolean holds(long n) {
        return size > 0
                && Math.min(start, start + (size - 1) * step) <= n
                && n <= Math.max(start, start + (size - 1) * step)
                && Math.floorMod(n - start, step) == 0;
    }
}

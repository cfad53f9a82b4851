package dev.fovea.core.text.jinja;

import java.util.Iterator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What filters such as {@code map} give: elements that are computed when they are asked for, and only once. */
final class Lazy implements Iterator<@Nullable Object> {
    private final Supplier<Iterator<@Nullable Object>> source;
    private final int depth;
    private @Nullable Iterator<@Nullable Object> opened;

    private Lazy(Supplier<Iterator<@Nullable Object>> source, int depth) {
        this.source = source;
        this.depth = depth;
    }

    /**
     * Elements made of those of another value.
     *
     * @param made asked for when the first element is
     */
    static Lazy over(@Nullable Object value, Limits limits, Supplier<Iterator<@Nullable Object>> made) {
        limits.spend(4);
        return new Lazy(made, value instanceof Lazy other ? limits.below(other.depth) : 0);
    }

    private Iterator<@Nullable Object> opened() {
        Iterator<@Nullable Object> now = opened;
        if (now == null) {
            now = source.get();
            opened = now;
        }
        return now;
    }

    /** This one, with its source asked for at once, so that what cannot be looped over is refused here. */
    Lazy begun() {
        opened();
        return this;
    }

    @Override
    public boolean hasNext() {
        return opened().hasNext();
    }

    @Override
    public @Nullable Object next() {
        return opened().next();
    }
}

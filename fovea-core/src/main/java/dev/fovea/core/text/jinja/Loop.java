package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code loop} knows of a loop that runs. It looks ahead only when it is asked to. */
final class Loop implements Attributes, Callable, Iterator<@Nullable Object> {
    /** Runs the same loop over other elements. */
    interface Again {
        Object run(@Nullable Object items, int depth);
    }

    private final Context context;
    private final @Nullable Again again;
    private final int depth;
    private Iterator<@Nullable Object> items;
    private long length;
    private long index = -1;
    private @Nullable Object current;
    private @Nullable Object before;

    /** The element after this one if it was looked at already, else {@link Attributes#NONE}. */
    private @Nullable Object after = Attributes.NONE;

    private @Nullable Object changed = Attributes.NONE;

    /**
     * A loop about to run.
     *
     * @param length how many elements there are, or -1 if that is not known yet
     * @param again for a recursive loop
     */
    Loop(Iterator<@Nullable Object> items, long length, int depth, @Nullable Again again, Context context) {
        this.items = items;
        this.length = length;
        this.depth = depth;
        this.again = again;
        this.context = context;
    }

    @Override
    public boolean hasNext() {
        return after != Attributes.NONE || items.hasNext();
    }

    @Override
    public @Nullable Object next() {
        before = current;
        current = after != Attributes.NONE ? after : items.next();
        after = Attributes.NONE;
        index++;
        return current;
    }

    long length() {
        if (length < 0) {
            List<@Nullable Object> rest = new ArrayList<>();
            while (items.hasNext()) {
                context.limits.step();
                Limits.checkList(rest.size() + 1L);
                rest.add(items.next());
            }
            length = index + 1 + rest.size() + (after != Attributes.NONE ? 1 : 0);
            items = rest.iterator();
        }
        return length;
    }

    private @Nullable Object nextItem() {
        if (!hasNext()) {
            return new Undefined("there is no next item");
        }
        if (after == Attributes.NONE) {
            after = items.next();
        }
        return after;
    }

    @Override
    public @Nullable Object attribute(String name) {
        return switch (name) {
            case "index" -> index + 1;
            case "index0" -> index;
            case "revindex" -> length() - index;
            case "revindex0" -> length() - index - 1;
            case "first" -> index == 0;
            case "last" -> !hasNext();
            case "length" -> length();
            case "depth" -> (long) depth;
            case "depth0" -> depth - 1L;
            case "previtem" -> index == 0 ? new Undefined("there is no previous item") : before;
            case "nextitem" -> nextItem();
            case "cycle" -> (Callable) (positional, named) -> cycle(positional);
            case "changed" -> (Callable) (positional, named) -> changed(positional);
            default -> Attributes.NONE;
        };
    }

    private @Nullable Object cycle(List<@Nullable Object> values) {
        if (values.isEmpty()) {
            throw new TemplateException("'cycle' was given nothing");
        }
        return values.get((int) (index % values.size()));
    }

    private boolean changed(List<@Nullable Object> values) {
        Tuple now = Tuple.of(values.toArray());
        if (changed instanceof Tuple then && Equality.same(then, now, context.limits)) {
            return false;
        }
        changed = now;
        return true;
    }

    @Override
    public @Nullable Object call(List<@Nullable Object> positional, Map<String, @Nullable Object> named) {
        Object items = Signature.of("iterable").bind("loop", positional, named).get("iterable");
        if (again == null) {
            throw new TemplateException("only a loop marked 'recursive' can be called");
        }
        return again.run(items, depth + 1);
    }

    @Override
    public String written() {
        return "<LoopContext " + (index + 1) + "/" + length() + ">";
    }
}

package dev.fovea.core.generate.json;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of a model in the order of their bytes, so that what tokens begin with alike is read once. Immutable; one
 * per model.
 */
public final class JsonVocabulary {
    /** More reading than this for one token would keep everybody else waiting. */
    private static final long MOST_WORK = 10_000_000;

    private final List<byte @Nullable []> bytes;
    private final int[] order;
    private final int[] shared;
    private final int longest;

    /** @param bytes for each id the bytes that it stands for, or null for tokens that no text is written with */
    public JsonVocabulary(List<byte @Nullable []> bytes) {
        this.bytes = new ArrayList<>(bytes);
        this.order = IntStream.range(0, bytes.size())
                .filter(i -> bytes.get(i) != null)
                .boxed()
                .sorted((a, b) -> Arrays.compareUnsigned(bytes.get(a), bytes.get(b)))
                .mapToInt(Integer::intValue)
                .toArray();
        this.shared = new int[order.length];
        int most = 0;
        for (int i = 0; i < order.length; i++) {
            byte[] own = of(order[i]);
            most = Math.max(most, own.length);
            if (i > 0) {
                int at = Arrays.mismatch(own, of(order[i - 1]));
                shared[i] = at < 0 ? own.length : at;
            }
        }
        this.longest = most;
    }

    /** The bytes of a token, if texts are written with it. */
    public Optional<byte[]> bytes(int id) {
        return id >= 0 && id < bytes.size() ? Optional.ofNullable(bytes.get(id)) : Optional.empty();
    }

    private byte[] of(int id) {
        byte[] known = bytes.get(id);
        return known == null ? new byte[0] : known;
    }

    /** Where a grammar stands after the bytes of a token, nowhere if they may not come. */
    Set<Stack> after(Set<Stack> before, int id) {
        Set<Stack> now = before;
        for (byte b : of(id)) {
            now = step(now, b & 0xff);
        }
        return now;
    }

    private static Set<Stack> step(Set<Stack> before, int value) {
        Set<Stack> after = new HashSet<>();
        before.forEach(stack -> Stack.read(stack, value, after));
        // Inside a string nearly every byte leads back to where it came from.
        return after.equals(before) ? before : after;
    }

    /** The tokens that can be read next: one bit per id. */
    BitSet readable(Set<Stack> from) {
        BitSet readable = new BitSet(bytes.size());
        List<Set<Stack>> at = new ArrayList<>();
        for (int i = 0; i <= longest; i++) {
            at.add(from);
        }
        long work = 0;
        // How many bytes of the token before could be read.
        int read = 0;
        for (int i = 0; i < order.length; i++) {
            byte[] own = of(order[i]);
            if (shared[i] > read) {
                continue;
            }
            read = shared[i];
            while (read < own.length) {
                Set<Stack> before = at.get(read);
                for (Stack stack : before) {
                    work += stack.cost();
                }
                Set<Stack> next = step(before, own[read] & 0xff);
                if (next.isEmpty()) {
                    break;
                }
                at.set(++read, next);
            }
            if (read == own.length) {
                readable.set(order[i]);
            }
            if (work > MOST_WORK) {
                throw new IllegalStateException(
                        "The schema leaves too many ways open to be followed; make it simpler.");
            }
        }
        return readable;
    }
}

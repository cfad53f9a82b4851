package dev.fovea.core.technique;

import dev.fovea.core.message.Numerals;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * How many visual tokens a technique may spend: a count, a share, or everything. A count is for the whole prompt and is
 * divided evenly over its images; a share is of every image's tokens.
 */
public sealed interface Budget {

    /** A number of tokens. */
    record Count(int tokens) implements Budget {
        public Count {
            if (tokens < 1) {
                throw new IllegalArgumentException("A budget needs at least 1 visual token, got " + tokens + ".");
            }
        }
    }

    /** A share of the tokens, above 0 and at most 1. */
    record Share(double share) implements Budget {
        public Share {
            if (!(share > 0 && share <= 1)) {
                throw new IllegalArgumentException(
                        "A budget in percent must be above 0 % and at most 100 %, got " + 100 * share + " %.");
            }
        }
    }

    /** All tokens. */
    record Full() implements Budget {}

    static Budget full() {
        return new Full();
    }

    static Budget count(int tokens) {
        return new Count(tokens);
    }

    static Budget share(double share) {
        return new Share(share);
    }

    /**
     * Tokens to keep out of {@code total}: the count itself (never above the total), or the share rounded half up, at
     * least 1.
     */
    default int of(int total) {
        return switch (this) {
            case Count c -> Math.min(c.tokens(), total);
            case Share s -> Math.max(1, (int) Math.floor(s.share() * total + 0.5));
            case Full ignored -> total;
        };
    }

    /** The share of {@code total} that this budget keeps, in (0, 1]. */
    default double shareOf(int total) {
        return switch (this) {
            case Share s -> s.share();
            default -> (double) of(total) / total;
        };
    }

    /** Whether everything is kept. */
    default boolean isFull(int total) {
        return of(total) >= total;
    }

    /**
     * Reads {@code 64}, {@code 25%} or {@code full}.
     *
     * @param text as typed
     * @throws IllegalArgumentException with one sentence that says what is allowed
     */
    static Budget parse(String text) {
        String t = text.strip();
        if (t.equalsIgnoreCase("full")) {
            return full();
        }
        String number = t.endsWith("%") ? t.substring(0, t.length() - 1).strip() : t;
        OptionalDouble percent = t.endsWith("%") ? Numerals.decimal(number) : OptionalDouble.empty();
        OptionalInt count = t.endsWith("%") ? OptionalInt.empty() : Numerals.whole(number);
        if (percent.isPresent()) {
            return share(percent.getAsDouble() / 100);
        }
        if (count.isPresent()) {
            return count(count.getAsInt());
        }
        throw new IllegalArgumentException(
                "Cannot read the budget '" + text + "': give a token count (64), a percentage (25%) or 'full'.");
    }
}

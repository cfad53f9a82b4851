package dev.fovea.core.generate;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a stream of text where a stop string begins, even if that string arrives in several pieces: text that could be
 * its beginning is held back until the next piece decides. Of several stop strings the one that is complete first
 * counts, so the result does not depend on how the text is cut into pieces. One per answer; not safe for use by several
 * threads.
 */
public final class StopStrings {
    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private boolean stopped;

    /** @param stops the strings that end the answer; none of them may be empty */
    public StopStrings(List<String> stops) {
        for (String stop : stops) {
            if (stop.isEmpty()) {
                throw new IllegalArgumentException("A stop string must not be empty; leave it out instead");
            }
        }
        this.stops = List.copyOf(stops);
    }

    /**
     * Takes the next piece of text.
     *
     * @return the text that can be handed out now; nothing once a stop string was met
     */
    public String accept(String piece) {
        if (stopped) {
            return "";
        }
        held.append(piece);
        int cut = firstStop();
        if (cut >= 0) {
            stopped = true;
            return take(cut);
        }
        return take(held.length() - undecided());
    }

    /** What was held back, once no more text comes. */
    public String finish() {
        return stopped ? "" : take(held.length());
    }

    /** Whether a stop string was met. */
    public boolean stopped() {
        return stopped;
    }

    private String take(int count) {
        String text = held.substring(0, count);
        held.delete(0, count);
        return text;
    }

    /** Where the stop string that ends first begins (the longest of those that end together), or -1. */
    private int firstStop() {
        int begin = -1;
        int end = Integer.MAX_VALUE;
        for (String stop : stops) {
            int at = held.indexOf(stop);
            if (at >= 0 && (at + stop.length() < end || (at + stop.length() == end && at < begin))) {
                begin = at;
                end = at + stop.length();
            }
        }
        return begin;
    }

    /** The length of the longest end of the held text that a stop string begins with. */
    private int undecided() {
        int longest = 0;
        for (String stop : stops) {
            for (int n = Math.min(stop.length() - 1, held.length()); n > longest; n--) {
                if (stop.startsWith(held.substring(held.length() - n))) {
                    longest = n;
                }
            }
        }
        return longest;
    }

    /** The strings, for messages and requests. */
    public List<String> strings() {
        return new ArrayList<>(stops);
    }
}

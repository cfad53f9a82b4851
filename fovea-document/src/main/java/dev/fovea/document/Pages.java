package dev.fovea.document;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which pages of a document are wanted, counted from 1.
 *
 * @param ranges in any order; none stands for all pages
 */
public record Pages(List<Range> ranges) {
    private static final Pattern RANGE = Pattern.compile("\\s*(\\d{1,9})\\s*(?:(-)\\s*(\\d{1,9})?\\s*)?");
    private static final int MOST_RANGES = 1_000;

    /**
     * Some pages in a row.
     *
     * @param first from 1
     * @param last or {@link Integer#MAX_VALUE} for the document's last
     */
    public record Range(int first, int last) {
        public Range {
            if (first < 1 || last < first) {
                throw new IllegalArgumentException(
                        "Pages " + first + "-" + last + " are none: pages count from 1, the smaller first.");
            }
        }
    }

    public Pages {
        ranges = List.copyOf(ranges);
    }

    /** Every page. */
    public static Pages all() {
        return new Pages(List.of());
    }

    /**
     * Reads a choice such as {@code 1,3-5} or {@code 7-}.
     *
     * @throws IllegalArgumentException with one sentence if it is none
     */
    public static Pages parse(String text) {
        List<Range> ranges = new ArrayList<>();
        String[] parts = text.split(",", MOST_RANGES + 1);
        for (String part : parts) {
            Matcher found = RANGE.matcher(part);
            if (!found.matches() || parts.length > MOST_RANGES) {
                String shown = text.length() > 40 ? text.substring(0, 37) + "..." : text;
                throw new IllegalArgumentException("'" + shown + "' names no pages; write them like 1,3-5 or 7-.");
            }
            int first = Integer.parseInt(found.group(1));
            int last = found.group(3) != null
                    ? Integer.parseInt(found.group(3))
                    : found.group(2) != null ? Integer.MAX_VALUE : first;
            ranges.add(new Range(first, last));
        }
        return new Pages(ranges);
    }

    /**
     * The numbers of the chosen pages, rising, each once.
     *
     * @param name of the document, for messages
     * @param count pages that it has
     * @param most pages that may be chosen
     * @throws DocumentException if a page is not there, or too many are chosen
     */
    int[] of(String name, int count, int most) {
        if (count < 1) {
            throw new DocumentException(name + " has no pages; save it again with the program that made it");
        }
        TreeSet<Integer> chosen = new TreeSet<>();
        for (Range range : ranges.isEmpty() ? List.of(new Range(1, count)) : ranges) {
            boolean open = range.last() == Integer.MAX_VALUE;
            if (range.first() > count || (!open && range.last() > count)) {
                throw new DocumentException(name + " has " + counted(count) + ", and no page "
                        + (range.first() > count ? range.first() : range.last()));
            }
            int last = open ? count : range.last();
            if (last - range.first() >= most) {
                throw tooMany(name, count, last - range.first() + 1, most);
            }
            for (int page = range.first(); page <= last; page++) {
                chosen.add(page);
            }
        }
        if (chosen.size() > most) {
            throw tooMany(name, count, chosen.size(), most);
        }
        return chosen.stream().mapToInt(Integer::intValue).toArray();
    }

    private DocumentException tooMany(String name, int count, int chosen, int most) {
        String what = ranges.isEmpty()
                ? name + " has " + counted(count)
                : "Of " + name + " " + counted(chosen) + " are chosen";
        return new DocumentException(
                what + ", more than the " + most + " that are read at once; choose some, for example 1-" + most);
    }

    private static String counted(int pages) {
        return pages == 1 ? "1 page" : pages + " pages";
    }
}

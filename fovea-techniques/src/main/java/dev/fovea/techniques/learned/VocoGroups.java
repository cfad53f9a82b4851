package dev.fovea.techniques.learned;

import dev.fovea.core.path.AttentionEdges;
import dev.fovea.core.path.Layout;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Who sees whom in VoCo-LLaMA (arXiv 2406.12275, section 3.1 and figure 2): words behind a picture see it only through
 * its compression tokens. What stands before the first picture is common; every image has its own vision tokens, words
 * between those and the compression tokens, and compression tokens; all words behind the first image are one group.
 *
 * <p>Words inside a picture, such as the ends of its rows, count as its vision tokens.
 *
 * @param groups of each token: {@link #BEFORE}, {@link #TEXT}, or of image {@code i} {@code 2 + 3 * i} and the two behind
 *     it
 * @param images of the prompt
 */
@SuppressWarnings("ArrayRecordComponent") // made for one decision; never compared
record VocoGroups(int[] groups, int images) {
    private static final int BEFORE = 0;
    private static final int TEXT = 1;
    private static final int FIRST = 2;
    private static final int PER_IMAGE = 3;
    private static final int VISION = 0;
    private static final int BETWEEN = 1;
    private static final int COMPRESSION = 2;

    /**
     * The groups of a prompt in which tokens that stand at no cell compress the image that they follow.
     *
     * @param classTokens whether the cells of each image stand behind its class token
     */
    static VocoGroups of(Layout layout, boolean classTokens) {
        int[] groups = new int[layout.length()];
        int first = layout.visualCount() == 0 ? layout.length() : layout.visual()[0];
        Arrays.fill(groups, first, groups.length, TEXT);
        int image = -1;
        int end = -1;
        for (int v = 0; v < layout.visualCount(); v++) {
            int at = layout.visual()[v];
            int of = imageAt(layout, v, image, classTokens);
            if (of >= 0) {
                boolean inside = image >= 0 && picture(layout, of) == picture(layout, image);
                Arrays.fill(groups, inside ? layout.visual()[v - 1] + 1 : at, at + 1, group(of, VISION));
                image = of;
                end = at + 1;
            } else {
                Arrays.fill(groups, end, at, group(image, BETWEEN));
                groups[at] = group(image, COMPRESSION);
                end = at + 1;
            }
        }
        return new VocoGroups(groups, layout.images());
    }

    /** The image whose vision token this is, by its cell or because it stands before the first; -1 if it compresses one. */
    private static int imageAt(Layout layout, int index, int image, boolean classTokens) {
        int[] cells = layout.cells();
        if (cells[index] >= 0) {
            return imageOf(layout, cells[index]);
        }
        boolean begins =
                index + 1 < cells.length && cells[index + 1] >= 0 && imageOf(layout, cells[index + 1]) != image;
        return image < 0 || (classTokens && begins) ? image + 1 : -1;
    }

    private static int group(int image, int kind) {
        return FIRST + PER_IMAGE * image + kind;
    }

    private static int picture(Layout layout, int image) {
        return layout.grids().get(image).picture();
    }

    private static int imageOf(Layout layout, int cell) {
        int image = 0;
        while (cell >= layout.firstCell(image + 1)) {
            image++;
        }
        return image;
    }

    /**
     * The edges.
     *
     * @param others whether text sees, beside compression tokens and text, everything else that is no vision token
     *     (the paper's mask) or nothing (that of the official code)
     */
    AttentionEdges edges(boolean others) {
        int count = FIRST + PER_IMAGE * images;
        boolean[][] sees = new boolean[count][count];
        sees[BEFORE][BEFORE] = true;
        for (int query = TEXT; query < count; query++) {
            for (int key = 0; key < count; key++) {
                sees[query][key] = query == TEXT ? remains(key, others) : key == BEFORE || sameImage(query, key);
            }
        }
        return new AttentionEdges(groups, sees, TEXT);
    }

    private static boolean sameImage(int one, int other) {
        return one >= FIRST && other >= FIRST && (one - FIRST) / PER_IMAGE == (other - FIRST) / PER_IMAGE;
    }

    /** Whether text sees tokens of a group. */
    private static boolean remains(int group, boolean others) {
        if (group == TEXT) {
            return true;
        }
        int kind = group == BEFORE ? BETWEEN : (group - FIRST) % PER_IMAGE;
        return kind == COMPRESSION || (others && kind == BETWEEN);
    }

    /** Positions of the tokens that text sees. */
    int[] remaining(boolean others) {
        return IntStream.range(0, groups.length)
                .filter(t -> remains(groups[t], others))
                .toArray();
    }

    /** Whether the edges are no other than that every token sees all before it: one image, and no text behind it. */
    boolean plain() {
        return images <= 1 && Arrays.stream(groups).noneMatch(g -> g == TEXT);
    }
}

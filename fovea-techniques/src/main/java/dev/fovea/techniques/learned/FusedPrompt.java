package dev.fovea.techniques.learned;

import dev.fovea.core.path.Layout;
import java.util.stream.IntStream;

/**
 * The visual tokens of a prompt by image, in the order in which pre-fusion reads them (LLaVA-Mini, arXiv 2501.03895): all
 * that it came with, then those that it was compressed to.
 *
 * @param others of each image: indices of visual tokens, {@code [images][]}
 * @param compressed of each image likewise
 */
@SuppressWarnings("ArrayRecordComponent") // made for one decision; never compared
record FusedPrompt(int[][] others, int[][] compressed) {

    /**
     * The images of a prompt.
     *
     * @param number of each visual token its number among the compressed ones of its image from 1, or 0
     */
    static FusedPrompt of(Layout layout, float[] number) {
        int[] images = images(layout, number);
        int[][] others = new int[layout.images()][];
        int[][] compressed = new int[layout.images()][];
        for (int image = 0; image < others.length; image++) {
            int here = image;
            others[image] = IntStream.range(0, number.length)
                    .filter(v -> images[v] == here && number[v] == 0)
                    .toArray();
            compressed[image] = IntStream.range(0, number.length)
                    .filter(v -> images[v] == here && number[v] != 0)
                    .toArray();
        }
        return new FusedPrompt(others, compressed);
    }

    /** To which image each token belongs: compressed ones follow a cell of theirs, class tokens stand before one. */
    private static int[] images(Layout layout, float[] number) {
        int[] cells = layout.cells();
        int[] images = new int[cells.length];
        for (int v = 0; v < cells.length; v++) {
            if (cells[v] >= 0) {
                images[v] = imageOf(layout, cells[v]);
            } else if (v > 0) {
                images[v] = images[v - 1];
            }
        }
        for (int v = cells.length - 2; v >= 0; v--) {
            if (cells[v] < 0 && number[v] == 0) {
                images[v] = images[v + 1];
            }
        }
        return images;
    }

    private static int imageOf(Layout layout, int cell) {
        int image = 0;
        while (cell >= layout.firstCell(image + 1)) {
            image++;
        }
        return image;
    }

    int images() {
        return others.length;
    }
}

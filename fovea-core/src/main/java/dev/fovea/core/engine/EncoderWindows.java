package dev.fovea.core.engine;

import dev.fovea.core.model.vision.Windows;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Which rows of the packed states attend to each other where an encoder attends inside windows.
 *
 * @param ofImages per image the rows of each of its windows, counted inside the image; windows without tokens are left
 *     out
 * @param rows all rows, window by window, windows of one size beside each other
 * @param lengths rows of each window in that order
 */
@SuppressWarnings("ArrayRecordComponent") // lives for one pass; never compared
record EncoderWindows(List<List<int[]>> ofImages, int[] rows, int[] lengths) {

    /** The windows of the tokens that are left. */
    static EncoderWindows of(List<EncodingImage> images, Windows windows, int patchSize) {
        List<List<int[]>> ofImages = new ArrayList<>();
        List<int[]> packed = new ArrayList<>();
        int from = 0;
        for (EncodingImage image : images) {
            List<int[]> own = ofImage(image, Math.max(1, windows.pixels() / patchSize / image.grid.side()));
            ofImages.add(own);
            int first = from;
            own.forEach(w -> packed.add(IntStream.of(w).map(row -> row + first).toArray()));
            from += image.length();
        }
        packed.sort(Comparator.comparingInt(w -> -w.length));
        return new EncoderWindows(
                ofImages,
                packed.stream().flatMapToInt(IntStream::of).toArray(),
                packed.stream().mapToInt(w -> w.length).toArray());
    }

    /** @param side tokens along each side of a window */
    private static List<int[]> ofImage(EncodingImage image, int side) {
        int cols = image.grid.cols();
        int across = Math.ceilDiv(cols, side);
        Map<Integer, List<Integer>> tokens = new TreeMap<>();
        int[] cells = image.layout().cells();
        for (int token = 0; token < cells.length; token++) {
            int window = cells[token] / cols / side * across + cells[token] % cols / side;
            tokens.computeIfAbsent(window, w -> new ArrayList<>()).add(token);
        }
        return tokens.values().stream()
                .map(inside -> inside.stream()
                        .flatMapToInt(token -> IntStream.range(image.rows.of(token), image.rows.of(token + 1)))
                        .toArray())
                .toList();
    }

    /** For each packed row where it stands among {@link #rows()}. */
    int[] inverse() {
        int[] out = new int[rows.length];
        for (int i = 0; i < rows.length; i++) {
            out[rows[i]] = i;
        }
        return out;
    }
}

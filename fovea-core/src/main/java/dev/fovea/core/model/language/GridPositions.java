package dev.fovea.core.model.language;

import dev.fovea.core.path.Part;
import java.util.List;

/**
 * Three numbers: time, row and column. Words count on all three alike; the tokens of a picture stand at their row and
 * column behind the words before it, and words go on behind the longer side of its grid (Qwen2-VL, arXiv 2409.12191,
 * section 2.1; time of videos as Qwen2.5-VL, arXiv 2502.13923, section 2.1.2).
 *
 * @param ticksPerSecond how far the time of a video moves in a second
 */
public record GridPositions(double ticksPerSecond) implements PositionIds {
    private static final int AXES = 3;

    @Override
    public int axes() {
        return AXES;
    }

    @Override
    public Laid lay(List<Span> spans) {
        int length = spans.stream().mapToInt(Span::length).sum();
        int[][] ids = new int[AXES][length];
        int token = 0;
        int next = 0;
        int ofVideo = 0;
        int highest = -1;
        for (Span span : spans) {
            switch (span) {
                case Words words -> {
                    for (int i = 0; i < words.length(); i++) {
                        put(ids, token++, next, next, next);
                        highest = Math.max(highest, next++);
                    }
                }
                case Picture picture -> {
                    // All moments of a video begin where its first one does.
                    int start = picture.part() instanceof Part.Frame f && f.index() > 0 ? ofVideo : next;
                    int time = time(picture.part());
                    for (int i = 0; i < picture.length(); i++) {
                        int row = i / picture.cols();
                        int col = i % picture.cols();
                        put(ids, token++, start + time, start + row, start + col);
                        highest = Math.max(highest, start + Math.max(time, Math.max(row, col)));
                    }
                    ofVideo = start;
                    next = start + Math.max(picture.rows(), picture.cols());
                }
            }
        }
        return new Laid(ids, highest + 1);
    }

    /** In f32, as the reference counts. */
    private int time(Part part) {
        return part instanceof Part.Frame frame
                ? (int) (frame.index() * (float) (ticksPerSecond * frame.seconds()))
                : 0;
    }

    private static void put(int[][] ids, int token, int time, int row, int col) {
        ids[0][token] = time;
        ids[1][token] = row;
        ids[2][token] = col;
    }
}

package dev.fovea.core.model.language;

import dev.fovea.core.path.Part;
import java.util.List;

/**
 * Three numbers: time, row and column. Words count on all three alike; the tokens of a picture stand at their row and
 * column behind the words before it, and words go on behind the longer side of its grid (Qwen2-VL, arXiv 2409.12191,
 * section 2.1).
 *
 * @param clock what the time of a video's moments is
 * @param ticksPerSecond with {@link Clock#SECONDS}: how far time moves in a second
 */
public record GridPositions(Clock clock, double ticksPerSecond) implements PositionIds {
    private static final int AXES = 3;

    /** What the time of a video's moments is. */
    public enum Clock {
        /** How many moments came before (Qwen2-VL). */
        MOMENTS,
        /** The seconds that have passed (Qwen2.5-VL, arXiv 2502.13923, section 2.1.2). */
        SECONDS,
        /** Moments are dated by words between them and stand like pictures (Qwen3-VL, arXiv 2511.21631). */
        WORDS
    }

    /** Moments are counted. */
    public static GridPositions ofMoments() {
        return new GridPositions(Clock.MOMENTS, 1);
    }

    /** Time moves so far in a second. */
    public static GridPositions ofSeconds(double ticksPerSecond) {
        return new GridPositions(Clock.SECONDS, ticksPerSecond);
    }

    /** Words between the moments say when they are. */
    public static GridPositions ofWords() {
        return new GridPositions(Clock.WORDS, 0);
    }

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
                    int start = later(picture.part()) ? ofVideo : next;
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

    /** Whether an image stands beside one before it. */
    private boolean later(Part part) {
        return clock != Clock.WORDS && part instanceof Part.Frame frame && frame.index() > 0;
    }

    private int time(Part part) {
        if (!(part instanceof Part.Frame frame)) {
            return 0;
        }
        return switch (clock) {
            case MOMENTS -> frame.index();
            // In f32, as the reference counts.
            case SECONDS -> (int) (frame.index() * (float) (ticksPerSecond * frame.seconds()));
            case WORDS -> 0;
        };
    }

    private static void put(int[][] ids, int token, int time, int row, int col) {
        ids[0][token] = time;
        ids[1][token] = row;
        ids[2][token] = col;
    }
}

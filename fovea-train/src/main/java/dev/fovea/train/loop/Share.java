package dev.fovea.train.loop;

/**
 * So many right of so many: an accuracy that can be added up over batches.
 *
 * @param right how many were right
 * @param all how many there were
 */
public record Share(long right, long all) {

    /** Both together. */
    public Share plus(Share other) {
        return new Share(right + other.right, all + other.all);
    }

    /** From 0 to 1; NaN where there was nothing to get right. */
    public double value() {
        return all == 0 ? Double.NaN : (double) right / all;
    }
}

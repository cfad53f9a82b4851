package dev.fovea.eval.bench;

/**
 * A figure with its 95 % interval.
 *
 * @param value NaN where nothing was there to be counted
 * @param low lower end; NaN likewise
 * @param high upper end; NaN likewise
 */
public record Estimate(double value, double low, double high) {

    /** What a difference says about its sign: held if all of it lies below 0, not if all of it lies above. */
    public Verdict below() {
        return high < 0 ? Verdict.HELD : low > 0 ? Verdict.NOT_HELD : open();
    }

    /** The same of a difference that is claimed to lie above 0. */
    public Verdict above() {
        return low > 0 ? Verdict.HELD : high < 0 ? Verdict.NOT_HELD : open();
    }

    private Verdict open() {
        return Double.isFinite(value) ? Verdict.OPEN : Verdict.NOT_MEASURED;
    }
}

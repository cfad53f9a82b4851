package dev.fovea.train.optim;

/**
 * Linear warm-up, then a cosine down to a floor.
 *
 * @param peak highest learning rate
 * @param warmup steps of warm-up
 * @param steps all steps
 * @param floor final rate as a share of the peak
 */
public record Schedule(double peak, long warmup, long steps, double floor) {

    /** The learning rate of step {@code step}, counted from 0. */
    public double at(long step) {
        if (step < warmup) {
            return peak * (step + 1) / warmup;
        }
        double t = Math.min(1, (double) (step - warmup) / Math.max(1, steps - warmup));
        return peak * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * t)));
    }
}

package dev.fovea.core.path;

import java.util.ArrayList;
import java.util.List;

/**
 * How a number that a network makes of some inputs is spread over them: the gradient at one or more points, weighted,
 * times the input.
 */
public sealed interface Attribution {

    /**
     * Integrated gradients (Sundararajan et al., ICML 2017, equation 1) from inputs of nothing but zeros: the shares sum
     * to the difference between the number here and there, up to the error of the rule of Gauss and Legendre.
     *
     * @param steps points of the rule, 1 to {@link #MOST}; each takes a pass forward and one backward
     */
    record Integrated(int steps) implements Attribution {
        public Integrated {
            atMost(steps);
        }
    }

    /** The gradient at the inputs as they are. */
    record Gradient() implements Attribution {}

    /**
     * The mean gradient around the inputs (SmoothGrad, arXiv 1706.03825).
     *
     * @param samples points, 1 to {@link #MOST}
     * @param deviation of the normal numbers that are added to every input
     * @param seed of these
     */
    record Smooth(int samples, double deviation, long seed) implements Attribution {
        public Smooth {
            atMost(samples);
            if (!(deviation >= 0 && deviation < Double.MAX_VALUE)) {
                throw new IllegalArgumentException(
                        "Noise has a standard deviation of 0 or more, not " + deviation + ".");
            }
        }
    }

    /** Which tokens a number is spread over. */
    enum Over {
        /** Those of a prompt; what follows it stays as it is. */
        PROMPT,
        /** Those of a prompt and of what follows it. */
        ALL
    }

    /** The most points at which gradients are taken. */
    int MOST = 10_000;

    /**
     * A point at which the gradient is taken.
     *
     * @param scale of the inputs
     * @param weight of the gradient; all weights sum to 1
     * @param noise standard deviation of what is added
     * @param seed of that
     */
    record Point(double scale, double weight, double noise, long seed) {}

    /** The points, in order. */
    default List<Point> points() {
        return switch (this) {
            case Integrated integrated -> gaussLegendre(integrated.steps);
            case Gradient ignored -> List.of(new Point(1, 1, 0, 0));
            case Smooth smooth -> {
                List<Point> points = new ArrayList<>();
                for (int i = 0; i < smooth.samples; i++) {
                    points.add(new Point(1, 1.0 / smooth.samples, smooth.deviation, smooth.seed + i));
                }
                yield points;
            }
        };
    }

    private static void atMost(int points) {
        if (points < 1 || points > MOST) {
            throw new IllegalArgumentException(
                    "Gradients are taken at 1 to " + MOST + " points, not at " + points + ".");
        }
    }

    /** Nodes and weights on 0..1: Newton's method on the Legendre polynomial of this degree. */
    private static List<Point> gaussLegendre(int n) {
        List<Point> points = new ArrayList<>();
        for (int i = n; i >= 1; i--) {
            double x = Math.cos(Math.PI * (i - 0.25) / (n + 0.5));
            double slope = 1;
            for (int round = 0; round < 100; round++) {
                double before = 1;
                double value = x;
                for (int k = 2; k <= n; k++) {
                    double next = ((2 * k - 1) * x * value - (k - 1) * before) / k;
                    before = value;
                    value = next;
                }
                slope = n * (x * value - before) / (x * x - 1);
                double step = value / slope;
                x -= step;
                if (Math.abs(step) < 1e-15) {
                    break;
                }
            }
            points.add(new Point((1 + x) / 2, 1 / ((1 - x * x) * slope * slope), 0, 0));
        }
        return points;
    }
}

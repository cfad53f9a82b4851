package dev.fovea.techniques;

import dev.fovea.core.path.Layout;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import java.util.function.DoubleUnaryOperator;

/**
 * How a budget becomes a number of tokens at a station.
 *
 * <p>A plan is made for one image: the budget it is given counts the {@link ModelShape#visualTokens} of one image (a
 * count for a prompt of several images is divided among them before). At encoder stations and the connector a step sees
 * one image and keeps the budget's share of {@link Layout#total()}, the image's tokens before any technique acted. In
 * the language model it sees the whole prompt and keeps the same share of the prompt's total. Where a model passes its
 * class token on with the features, that token is beside the budget before the language model and part of it inside.
 */
public final class Spending {
    private Spending() {}

    /** Tokens to keep of one image, at most those present. */
    public static int perImage(Budget budget, Layout layout) {
        return Math.min(budget.of(layout.total()), layout.visualCount());
    }

    /** Tokens to keep of a whole prompt, at most those present. */
    public static int inPrompt(Budget budget, ModelShape shape, Layout layout) {
        return ofPrompt(budget.shareOf(shape.visualTokens()), layout);
    }

    /** One image's part of what is kept of a prompt, by the size of its grid. */
    public static int ofImage(Budget budget, ModelShape shape, Layout layout, int image) {
        int cells = layout.firstCell(image + 1) - layout.firstCell(image);
        double part = (double) cells / layout.firstCell(layout.images());
        double share = budget.shareOf(shape.visualTokens());
        return Math.max(1, (int) Math.floor(share * layout.total() * part + 0.5));
    }

    /** A share of the prompt's visual tokens rounded half up, at least 1, at most those present. */
    public static int ofPrompt(double share, Layout layout) {
        int wanted = Math.max(1, (int) Math.floor(share * layout.total() + 0.5));
        return Math.min(wanted, layout.visualCount());
    }

    /**
     * The argument in {@code [low, high]} at which a rising function reaches a target, by bisection.
     *
     * @return {@code low} if the function is already above the target there, {@code high} if it never reaches it
     */
    public static double solve(DoubleUnaryOperator rising, double target, double low, double high) {
        double a = low;
        double b = high;
        for (int i = 0; i < 60; i++) {
            double middle = (a + b) / 2;
            if (rising.applyAsDouble(middle) < target) {
                a = middle;
            } else {
                b = middle;
            }
        }
        return (a + b) / 2;
    }
}

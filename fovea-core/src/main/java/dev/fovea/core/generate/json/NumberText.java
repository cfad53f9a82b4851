package dev.fovea.core.generate.json;

import java.math.BigDecimal;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/**
 * A number with bounds or steps, written without an exponent: after every character it is known whether digits can
 * follow that make it one that is allowed.
 *
 * @param rule what it must be
 * @param text what was read
 */
record NumberText(Rule rule, String text) implements Part.Reader {
    /** Digits behind the point, where the rule does not say how many. */
    private static final int DECIMALS = 15;

    /** Digits before the point, at most. */
    private static final int DIGITS = 30;

    /**
     * What a number must be: a multiple of a step within bounds, which are themselves allowed.
     *
     * @param whole whether it must be a whole number
     * @param least or null
     * @param most or null
     * @param step it is a multiple of this
     */
    record Rule(
            boolean whole,
            @Nullable BigDecimal least,
            @Nullable BigDecimal most,
            BigDecimal step) {

        static Rule of(
                boolean whole, @Nullable BigDecimal least, @Nullable BigDecimal most, @Nullable BigDecimal multipleOf) {
            BigDecimal step =
                    multipleOf != null ? multipleOf : whole ? BigDecimal.ONE : BigDecimal.ONE.movePointLeft(DECIMALS);
            return new Rule(whole, least, most, step);
        }

        /** Whether there is one at all. */
        boolean possible() {
            BigDecimal far = BigDecimal.ONE.movePointRight(DIGITS);
            return within(far.negate(), far);
        }

        /** Whether an allowed number lies between these, both included. */
        boolean within(BigDecimal low, BigDecimal high) {
            BigDecimal from = least == null ? low : low.max(least);
            BigDecimal to = most == null ? high : high.min(most);
            return from.compareTo(to) <= 0
                    && from.divide(step, 0, RoundingMode.CEILING).multiply(step).compareTo(to) <= 0;
        }

        /** Digits behind the point that allowed numbers may need. */
        int decimals() {
            return whole ? 0 : Math.max(0, step.stripTrailingZeros().scale());
        }
    }

    static NumberText of(Rule rule) {
        return new NumberText(rule, "");
    }

    @Override
    public Part.@Nullable Reader read(int value) {
        boolean sign = value == '-' && text.isEmpty();
        boolean point = value == '.' && rule.decimals() > 0 && !text.contains(".") && endsWithDigit();
        boolean digit = value >= '0' && value <= '9' && !digits().equals("0");
        if (!sign && !point && !digit) {
            return null;
        }
        NumberText next = new NumberText(rule, text + (char) value);
        return next.reachable() ? next : null;
    }

    private boolean endsWithDigit() {
        return !text.isEmpty() && Character.isDigit(text.charAt(text.length() - 1));
    }

    /** Without the sign. */
    private String digits() {
        return text.startsWith("-") ? text.substring(1) : text;
    }

    /** Whether digits can follow, or none, that make an allowed number. */
    private boolean reachable() {
        String digits = digits();
        BigDecimal far = BigDecimal.ONE.movePointRight(DIGITS);
        if (digits.isEmpty()) {
            return rule.within(far.negate(), rule.step.negate());
        }
        int point = digits.indexOf('.');
        int decimals = rule.decimals();
        BigDecimal finest = BigDecimal.ONE.movePointLeft(decimals);
        if (point >= 0) {
            int have = digits.length() - point - 1;
            if (have > decimals) {
                return false;
            }
            BigDecimal low = new BigDecimal(have == 0 ? digits + "0" : digits);
            return signed(low, low.add(BigDecimal.ONE.movePointLeft(have)).subtract(finest));
        }
        BigDecimal value = new BigDecimal(digits);
        int more = digits.equals("0") ? 0 : DIGITS - digits.length();
        for (int j = 0; j <= more; j++) {
            BigDecimal low = value.movePointRight(j);
            if (signed(low, value.add(BigDecimal.ONE).movePointRight(j).subtract(finest))) {
                return true;
            }
        }
        return false;
    }

    /** Whether an allowed number has a magnitude between these; a zero has no sign. */
    private boolean signed(BigDecimal low, BigDecimal high) {
        if (!text.startsWith("-")) {
            return rule.within(low, high);
        }
        BigDecimal least = low.signum() == 0 ? rule.step : low;
        return least.compareTo(high) <= 0 && rule.within(high.negate(), least.negate());
    }

    @Override
    public boolean mayEnd() {
        if (!endsWithDigit()) {
            return false;
        }
        BigDecimal value = new BigDecimal(text);
        return rule.within(value, value) && !(text.startsWith("-") && value.signum() == 0);
    }
}

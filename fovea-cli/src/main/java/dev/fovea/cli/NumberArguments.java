package dev.fovea.cli;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Numbers as people write them: the digits 0 to 9, a sign, a point, an exponent. Java would also read other scripts'
 * digits, hexadecimal fractions, {@code 1d} and {@code NaN}, which are typing errors here.
 */
final class NumberArguments {
    private static final Pattern WHOLE = Pattern.compile("[+-]?[0-9]+");
    private static final Pattern DECIMAL = Pattern.compile("[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]{1,3})?");

    private NumberArguments() {}

    /** Makes every option and parameter of these types read its value so. */
    static void register(CommandLine line) {
        ITypeConverter<Integer> ints =
                text -> whole(text, Integer.MIN_VALUE, Integer.MAX_VALUE).intValueExact();
        ITypeConverter<Long> longs =
                text -> whole(text, Long.MIN_VALUE, Long.MAX_VALUE).longValueExact();
        line.registerConverter(Integer.class, ints).registerConverter(int.class, ints);
        line.registerConverter(Long.class, longs).registerConverter(long.class, longs);
        line.registerConverter(Double.class, NumberArguments::decimal);
        line.registerConverter(double.class, NumberArguments::decimal);
    }

    private static BigInteger whole(String text, long least, long most) {
        String number = text.strip();
        if (!WHOLE.matcher(number).matches()) {
            throw new TypeConversionException("'" + text + "' is not a whole number in digits, such as 16");
        }
        BigInteger value = new BigInteger(number);
        if (value.compareTo(BigInteger.valueOf(least)) < 0 || value.compareTo(BigInteger.valueOf(most)) > 0) {
            throw new TypeConversionException(
                    "'" + text + "' is out of range; give a number from " + least + " to " + most);
        }
        return value;
    }

    private static double decimal(String text) {
        String number = text.strip();
        if (!DECIMAL.matcher(number).matches()) {
            throw new TypeConversionException("'" + text + "' is not a number in digits, such as 0.5");
        }
        double value = new BigDecimal(number).doubleValue();
        if (Double.isInfinite(value)) {
            throw new TypeConversionException("'" + text + "' is out of range");
        }
        return value;
    }

    /** A temperature: nothing at all is none, which is greedy. */
    static final class Temperature implements ITypeConverter<Double> {
        @Override
        public Double convert(String text) {
            return text.isBlank() ? 0.0 : decimal(text);
        }
    }
}

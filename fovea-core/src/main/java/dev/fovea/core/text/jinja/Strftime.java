package dev.fovea.core.text.jinja;

import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.time.temporal.IsoFields;
import java.util.Locale;
import java.util.Map;

/** Python's strftime directives in the English of the C locale. */
final class Strftime {
    private static final Map<Character, DateTimeFormatter> PATTERNS = Map.ofEntries(
            pattern('d', "dd"),
            pattern('m', "MM"),
            pattern('y', "yy"),
            pattern('Y', "yyyy"),
            pattern('b', "MMM"),
            pattern('h', "MMM"),
            pattern('B', "MMMM"),
            pattern('a', "EEE"),
            pattern('A', "EEEE"),
            pattern('H', "HH"),
            pattern('I', "hh"),
            pattern('M', "mm"),
            pattern('S', "ss"),
            pattern('p', "a"),
            pattern('j', "DDD"),
            pattern('f', "SSSSSS"),
            pattern('F', "yyyy-MM-dd"),
            pattern('T', "HH:mm:ss"),
            pattern('D', "MM/dd/yy"),
            pattern('R', "HH:mm"),
            pattern('x', "MM/dd/yy"),
            pattern('X', "HH:mm:ss"),
            pattern('r', "hh:mm:ss a"));

    private Strftime() {}

    private static Map.Entry<Character, DateTimeFormatter> pattern(char directive, String pattern) {
        return Map.entry(directive, DateTimeFormatter.ofPattern(pattern, Locale.US));
    }

    static String format(ZonedDateTime time, String format, Limits limits) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                limits.read(1);
                out.append(c);
                continue;
            }
            limits.spend(200);
            char directive = format.charAt(++i);
            boolean unpadded = directive == '-' && i + 1 < format.length();
            if (unpadded) {
                directive = format.charAt(++i);
            }
            String text = directive(time, directive);
            out.append(unpadded ? text.replaceFirst("^0+(?=\\d)", "") : text);
            Limits.checkText(out.length());
        }
        limits.made(out.length());
        return out.toString();
    }

    private static String directive(ZonedDateTime time, char directive) {
        return switch (directive) {
            case '%' -> "%";
            case 'n' -> "\n";
            case 't' -> "\t";
            case 'G' -> String.valueOf(time.get(IsoFields.WEEK_BASED_YEAR));
            case 'V' -> String.format("%02d", time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
            case 'e' -> String.format("%2d", time.getDayOfMonth());
            case 'k' -> String.format("%2d", time.getHour());
            case 'l' -> String.format("%2d", (time.getHour() + 11) % 12 + 1);
            case 'C' -> String.format("%02d", time.getYear() / 100);
            case 'u' -> String.valueOf(time.getDayOfWeek().getValue());
            case 'w' -> String.valueOf(time.getDayOfWeek().getValue() % 7);
            case 'U' -> week(time, time.getDayOfWeek().getValue() % 7);
            case 'W' -> week(time, time.getDayOfWeek().getValue() - 1);
            case 's' -> String.valueOf(time.toEpochSecond());
            case 'c' ->
                String.format(
                        "%s %s %2d %s",
                        directive(time, 'a'),
                        directive(time, 'b'),
                        time.getDayOfMonth(),
                        directive(time, 'T') + " " + time.getYear());
            // The time has no zone in Python either: datetime.now() leaves both empty.
            case 'Z', 'z' -> "";
            default -> {
                DateTimeFormatter pattern = PATTERNS.get(directive);
                if (pattern == null) {
                    throw new TemplateException("the date directive %" + directive + " is not known");
                }
                yield time.format(pattern);
            }
        };
    }

    /** The week of the year, counted from the first day of this kind; {@code weekday} counts from that kind of day. */
    private static String week(ZonedDateTime time, int weekday) {
        long day = ChronoUnit.DAYS.between(time.withDayOfYear(1), time);
        return String.format("%02d", (day + 7 - weekday) / 7);
    }
}

package dev.fovea.core.text.jinja;

import java.time.Clock;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The functions every template finds. */
final class Globals {
    private Globals() {}

    static Map<String, @Nullable Object> all(Clock clock) {
        Map<String, @Nullable Object> globals = new LinkedHashMap<>();
        globals.put("range", (Values.Callable) (a, named) -> range(a));
        globals.put("dict", (Values.Callable) (a, named) -> entries(a, named));
        globals.put("namespace", (Values.Callable) (a, named) -> new Values.Namespace(entries(a, named)));
        globals.put("raise_exception", (Values.Callable) (a, named) -> {
            throw TemplateException.raised(a.isEmpty() ? "no reason given" : Values.write(a.getFirst()));
        });
        globals.put("strftime_now", (Values.Callable) (a, named) ->
                format(ZonedDateTime.now(clock), new CallArguments("strftime_now", a, named).text(0, "format")));
        return globals;
    }

    private static List<@Nullable Object> range(List<@Nullable Object> a) {
        CallArguments arguments = new CallArguments("range", a, Map.of());
        long first = a.size() < 2 ? 0 : arguments.integer(0, "start", 0);
        long end = a.size() < 2 ? Values.integer(arguments.require(0, "stop")) : arguments.integer(1, "stop", 0);
        long step = arguments.integer(2, "step", 1);
        if (step == 0) {
            throw new TemplateException("range cannot have the step 0");
        }
        List<@Nullable Object> out = new ArrayList<>();
        for (long i = first; step > 0 ? i < end : i > end; i += step) {
            Limits.checkList(out.size() + 1L);
            out.add(i);
        }
        return out;
    }

    private static Map<String, @Nullable Object> entries(
            List<@Nullable Object> arguments, Map<String, @Nullable Object> named) {
        Map<String, @Nullable Object> entries = new LinkedHashMap<>();
        for (Object argument : arguments) {
            if (argument instanceof Map<?, ?> map) {
                map.forEach((k, v) -> entries.put(Values.write(k), v));
            }
        }
        entries.putAll(named);
        return entries;
    }

    /** Python's strftime directives in the English of the C locale. */
    static String format(ZonedDateTime time, String format) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                out.append(c);
                continue;
            }
            char directive = format.charAt(++i);
            boolean unpadded = directive == '-' && i + 1 < format.length();
            if (unpadded) {
                directive = format.charAt(++i);
            }
            String text = directive == '%' ? "%" : time.format(pattern(directive));
            out.append(unpadded ? text.replaceFirst("^0+(?=\\d)", "") : text);
        }
        return out.toString();
    }

    private static DateTimeFormatter pattern(char directive) {
        String pattern = switch (directive) {
            case 'd' -> "dd";
            case 'm' -> "MM";
            case 'y' -> "yy";
            case 'Y' -> "yyyy";
            case 'b', 'h' -> "MMM";
            case 'B' -> "MMMM";
            case 'a' -> "EEE";
            case 'A' -> "EEEE";
            case 'H' -> "HH";
            case 'I' -> "hh";
            case 'M' -> "mm";
            case 'S' -> "ss";
            case 'p' -> "a";
            case 'j' -> "DDD";
            case 'Z' -> "z";
            case 'z' -> "xx";
            case 'F' -> "yyyy-MM-dd";
            case 'T' -> "HH:mm:ss";
            default -> throw new TemplateException("the date directive %" + directive + " is not known");
        };
        return DateTimeFormatter.ofPattern(pattern, Locale.US);
    }
}

package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The methods of Python's str, list and dict that do not change them: an immutable sandbox allows no others. */
final class Methods {
    private Methods() {}

    /** The method of this name, or null. */
    static Values.@Nullable Callable of(@Nullable Object target, String name) {
        if (target instanceof String s && isTextMethod(name)) {
            return (positional, named) -> text(s, name, new CallArguments(name, positional, named));
        }
        if (target instanceof List<?> list && (name.equals("index") || name.equals("count"))) {
            return (positional, named) -> list(Values.elements(list), name, new CallArguments(name, positional, named));
        }
        if (target instanceof Map<?, ?> map
                && List.of("get", "items", "keys", "values", "copy").contains(name)) {
            return (positional, named) -> map(map, name, new CallArguments(name, positional, named));
        }
        return null;
    }

    private static Object list(List<@Nullable Object> list, String name, CallArguments arguments) {
        Object wanted = arguments.require(0, "value");
        long count = list.stream().filter(e -> Values.same(e, wanted)).count();
        if (name.equals("count")) {
            return count;
        }
        for (int i = 0; i < list.size(); i++) {
            if (Values.same(list.get(i), wanted)) {
                return (long) i;
            }
        }
        throw new TemplateException(Values.represent(wanted) + " is not in the list");
    }

    private static @Nullable Object map(Map<?, ?> map, String name, CallArguments arguments) {
        return switch (name) {
            case "get" -> {
                Object key = arguments.require(0, "key");
                yield map.containsKey(key) ? map.get(key) : arguments.get(1, "default", null);
            }
            case "items" -> items(map);
            case "keys" -> new ArrayList<@Nullable Object>(map.keySet());
            case "values" -> new ArrayList<@Nullable Object>(map.values());
            default -> map;
        };
    }

    /** Pairs of key and value. */
    static List<@Nullable Object> items(Map<?, ?> map) {
        List<@Nullable Object> items = new ArrayList<>();
        for (Map.Entry<?, ?> e : map.entrySet()) {
            List<@Nullable Object> pair = new ArrayList<>();
            pair.add(e.getKey());
            pair.add(e.getValue());
            items.add(pair);
        }
        return items;
    }

    private static boolean isTextMethod(String name) {
        return switch (name) {
            case "strip",
                    "lstrip",
                    "rstrip",
                    "split",
                    "rsplit",
                    "splitlines",
                    "startswith",
                    "endswith",
                    "upper",
                    "lower",
                    "title",
                    "capitalize",
                    "replace",
                    "join",
                    "find",
                    "rfind",
                    "index",
                    "count",
                    "isdigit",
                    "isalpha",
                    "isalnum",
                    "isspace",
                    "isupper",
                    "islower",
                    "removeprefix",
                    "removesuffix",
                    "partition",
                    "rpartition",
                    "format",
                    "zfill" -> true;
            default -> false;
        };
    }

    private static Object text(String s, String name, CallArguments a) {
        return switch (name) {
            case "strip" -> strip(s, a.get(0, "chars", null), true, true);
            case "lstrip" -> strip(s, a.get(0, "chars", null), true, false);
            case "rstrip" -> strip(s, a.get(0, "chars", null), false, true);
            case "split" -> split(s, a.get(0, "sep", null), a.integer(1, "maxsplit", -1));
            case "rsplit" -> rsplit(s, a.get(0, "sep", null), a.integer(1, "maxsplit", -1));
            case "splitlines" -> new ArrayList<@Nullable Object>(s.lines().toList());
            case "startswith" -> anyOf(a.require(0, "prefix"), s::startsWith);
            case "endswith" -> anyOf(a.require(0, "suffix"), s::endsWith);
            case "upper" -> s.toUpperCase(Locale.ROOT);
            case "lower" -> s.toLowerCase(Locale.ROOT);
            case "title" -> title(s);
            case "capitalize" -> capitalize(s);
            case "replace" -> replace(s, a.text(0, "old"), a.text(1, "new"), a.integer(2, "count", -1));
            case "join" -> join(s, Values.elements(a.require(0, "iterable")));
            case "find" -> (long) s.indexOf(a.text(0, "sub"));
            case "rfind" -> (long) s.lastIndexOf(a.text(0, "sub"));
            case "index" -> {
                if (!s.contains(a.text(0, "sub"))) {
                    throw new TemplateException("the text does not hold " + Values.represent(a.text(0, "sub")));
                }
                yield (long) s.indexOf(a.text(0, "sub"));
            }
            case "count" -> (long) split(s, a.text(0, "sub"), -1).size() - 1;
            case "isdigit" -> all(s, Character::isDigit);
            case "isalpha" -> all(s, Character::isLetter);
            case "isalnum" -> all(s, Character::isLetterOrDigit);
            case "isspace" -> all(s, Character::isWhitespace);
            case "isupper" -> !s.equals(s.toLowerCase(Locale.ROOT)) && s.equals(s.toUpperCase(Locale.ROOT));
            case "islower" -> !s.equals(s.toUpperCase(Locale.ROOT)) && s.equals(s.toLowerCase(Locale.ROOT));
            case "removeprefix" ->
                s.startsWith(a.text(0, "prefix"))
                        ? s.substring(a.text(0, "prefix").length())
                        : s;
            case "removesuffix" ->
                !a.text(0, "suffix").isEmpty() && s.endsWith(a.text(0, "suffix"))
                        ? s.substring(0, s.length() - a.text(0, "suffix").length())
                        : s;
            case "partition" -> partition(s, a.text(0, "sep"), s.indexOf(a.text(0, "sep")), true);
            case "rpartition" -> partition(s, a.text(0, "sep"), s.lastIndexOf(a.text(0, "sep")), false);
            case "zfill" -> "0".repeat(Math.clamp(a.integer(0, "width", 0) - s.length(), 0, 1000)) + s;
            default -> format(s, a);
        };
    }

    /** Takes white space, or the given characters, off the ends. */
    static String strip(String s, @Nullable Object characters, boolean left, boolean right) {
        int from = 0;
        int to = s.length();
        while (left && from < to && strips(characters, s.charAt(from))) {
            from++;
        }
        while (right && to > from && strips(characters, s.charAt(to - 1))) {
            to--;
        }
        return s.substring(from, to);
    }

    private static boolean strips(@Nullable Object characters, char c) {
        return characters == null
                ? Character.isWhitespace(c) || Character.isSpaceChar(c)
                : Values.text(characters).indexOf(c) >= 0;
    }

    private static List<@Nullable Object> split(String s, @Nullable Object separator, long most) {
        List<@Nullable Object> parts = new ArrayList<>();
        if (separator == null) {
            String rest = s.strip();
            while (!rest.isEmpty() && parts.size() != most) {
                int end = 0;
                while (end < rest.length() && !Character.isWhitespace(rest.charAt(end))) {
                    end++;
                }
                parts.add(rest.substring(0, end));
                rest = rest.substring(end).stripLeading();
            }
            if (!rest.isEmpty()) {
                parts.add(rest);
            }
            return parts;
        }
        String by = nonEmpty(Values.text(separator));
        int from = 0;
        for (int at = s.indexOf(by); at >= 0 && parts.size() != most; at = s.indexOf(by, from)) {
            parts.add(s.substring(from, at));
            from = at + by.length();
        }
        parts.add(s.substring(from));
        return parts;
    }

    private static List<@Nullable Object> rsplit(String s, @Nullable Object separator, long most) {
        if (separator == null || most < 0) {
            return split(s, separator, most);
        }
        String by = nonEmpty(Values.text(separator));
        List<@Nullable Object> parts = new ArrayList<>();
        String rest = s;
        for (int at = rest.lastIndexOf(by); at >= 0 && parts.size() != most; at = rest.lastIndexOf(by)) {
            parts.add(rest.substring(at + by.length()));
            rest = rest.substring(0, at);
        }
        parts.add(rest);
        Collections.reverse(parts);
        return parts;
    }

    private static String nonEmpty(String separator) {
        if (separator.isEmpty()) {
            throw new TemplateException("a text cannot be split by the empty text");
        }
        return separator;
    }

    private static List<@Nullable Object> partition(String s, String by, int at, boolean restFirst) {
        if (at < 0) {
            return new ArrayList<>(restFirst ? List.of(s, "", "") : List.of("", "", s));
        }
        return new ArrayList<>(List.of(s.substring(0, at), by, s.substring(at + by.length())));
    }

    private static boolean anyOf(@Nullable Object wanted, Predicate<String> test) {
        return wanted instanceof List<?> list
                ? list.stream().anyMatch(w -> test.test(Values.text(w)))
                : test.test(Values.text(wanted));
    }

    private static boolean all(String s, IntPredicate test) {
        return !s.isEmpty() && s.codePoints().allMatch(test);
    }

    static String capitalize(String s) {
        return s.isEmpty()
                ? s
                : s.substring(0, 1).toUpperCase(Locale.ROOT) + s.substring(1).toLowerCase(Locale.ROOT);
    }

    static String title(String s) {
        StringBuilder out = new StringBuilder();
        boolean begins = true;
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            out.append(begins ? Character.toUpperCase(c) : Character.toLowerCase(c));
            begins = !Character.isLetter(c);
        }
        return out.toString();
    }

    static String replace(String s, String old, String with, long count) {
        StringBuilder out = new StringBuilder();
        int from = 0;
        long left = count < 0 ? Long.MAX_VALUE : count;
        for (int at = s.indexOf(old); at >= 0 && left > 0 && !old.isEmpty(); at = s.indexOf(old, from), left--) {
            Limits.checkText((long) out.length() + with.length());
            out.append(s, from, at).append(with);
            from = at + old.length();
        }
        return out.append(s.substring(from)).toString();
    }

    static String join(String separator, List<@Nullable Object> items) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < items.size(); i++) {
            out.append(i == 0 ? "" : separator).append(Values.write(items.get(i)));
            Limits.checkText(out.length());
        }
        return out.toString();
    }

    /** {@code '{} {name}'.format(...)} without format specifications. */
    private static String format(String s, CallArguments a) {
        StringBuilder out = new StringBuilder();
        int next = 0;
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            int end = s.indexOf('}', i);
            if ((c == '{' || c == '}') && i + 1 < s.length() && s.charAt(i + 1) == c) {
                out.append(c);
                i++;
            } else if (c == '{' && end > 0) {
                String field = s.substring(i + 1, end);
                boolean number = field.isEmpty() || field.chars().allMatch(Character::isDigit);
                int index = field.isEmpty() ? next++ : number ? Integer.parseInt(field) : Integer.MAX_VALUE;
                out.append(Values.write(a.require(index, field)));
                Limits.checkText(out.length());
                i = end;
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    /** {@code '%s %d' % values}, the plain conversions only. */
    static String percent(String s, List<@Nullable Object> values) {
        StringBuilder out = new StringBuilder();
        int next = 0;
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            if (c != '%' || i + 1 == s.length()) {
                out.append(c);
                continue;
            }
            char conversion = s.charAt(++i);
            if (conversion == '%') {
                out.append('%');
            } else if (next < values.size() && (conversion == 's' || conversion == 'd')) {
                out.append(Values.write(values.get(next++)));
                Limits.checkText(out.length());
            } else {
                throw new TemplateException("the format '" + s + "' is not understood");
            }
        }
        return out.toString();
    }
}

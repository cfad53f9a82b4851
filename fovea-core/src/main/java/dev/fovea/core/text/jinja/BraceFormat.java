package dev.fovea.core.text.jinja;

import org.jspecify.annotations.Nullable;

/** {@code '{} {name:>8}'.format(...)}: Python's formatting with braces, its attributes looked up in the sandbox. */
final class BraceFormat {
    private static final int MAX_SPEC_DEPTH = 2;

    private final Arguments arguments;
    private final Context context;
    private final boolean markup;
    private int next;
    private boolean numbered;

    private BraceFormat(boolean markup, Arguments arguments, Context context) {
        this.markup = markup;
        this.arguments = arguments;
        this.context = context;
    }

    /**
     * The formatted text.
     *
     * @param markup whether what is put in is escaped
     */
    static String apply(String format, boolean markup, Arguments arguments, Context context) {
        return new BraceFormat(markup, arguments, context).run(format, MAX_SPEC_DEPTH);
    }

    private String run(String format, int depth) {
        if (depth == 0) {
            throw new TemplateException("the fields of a format are nested too deeply");
        }
        context.limits.lookedAt(format.length());
        StringBuilder out = new StringBuilder();
        int at = 0;
        while (at < format.length()) {
            char c = format.charAt(at);
            boolean twice = at + 1 < format.length() && format.charAt(at + 1) == c;
            if (c == '{' && !twice) {
                int end = fieldEnd(format, at + 1);
                String piece = field(format.substring(at + 1, end), depth);
                Limits.checkText((long) out.length() + piece.length());
                context.limits.made(piece.length());
                out.append(piece);
                at = end + 1;
            } else if (c == '}' && !twice) {
                throw new TemplateException("a format has a single '}'");
            } else {
                out.append(c);
                at += (c == '{' || c == '}') ? 2 : 1;
            }
        }
        context.limits.made(out.length());
        return out.toString();
    }

    private static int fieldEnd(String format, int from) {
        int depth = 1;
        boolean key = false;
        for (int i = from; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c == '[' && depth == 1) {
                key = true;
            } else if (c == ']') {
                key = false;
            } else if (!key) {
                depth += c == '{' ? 1 : c == '}' ? -1 : 0;
                if (depth == 0) {
                    return i;
                }
            }
        }
        throw new TemplateException("a format has a '{' that is never closed");
    }

    private String field(String field, int depth) {
        int nameEnd = nameEnd(field);
        Object value = lookup(field.substring(0, nameEnd));
        String rest = field.substring(nameEnd);
        if (rest.startsWith("!")) {
            if (rest.length() < 2 || "sra".indexOf(rest.charAt(1)) < 0 || rest.length() > 2 && rest.charAt(2) != ':') {
                throw new TemplateException("a format has a conversion that is not !s, !r or !a");
            }
            value = rest.charAt(1) == 's'
                    ? PythonText.write(value, context.limits)
                    : PythonText.represent(value, context.limits);
            rest = rest.substring(2);
        }
        String spec = rest.isEmpty() ? "" : run(rest.substring(1), depth - 1);
        if (!markup) {
            return FormatSpec.apply(value, spec, context);
        }
        if (value instanceof Markup m && spec.isEmpty()) {
            return m.text();
        }
        return Html.escape(FormatSpec.apply(value, spec, context), context.limits);
    }

    private static int nameEnd(String field) {
        boolean key = false;
        for (int i = 0; i < field.length(); i++) {
            char c = field.charAt(i);
            key = c == '[' || key && c != ']';
            if (!key && (c == '!' || c == ':')) {
                return i;
            }
        }
        return field.length();
    }

    /** The value of {@code name}, {@code 0}, nothing, each with {@code .attribute} and {@code [key]} after it. */
    private @Nullable Object lookup(String path) {
        int at = 0;
        while (at < path.length() && path.charAt(at) != '.' && path.charAt(at) != '[') {
            at++;
        }
        Object value = first(path.substring(0, at));
        while (at < path.length()) {
            context.limits.step();
            int from = at + 1;
            if (path.charAt(at) == '[') {
                int end = path.indexOf(']', from);
                if (end <= from) {
                    throw new TemplateException("a format has a '[' that is never closed or holds nothing");
                }
                String key = path.substring(from, end);
                Long index = digits(key);
                value = Access.item(value, index == null ? key : (Object) index, context);
                at = end + 1;
                if (at < path.length() && path.charAt(at) != '.' && path.charAt(at) != '[') {
                    throw new TemplateException("only '.' or '[' may follow ']' in a format");
                }
            } else {
                at = from;
                while (at < path.length() && path.charAt(at) != '.' && path.charAt(at) != '[') {
                    at++;
                }
                if (at == from) {
                    throw new TemplateException("a format has an empty attribute");
                }
                value = Access.attribute(value, path.substring(from, at), context);
            }
        }
        return value;
    }

    private static @Nullable Long digits(String text) {
        return text.matches("\\d{1,9}") ? Long.valueOf(text) : null;
    }

    private @Nullable Object first(String name) {
        Long index = name.isEmpty() ? Long.valueOf(next++) : digits(name);
        if (index == null) {
            if (!arguments.named().containsKey(name)) {
                throw new TemplateException("the format needs the value '" + name + "'");
            }
            return arguments.named().get(name);
        }
        numbered |= !name.isEmpty();
        if (numbered && next > 0) {
            throw new TemplateException("a format numbers some of its fields and not others");
        }
        if (index >= arguments.positional().size()) {
            throw new TemplateException("the format needs more values than it was given");
        }
        return arguments.positional().get((int) (long) index);
    }
}

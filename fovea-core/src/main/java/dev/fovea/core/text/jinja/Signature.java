package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of something built in, as Python has them: {@code "old, new, count="}. An equals sign marks what may be
 * left out, a bar at the end that all are given by place only, a star that everything is taken as it comes.
 */
record Signature(List<String> names, int required, boolean byPlaceOnly, boolean anything) {
    static final Signature NONE = of("");

    static Signature of(String text) {
        List<String> names = new ArrayList<>();
        int required = 0;
        boolean byPlace = false;
        for (String part : text.isEmpty() ? new String[0] : text.split(", ")) {
            if (part.equals("*")) {
                return new Signature(names, required, false, true);
            }
            if (part.equals("|")) {
                byPlace = true;
            } else {
                boolean optional = part.endsWith("=");
                names.add(optional ? part.substring(0, part.length() - 1) : part);
                required += optional ? 0 : 1;
            }
        }
        return new Signature(names, required, byPlace, false);
    }

    /**
     * The arguments of a call, each in its place.
     *
     * @throws TemplateException if one is missing, unknown or too many
     */
    Arguments bind(String what, List<@Nullable Object> positional, Map<String, @Nullable Object> named) {
        if (anything) {
            return new Arguments(what, positional, named, Map.of());
        }
        if (positional.size() > names.size()) {
            throw new TemplateException("'" + what + "' takes no more than " + names.size() + " arguments");
        }
        Map<String, @Nullable Object> bound = new LinkedHashMap<>();
        for (int i = 0; i < positional.size(); i++) {
            bound.put(names.get(i), positional.get(i));
        }
        named.forEach((name, value) -> {
            if (byPlaceOnly || !names.contains(name) || bound.containsKey(name)) {
                throw new TemplateException("'" + what + "' takes no argument '" + name + "' by name"
                        + (bound.containsKey(name) ? " as well as by place" : ""));
            }
            bound.put(name, value);
        });
        for (String name : names.subList(0, required)) {
            if (!bound.containsKey(name)) {
                throw new TemplateException("'" + what + "' needs the argument '" + name + "'");
            }
        }
        return new Arguments(what, positional, named, bound);
    }
}
